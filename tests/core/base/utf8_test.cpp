#include "orthink/base/utf8.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace orthink;

namespace {

std::string encoded(uint32_t code) {
  auto low = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), low(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), low(6), low(0)};
  return {static_cast<char>(0xf0 | code >> 18), low(12), low(6), low(0)};
}

}  // namespace

TEST_CASE("every character reads back; surrogates and what lies beyond do not", "[utf8]") {
  for (uint32_t code = 0; code < 0x120000; ++code) {
    std::string text = encoded(code);
    Character c = character_at(text, 0);
    bool is_character = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (c.is_valid != is_character || (is_character && (c.code != code || c.size != text.size()))) FAIL(code);
    if (text.size() > 1 && character_at(std::string_view(text).substr(0, text.size() - 1), 0).is_valid) FAIL("cut " << code);
  }
}

TEST_CASE("overlong forms and stray bytes are invalid", "[utf8]") {
  for (const char* bad : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\x80", "\xbf",
                          "\xff", "\xf5\x80\x80\x80"}) {
    Character c = character_at(bad, 0);
    CHECK_FALSE(c.is_valid);
    CHECK(c.size == 1);
  }
}
