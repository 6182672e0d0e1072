// Invariant: whatever a host hands to the C interface, in any order, every function answers; records and text agree in size, text is
// UTF-8, and a handle that was closed names nothing.
//
// The input is a program: a byte picks the function, the next ones its arguments.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "wasm/orthink_c.h"

namespace {

class Program {
 public:
  Program(const uint8_t* data, size_t size) : at_(data), left_(size) {}
  [[nodiscard]] bool is_over() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *at_++;
  }
  // Puts up to 64 KiB of what follows into the input buffer, sometimes claiming more than is there.
  uint32_t payload() {
    const uint32_t wanted = static_cast<uint32_t>(byte()) << 8 | byte();
    const auto size = static_cast<uint32_t>(wanted < left_ ? wanted : left_);
    uint8_t* room = orthink_room(size);
    if (room == nullptr) std::abort();
    if (size > 0) std::memcpy(room, at_, size);
    at_ += size;
    left_ -= size;
    return wanted == 0xFFFF ? UINT32_MAX : size;
  }
  double time() {
    const uint8_t b = byte();
    if (b == 0xFF) return -1;
    if (b == 0xFE) return 1e300 * b;
    now_ms_ += b * b;
    return now_ms_;
  }

 private:
  const uint8_t* at_;
  size_t left_;
  double now_ms_ = 1'787'400'000'000;
};

void check(const orthink_result* result) {
  if (result == nullptr || result->status > ORTHINK_TOO_LARGE) std::abort();
  if (result->status != ORTHINK_OK && result->text_size == 0) std::abort();
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < result->count; ++i) {
    bytes += result->records[i].bytes;
    if (result->records[i].units > result->records[i].bytes) std::abort();
  }
  if (result->status == ORTHINK_OK && bytes != result->text_size) std::abort();
}

// The catalogue every program begins with, so that none depends on the one before it.
constexpr char kModels[] =
    R"({"data":[{"id":"test/thinker","name":"T","context_length":100000,"pricing":{"prompt":"0.000001","completion":"0.000005"},)"
    R"("top_provider":{"max_completion_tokens":20000},"supported_parameters":["max_tokens","reasoning","tools"],)"
    R"("reasoning":{"mandatory":false,"supports_max_tokens":true}}]})";

void begin() {
  constexpr uint32_t kSize = sizeof kModels - 1;
  std::memcpy(orthink_room(kSize), kModels, kSize);
  if (orthink_catalog(1'787'400'000'000, kSize)->value != 1) std::abort();
}

void step(Program& program, std::vector<uint32_t>& handles) {
  const uint8_t which = program.byte();
  const uint32_t handle = handles.empty() ? which : handles[which % handles.size()];
  const auto keep = [&](const orthink_result* result) {
    check(result);
    if (result->status == ORTHINK_OK && result->value != 0) handles.push_back(result->value);
  };
  switch (which >> 4) {
    case 0: {
      const double fetched_at = program.time();
      return check(orthink_catalog(fetched_at, program.payload()));
    }
    case 1: {
      const double now = program.time();
      return check(orthink_plan(now, program.payload()));
    }
    case 2:
    case 3: {
      const double now = program.time();
      const uint8_t ask = program.byte();
      const uint32_t size = program.payload();
      return keep(ask < size ? orthink_open(now, ask, size - ask) : orthink_open(now, size, 0));
    }
    case 4:
    case 5: return keep(orthink_read(program.payload()));
    case 6: return check(orthink_finish(handle));
    case 7: return check(orthink_answer(handle, program.byte()));
    case 8: {
      orthink_close(handle);
      if (orthink_answer(handle, 0)->status != ORTHINK_BAD_HANDLE) std::abort();
      return;
    }
    case 9:
    case 10: return check(orthink_feed(handle, program.payload()));
    default: {
      const double now = program.time();
      const uint8_t kind = program.byte() % 11;
      const uint8_t leg = program.byte() % 4;
      return check(orthink_step(handle, now, kind, leg, program.payload()));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  begin();
  Program program(data, size);
  std::vector<uint32_t> handles;
  while (!program.is_over()) step(program, handles);
  for (const uint32_t handle : handles) orthink_close(handle);
  return 0;
}
