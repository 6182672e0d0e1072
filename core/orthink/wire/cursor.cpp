#include "orthink/wire/cursor.h"

#include <algorithm>
#include <cstring>

namespace orthink {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_continuation(const char* p) {
  return (static_cast<unsigned char>(*p) & 0xC0) == 0x80;
}

// Past one well-formed UTF-8 sequence that begins at p with a byte from 0x80 (Unicode, table 3-7), or null.
const char* past_sequence(const char* p) {
  const auto lead = static_cast<unsigned char>(p[0]);
  const auto second = static_cast<unsigned char>(p[1]);
  if (lead < 0xC2) return nullptr;
  if (lead < 0xE0) return is_continuation(p + 1) ? p + 2 : nullptr;
  if (lead < 0xF0) {
    if (!is_continuation(p + 1) || !is_continuation(p + 2)) return nullptr;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return nullptr;
    return p + 3;
  }
  if (lead > 0xF4 || !is_continuation(p + 1) || !is_continuation(p + 2) || !is_continuation(p + 3)) return nullptr;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return nullptr;
  return p + 4;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Past one escape that begins at p with a backslash, or null.
const char* past_escape(const char* p) {
  switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
      return p + 2;
    case 'u':
      for (int i = 2; i < 6; ++i) {
        if (hex_value(p[i]) < 0) return nullptr;
      }
      return p + 6;
    default:
      return nullptr;
  }
}

void append_code_point(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// The UTF-16 unit of a \u escape at p, or the one character of a short escape.
uint32_t escaped_unit(const char* p) {
  switch (p[1]) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': {
      int unit = 0;
      for (int i = 2; i < 6; ++i) unit = unit * 16 + hex_value(p[i]);
      return static_cast<uint32_t>(unit);
    }
    default: return static_cast<unsigned char>(p[1]);
  }
}

void append_unit(std::string& out, uint32_t unit, uint32_t& held) {
  const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
  if (held != 0 && is_low) {
    append_code_point(out, 0x10000 + ((held - 0xD800) << 10) + (unit - 0xDC00));
    held = 0;
    return;
  }
  flush_held(out, held);
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    held = unit;
  } else {
    append_code_point(out, is_low ? 0xFFFD : unit);
  }
}

}  // namespace

void flush_held(std::string& out, uint32_t& held) {
  if (held != 0) append_code_point(out, 0xFFFD);
  held = 0;
}

void append_unescaped(std::string& out, const Span& span, uint32_t& held) {
  if (span.size == 0) return;
  if (!span.has_escapes) {
    flush_held(out, held);
    out.append(span.ptr, span.size);
    return;
  }
  const char* p = span.ptr;
  const char* end = p + span.size;
  while (p < end) {
    const void* found = std::memchr(p, '\\', static_cast<size_t>(end - p));
    const char* stop = found != nullptr ? static_cast<const char*>(found) : end;
    if (stop != p) {
      flush_held(out, held);
      out.append(p, stop);
    }
    if (stop == end) return;
    append_unit(out, escaped_unit(stop), held);
    p = stop + (stop[1] == 'u' ? 6 : 2);
  }
}

std::string unescaped(const Span& span) {
  std::string out;
  uint32_t held = 0;
  append_unescaped(out, span, held);
  flush_held(out, held);
  return out;
}

void Cursor::skip_space() {
  while (p_ < end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\t' || *p_ == '\r')) ++p_;
}

bool Cursor::long_string(const char* begin, size_t plain, Span& out) {
  const char* p = begin + plain;
  bool has_escapes = false;
  for (;;) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"') break;
    if (c >= 0x80) {
      do {
        p = past_sequence(p);
        if (p == nullptr) return false;
      } while (static_cast<unsigned char>(*p) >= 0x80);
    } else if (c == '\\') {
      has_escapes = true;
      p = past_escape(p);
      if (p == nullptr) return false;
    } else if (c < 0x20) {
      return false;
    }
    size_t at = scan::string_special(p);
    while (at == scan::kBlockBytes) {
      p += at;
      at = scan::string_special(p);
    }
    p += at;
  }
  out = {begin, static_cast<uint32_t>(p - begin), has_escapes};
  p_ = p + 1;
  return true;
}

