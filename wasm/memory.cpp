// memcpy and memcmp by words of eight bytes: wasi-libc compares byte by byte, and nearly every text of a stream is under a hundred
// bytes, where an instruction for whole blocks is dear. 6 % of the time of decoding.
//
// Compiled without knowledge of what these names mean, or the loops would be taken for calls of themselves.
#include <cstddef>
#include <cstdint>

namespace {

struct __attribute__((packed, may_alias)) Word {
  uint64_t value;
};

}  // namespace

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) {
  auto* out = static_cast<char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (; size >= sizeof(Word); size -= sizeof(Word), out += sizeof(Word), in += sizeof(Word)) {
    reinterpret_cast<Word*>(out)->value = reinterpret_cast<const Word*>(in)->value;
  }
  for (; size > 0; --size) *out++ = *in++;
  return to;
}

int memcmp(const void* a, const void* b, size_t size) {
  const auto* x = static_cast<const unsigned char*>(a);
  const auto* y = static_cast<const unsigned char*>(b);
  for (; size >= sizeof(Word); size -= sizeof(Word), x += sizeof(Word), y += sizeof(Word)) {
    if (reinterpret_cast<const Word*>(x)->value != reinterpret_cast<const Word*>(y)->value) break;
  }
  for (; size > 0; --size, ++x, ++y) {
    if (*x != *y) return *x - *y;
  }
  return 0;
}

}  // extern "C"
