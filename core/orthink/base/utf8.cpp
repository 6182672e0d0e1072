#include "orthink/base/utf8.h"

namespace orthink {

Character character_at(std::string_view text, size_t at) {
  auto byte = [&](size_t k) { return at + k < text.size() ? static_cast<uint8_t>(text[at + k]) : uint8_t{0}; };
  uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xc2 || lead > 0xf4) return {};
  size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  uint32_t code = lead & (0x7fU >> size);
  for (size_t k = 1; k < size; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(k) & 0x3fU);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size, true};
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    if (!c.is_valid) return false;
    at += c.size;
  }
  return true;
}

bool steers_terminal(uint32_t code) {
  bool is_white = code == '\t' || code == '\n' || code == '\v' || code == '\f' || code == '\r';
  bool is_control = code < 0x20 || (code >= 0x7f && code <= 0x9f);
  bool is_bidi = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
  return (is_control && !is_white) || is_bidi;
}

}  // namespace orthink
