#include "orthink/chat/plain_text.h"

#include <algorithm>
#include <cstdint>

#include "orthink/base/utf8.h"

namespace orthink {
namespace {

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
      out += c.is_valid && !steers_terminal(c.code) ? foreign.substr(i, c.size) : kReplacementCharacter;
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
