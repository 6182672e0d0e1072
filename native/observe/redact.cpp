#include "native/observe/redact.h"

#include <algorithm>

#include "orthink/base/utf8.h"

namespace orthink::observe {
namespace {

constexpr std::string_view kMask = "***";
constexpr size_t kOtherKeyMin = 16;
constexpr size_t kOwnKeyMin = 8;  // of its hex digits
constexpr size_t kTokenPartMin = 6;  // of a JSON Web Token's head; "eyJhbGc" is one

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_key_character(char c) {
  return is_alnum(c) || c == '-' || c == '_';
}
// token68 of RFC 9110 section 11.2, and what keys are made of besides.
bool is_token_character(char c) {
  return is_key_character(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=' || c == ':';
}
bool is_jwt_character(char c) {
  return is_key_character(c) || c == '.';
}

template <class Is>
size_t run(std::string_view text, size_t at, Is is) {
  size_t end = at;
  while (end < text.size() && is(text[end])) ++end;
  return end - at;
}

bool begins_with_any_case(std::string_view text, size_t at, std::string_view lower) {
  if (text.size() - at < lower.size()) return false;
  return std::equal(lower.begin(), lower.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char want, char c) { return want == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c); });
}

// What was found at a place: so much is kept, so much after it is masked. Nothing found: both zero.
struct Find {
  size_t kept = 0;
  size_t masked = 0;
};

Find key_at(std::string_view text, size_t at) {
  if (begins_with_any_case(text, at, "sk-or-")) return {6, run(text, at + 6, is_key_character)};
  if (!begins_with_any_case(text, at, "sk-") || (at > 0 && is_alnum(text[at - 1]))) return {};
  const size_t length = run(text, at + 3, is_key_character);
  return length >= kOtherKeyMin ? Find{3, length} : Find{};
}

Find own_key_at(std::string_view text, size_t at) {
  if (!begins_with_any_case(text, at, "ork_")) return {};
  const size_t length = run(text, at + 4, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
  return length >= kOwnKeyMin ? Find{4, length} : Find{};
}

Find bearer_at(std::string_view text, size_t at) {
  if (!begins_with_any_case(text, at, "bearer")) return {};
  const size_t blanks = run(text, at + 6, [](char c) { return c == ' ' || c == '\t' || c == ':' || c == '='; });
  if (blanks == 0) return {};
  return {6 + blanks, run(text, at + 6 + blanks, is_token_character)};
}

Find jwt_at(std::string_view text, size_t at) {
  if (text.substr(at, 3) != "eyJ") return {};
  const size_t head = run(text, at, is_key_character);
  if (head < kTokenPartMin || at + head >= text.size() || text[at + head] != '.') return {};
  return {0, run(text, at, is_jwt_character)};
}

Find password_at(std::string_view text, size_t at) {
  if (text.substr(at, 3) != "://") return {};
  const size_t end = std::min(text.find_first_of(" \t\r\n\"'<>", at + 3), text.size());
  const std::string_view authority = text.substr(at + 3, end - at - 3);
  const size_t sign = authority.rfind('@');
  return sign == std::string_view::npos || sign == 0 ? Find{} : Find{3, sign};
}

Find find_at(std::string_view text, size_t at) {
  switch (text[at]) {
    case 's':
    case 'S':
      return key_at(text, at);
    case 'b':
    case 'B':
      return bearer_at(text, at);
    case 'o':
    case 'O':
      return own_key_at(text, at);
    case 'e':
      return jwt_at(text, at);
    case ':':
      return password_at(text, at);
    default:
      return {};
  }
}

}  // namespace

std::string redacted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Find find = find_at(text, at);
    if (find.masked == 0) {
      out += text[at++];
      continue;
    }
    out.append(text.substr(at, find.kept)).append(kMask);
    at += find.kept + find.masked;
  }
  return out;
}

std::string fit_for_line(std::string_view text, size_t looked_at_max, size_t kept_max) {
  const std::string masked = redacted(text.substr(0, looked_at_max));
  std::string out;
  for (size_t at = 0; at < masked.size() && out.size() < kept_max;) {
    const Character c = character_at(masked, at);
    if (c.is_valid && !steers_terminal(c.code)) {
      out.append(masked, at, c.size);
    } else {
      out += kReplacementCharacter;
    }
    at += c.size;
  }
  return out;
}

}  // namespace orthink::observe
