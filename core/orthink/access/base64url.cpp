#include "orthink/access/base64url.h"

#include <array>
#include <cstdint>

namespace orthink::access {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNone = 0xff;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kLetters.size(); ++i) values[static_cast<uint8_t>(kLetters[i])] = static_cast<uint8_t>(i);
  return values;
}();

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<uint8_t>(c)) & 0x3fffU;
    held += 8;
    for (; held >= 6; held -= 6) out += kLetters[bits >> (held - 6) & 63U];
  }
  if (held > 0) out += kLetters[bits << (6 - held) & 63U];
  return out;
}

std::optional<std::string> base64url_bytes(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const uint8_t value = kValues[static_cast<uint8_t>(c)];
    if (value == kNone) return std::nullopt;
    bits = (bits << 6U | value) & 0x3fffU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xffU);
  }
  if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace orthink::access
