// One character of UTF-8 text, checked by Unicode table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orthink {

struct Character {
  uint32_t code = 0;
  size_t size = 1;  // bytes; 1 for an invalid byte
  bool is_valid = false;
};

// REQUIRES: at < text.size().
Character character_at(std::string_view text, size_t at);
// Every character of it is valid.
bool is_utf8(std::string_view text);

inline constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";

// Control characters other than white space, and what reverses or breaks lines: nothing that belongs into shown text.
bool steers_terminal(uint32_t code);

}  // namespace orthink
