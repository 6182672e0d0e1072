#include "orthink/base/base64.h"

#include <array>
#include <cstdint>

namespace orthink {
namespace {

constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNone = 0xff;

using Values = std::array<uint8_t, 256>;

constexpr Values values_of(std::string_view letters) {
  Values values{};
  values.fill(kNone);
  for (size_t i = 0; i < letters.size(); ++i) values[static_cast<uint8_t>(letters[i])] = static_cast<uint8_t>(i);
  return values;
}

constexpr Values kPlainValues = values_of(kPlain);
constexpr Values kUrlValues = values_of(kUrl);

std::string written(std::string_view bytes, std::string_view letters) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U | static_cast<uint8_t>(c)) & 0x3fffU;
    held += 8;
    for (; held >= 6; held -= 6) out += letters[bits >> (held - 6) & 63U];
  }
  if (held > 0) out += letters[bits << (6 - held) & 63U];
  return out;
}

std::optional<std::string> read(std::string_view text, const Values& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const uint8_t value = values[static_cast<uint8_t>(c)];
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

}  // namespace

std::string base64(std::string_view bytes) {
  std::string out = written(bytes, kPlain);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string> base64_bytes(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with("=="))
    text.remove_suffix(2);
  else if (text.ends_with('='))
    text.remove_suffix(1);
  return read(text, kPlainValues);
}

std::string base64url(std::string_view bytes) { return written(bytes, kUrl); }
std::optional<std::string> base64url_bytes(std::string_view text) { return read(text, kUrlValues); }

}  // namespace orthink
