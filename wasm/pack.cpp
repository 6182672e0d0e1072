#include "wasm/pack.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "orthink/exchange/render.h"

namespace orthink::wasm {

uint32_t utf16_units(std::string_view utf8) {
  constexpr uint64_t kHigh = 0x8080808080808080;
  const char* at = utf8.data();
  size_t left = utf8.size();
  size_t units = left;
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t x = 0;
    std::memcpy(&x, at, 8);
    if ((x & kHigh) == 0) continue;
    const uint64_t continuation = x & ~(x << 1) & kHigh;            // 10xxxxxx
    const uint64_t four = x & (x << 1) & (x << 2) & (x << 3) & kHigh;  // 1111xxxx
    units = units - static_cast<size_t>(std::popcount(continuation)) + static_cast<size_t>(std::popcount(four));
  }
  for (; left > 0; ++at, --left) {
    const auto c = static_cast<unsigned char>(*at);
    if ((c & 0xC0) == 0x80) --units;
    if (c >= 0xF0) ++units;
  }
  return static_cast<uint32_t>(units);
}

void Pack::begin() {
  records_.clear();
  text_.clear();
}

void Pack::add(uint32_t kind, std::string_view text, uint64_t value) {
  text_ += text;
  records_.push_back({.kind = kind,
                      .units = utf16_units(text),
                      .bytes = static_cast<uint32_t>(text.size()),
                      .value = static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX))});
}

const orthink_result* Pack::done(uint32_t value) { return close(ORTHINK_OK, value); }

const orthink_result* Pack::failed(orthink_status status, const Error& error) {
  begin();
  text_ = render::error_json(error);
  return close(status, 0);
}

const orthink_result* Pack::close(orthink_status status, uint32_t value) {
  result_ = {.status = static_cast<uint32_t>(status),
             .value = value,
             .count = static_cast<uint32_t>(records_.size()),
             .text_size = static_cast<uint32_t>(text_.size()),
             .records = records_.data(),
             .text = text_.data()};
  return &result_;
}

}  // namespace orthink::wasm
