// What a person sees before a file is changed.
#include "native/install/diff.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using orthink::install::diff;

TEST_CASE("lines taken out and put in, between a little of their surroundings", "[diff]") {
  CHECK(diff("", "").empty());
  CHECK(diff("a\nb\n", "a\nb\n").empty());
  CHECK(diff("", "a\n") == "+a\n");
  CHECK(diff("1\n2\n3\n4\n5\n6\n", "1\n2\n3\nx\n5\n6\n") == " 2\n 3\n-4\n+x\n 5\n 6\n");
  CHECK(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\n6\n7\ny\n9\n") == " 1\n-2\n+x\n 3\n 4\n ...\n 6\n 7\n-8\n+y\n 9\n");
  CHECK(diff("a\r\nb\r\n", "a\r\nb\r\nc\r\n") == " a\n b\n+c\n");
}

TEST_CASE("a long line is shown around what changes", "[diff]") {
  const std::string long_text(500, 'x');
  const std::string shown = diff(long_text + "1" + long_text, long_text + "2" + long_text);
  CHECK(shown.find("x1x") != std::string::npos);
  CHECK(shown.find("x2x") != std::string::npos);
  CHECK(shown.size() < 400);
}

TEST_CASE("secrets of other servers are not part of what is shown", "[diff]") {
  const std::string before = "{\n  \"API_KEY\": \"sk-canary\",\n  \"b\": 1\n}\n";
  const std::string shown = diff(before, "{\n  \"API_KEY\": \"sk-canary\",\n  \"b\": 2\n}\n");
  CHECK(shown.find("sk-canary") == std::string::npos);
  CHECK(shown.find("\"API_KEY\": ***") != std::string::npos);
}
