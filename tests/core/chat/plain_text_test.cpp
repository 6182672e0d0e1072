#include "orthink/chat/plain_text.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("text that steers a terminal is shown harmless", "[plain_text]") {
  CHECK(plain_text("a\x1b[31mred\x07") == "a\xef\xbf\xbd[31mred\xef\xbf\xbd");
  CHECK(plain_text("a\xc2\x9b"
                   "b\x7f") ==
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd");
  CHECK(plain_text("x\xe2\x80\xaey") == "x\xef\xbf\xbdy");
  CHECK(plain_text(" two\n\n  lines\t ") == "two lines");
  CHECK(plain_text("caf\xc3\xa9 \xf0\x9f\x98\x80") == "caf\xc3\xa9 \xf0\x9f\x98\x80");
}

TEST_CASE("invalid bytes become replacement characters", "[plain_text]") {
  for (const char* bad : {"\xff", "\xc0", "\x80", "\xf8"}) CHECK(plain_text(bad) == "\xef\xbf\xbd");
  CHECK(plain_text("\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(plain_text("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(plain_text("\xc0\xafz") == "\xef\xbf\xbd\xef\xbf\xbdz");
}

TEST_CASE("long text is cut between characters", "[plain_text]") {
  CHECK(plain_text("abcdefghij", 10) == "abcdefghij");
  CHECK(plain_text("abcdefghijk", 10) == "abcdefg...");
  CHECK(plain_text("abcde\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 10) == "abcde\xc3\xa9...");
  CHECK(plain_text("abcdef", 2) == "..");
  CHECK(plain_text("abc", 0).empty());
}

TEST_CASE("keys are not passed on", "[plain_text]") {
  CHECK(plain_text("bad key sk-or-v1-0123456789abcdef0123!") == "bad key sk-...!");
  CHECK(plain_text("task-sk-0123456789abcdef0123 sk-short") == "task-sk-0123456789abcdef0123 sk-short");
}
