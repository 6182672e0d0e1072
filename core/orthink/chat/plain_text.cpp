#include "orthink/chat/plain_text.h"

#include <algorithm>
#include <cstdint>

namespace orthink {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

struct Character {
  uint32_t code = 0;
  size_t size = 1;
  bool is_valid = false;
};

// One character by Unicode 15 table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
Character character_at(std::string_view text, size_t at) {
  auto byte = [&](size_t k) { return at + k < text.size() ? static_cast<uint8_t>(text[at + k]) : uint8_t{0}; };
  uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {};
  uint32_t code = lead & (0x7fU >> size);
  for (size_t k = 1; k < size; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(k) & 0x3fU);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size, true};
}

bool steers_terminal(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0x2028 || code == 0x2029;
}

bool is_space(uint32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r');
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Length of something that looks like a key at `at`; 0 when there is none.
size_t key_length(std::string_view text, size_t at) {
  constexpr size_t kKeyMin = 19;
  if (text.substr(at, 3) != "sk-" || (at > 0 && is_key_character(text[at - 1]))) return 0;
  size_t end = at;
  while (end < text.size() && is_key_character(text[end])) ++end;
  return end - at >= kKeyMin ? end - at : 0;
}

}  // namespace

std::string plain_text(std::string_view foreign, size_t bytes_max) {
  constexpr std::string_view kMore = "...";
  std::string out;
  size_t fits = 0;  // longest prefix that leaves room for kMore
  bool wants_space = false;
  for (size_t i = 0; i < foreign.size();) {
    Character c = character_at(foreign, i);
    if (c.is_valid && is_space(c.code)) {
      wants_space = !out.empty();
      i += c.size;
      continue;
    }
    if (wants_space) out += ' ';
    wants_space = false;
    if (size_t key = key_length(foreign, i); key > 0) {
      out += "sk-...";
      i += key;
    } else {
      out += c.is_valid && !steers_terminal(c.code) ? foreign.substr(i, c.size) : kReplacement;
      i += c.size;
    }
    if (out.size() + kMore.size() <= bytes_max) fits = out.size();
    if (out.size() > bytes_max) {
      out.resize(fits);
      return out.append(kMore, 0, std::min(kMore.size(), bytes_max - fits));
    }
  }
  return out;
}

}  // namespace orthink
