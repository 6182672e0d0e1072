// Cursor: a pull reader over the bytes of one JSON text: no tree, no allocation, strings stay where they are.
//
//   Cursor at(text);
//   at.space();
//   const bool whole = at.object([&](std::string_view key) {
//     if (key == "id") return at.string(id);
//     return at.skip();
//   }) && at.is_at_end();
//
// Every function consumes one value and returns false where the text is not RFC 8259 JSON in valid UTF-8, or nests deeper
// than limits::kJsonDepthMax; nothing may be called after that. What is skipped is checked as strictly as what is read.
// Values of another type than asked for are skipped and leave their target absent.
// Thread rule: one thread at a time. Lifetimes: all views and spans die with the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/limits.h"
#include "orthink/wire/scan.h"

namespace orthink {

// A JSON string inside a text, without its quotes. No ptr = absent.
struct Span {
  const char* ptr = nullptr;
  uint32_t size = 0;
  bool has_escapes = false;
  [[nodiscard]] bool present() const { return ptr != nullptr; }
  [[nodiscard]] bool empty() const { return size == 0; }  // absent or ""
  [[nodiscard]] std::string_view raw() const { return {ptr, size}; }
  [[nodiscard]] bool is(std::string_view plain) const { return raw() == plain; }  // for texts that nobody escapes
};

// Appends the unescaped text. Lone surrogate escapes become U+FFFD; but a high one at the end goes to `held` (0 = none)
// instead, and is joined with a low one that begins the next piece of the same channel.
void append_unescaped(std::string& out, const Span& span, uint32_t& held);
// Appends U+FFFD for a surrogate that was held and never joined.
void flush_held(std::string& out, uint32_t& held);
std::string unescaped(const Span& span);

class Cursor {
 public:
  // REQUIRES: a control byte (line end or NUL) at text.end() and 32 readable bytes past it; under 4 GiB.
  explicit Cursor(std::string_view text) : p_(text.data()), end_(text.data() + text.size()) {}
  // The same, beginning at `offset`, `depth` containers deep.
  Cursor(std::string_view text, size_t offset, uint32_t depth) : p_(text.data() + offset), end_(text.data() + text.size()), depth_(depth) {}

  [[nodiscard]] const char* position() const { return p_; }
  [[nodiscard]] bool is_at_end() {
    space();
    return p_ == end_;
  }
  [[nodiscard]] char peek() const { return *p_; }  // the value's first byte tells its type

  void space() {
    if (static_cast<unsigned char>(*p_) <= ' ') skip_space();
  }

  // Each member: on_key(key) must consume the value. REQUIRES: peek() == '{'.
  template <class OnKey>
  bool object(OnKey&& on_key);
  // Each element: on_element() must consume it. REQUIRES: peek() == '['.
  template <class OnElement>
  bool array(OnElement&& on_element);

  bool skip();
  bool string(Span& out) {
    if (*p_ == '"') return string_here(out);
    out = {};
    return skip();
  }
  // Whole numbers of up to 18 digits without sign, fraction or exponent.
  bool integer(std::optional<uint64_t>& out);
  bool boolean(std::optional<bool>& out);
  // The value's own bytes, if it begins with `first` ('{', '[' or '"'); else absent.
  bool raw(char first, std::string_view& out);
  bool raw(std::string_view& out);  // of any value

 private:
  bool string_here(Span& out) {
    const char* begin = p_ + 1;
    const size_t at = scan::string_special(begin);
    if (at != scan::kBlockBytes && begin[at] == '"') {
      out = {begin, static_cast<uint32_t>(at), false};
      p_ = begin + at + 1;
      return true;
    }
    return long_string(begin, at, out);
  }
  // A member's name with its colon, up to the value.
  bool key_here(Span& key) {
    if (*p_ != '"' || !string_here(key)) return false;
    space();
    if (*p_ != ':') return false;
    ++p_;
    space();
    return true;
  }
  bool long_string(const char* begin, size_t plain, Span& out);
  bool number();
  bool literal(std::string_view word);
  void skip_space();
  std::string_view key_text(const Span& key) { return key.has_escapes ? escaped_key(key) : key.raw(); }
  std::string_view escaped_key(const Span& key);
  bool skip_key();
  bool skip_nested();
  bool scalar();

  const char* p_;
  const char* end_;
  uint32_t depth_ = 0;
  char key_buffer_[64] = {};
};

template <class OnKey>
bool Cursor::object(OnKey&& on_key) {
  if (++depth_ > limits::kJsonDepthMax) return false;
  ++p_;
  space();
  if (*p_ != '}') {
    for (;;) {
      Span key;
      if (!key_here(key)) return false;
      if (!on_key(key_text(key))) return false;
      space();
      if (*p_ != ',') break;
      ++p_;
      space();
    }
  }
  --depth_;
  return *p_++ == '}';
}

template <class OnElement>
bool Cursor::array(OnElement&& on_element) {
  if (++depth_ > limits::kJsonDepthMax) return false;
  ++p_;
  space();
  if (*p_ != ']') {
    for (;;) {
      if (!on_element()) return false;
      space();
      if (*p_ != ',') break;
      ++p_;
      space();
    }
  }
  --depth_;
  return *p_++ == ']';
}

}  // namespace orthink