// A key that no buffer of ours holds is no key of ours: it comes out empty.
std::string_view Cursor::escaped_key(const Span& key) {
  const std::string text = unescaped(key);
  if (text.size() > sizeof key_buffer_) return {};
  std::copy(text.begin(), text.end(), key_buffer_);
  return {key_buffer_, text.size()};
}

bool Cursor::number() {
  if (*p_ == '-') ++p_;
  if (*p_ == '0') {
    ++p_;
  } else if (is_digit(*p_)) {
    while (is_digit(*p_)) ++p_;
  } else {
    return false;
  }
  if (*p_ == '.') {
    ++p_;
    if (!is_digit(*p_)) return false;
    while (is_digit(*p_)) ++p_;
  }
  if (*p_ == 'e' || *p_ == 'E') {
    ++p_;
    if (*p_ == '+' || *p_ == '-') ++p_;
    if (!is_digit(*p_)) return false;
    while (is_digit(*p_)) ++p_;
  }
  return true;
}

bool Cursor::literal(std::string_view word) {
  if (std::memcmp(p_, word.data(), word.size()) != 0) return false;
  p_ += word.size();
  return true;
}

bool Cursor::scalar() {
  Span ignored;
  switch (*p_) {
    case '"': return string_here(ignored);
    case 't': return literal("true");
    case 'f': return literal("false");
    case 'n': return literal("null");
    default: return number();
  }
}

bool Cursor::skip() {
  return *p_ == '{' || *p_ == '[' ? skip_nested() : scalar();
}

bool Cursor::skip_key() {
  Span key;
  return key_here(key);
}

// Iterative: one bit a level says whether it is an object.
bool Cursor::skip_nested() {
  static_assert(limits::kJsonDepthMax <= 64);
  uint64_t is_object = 0;
  const uint32_t outside = depth_;
  bool is_at_value = true;  // else behind one, or at the end of an empty container
  for (;;) {
    if (is_at_value && (*p_ == '{' || *p_ == '[')) {
      if (++depth_ > limits::kJsonDepthMax) return false;
      is_object = (is_object << 1) | (*p_ == '{' ? 1U : 0U);
      ++p_;
      space();
      is_at_value = *p_ != '}' && *p_ != ']';
      if (is_at_value && (is_object & 1) != 0 && !skip_key()) return false;
      continue;
    }
    if (is_at_value) {
      if (!scalar()) return false;
      space();
    }
    is_at_value = *p_ == ',';
    if (is_at_value) {
      ++p_;
      space();
      if ((is_object & 1) != 0 && !skip_key()) return false;
      continue;
    }
    if (*p_ != ((is_object & 1) != 0 ? '}' : ']')) return false;
    ++p_;
    is_object >>= 1;
    if (--depth_ == outside) return true;
    space();
  }
}

bool Cursor::integer(std::optional<uint64_t>& out) {
  out.reset();
  if (!is_digit(*p_)) return skip();
  const char* begin = p_;
  if (!number()) return false;
  if (p_ - begin > 18) return true;
  uint64_t value = 0;
  for (const char* p = begin; p < p_; ++p) {
    if (!is_digit(*p)) return true;
    value = value * 10 + static_cast<uint64_t>(*p - '0');
  }
  out = value;
  return true;
}

bool Cursor::boolean(std::optional<bool>& out) {
  out.reset();
  const char first = *p_;
  if (!skip()) return false;
  if (first == 't') out = true;
  if (first == 'f') out = false;
  return true;
}

bool Cursor::raw(std::string_view& out) {
  const char* begin = p_;
  if (!skip()) return false;
  out = {begin, static_cast<size_t>(p_ - begin)};
  return true;
}

bool Cursor::raw(char first, std::string_view& out) {
  const bool is_asked = *p_ == first;
  std::string_view bytes;
  if (!raw(bytes)) return false;
  out = is_asked ? bytes : std::string_view{};
  return true;
}

}  // namespace orthink
