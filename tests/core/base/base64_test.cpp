#include "orthink/base/base64.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("the vectors of RFC 4648 section 10, without padding") {
  const std::pair<const char*, const char*> rows[] = {{"", ""},         {"f", "Zg"},       {"fo", "Zm8"},        {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    CHECK(base64url(bytes) == text);
    CHECK(base64url_bytes(text) == bytes);
  }
  CHECK(base64url("\xfb\xff\xfe") == "-__-");
}

TEST_CASE("every byte, at every place of a group, comes back") {
  for (int lead = 0; lead < 3; ++lead) {
    std::string bytes(static_cast<size_t>(lead), 'x');
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    CHECK(base64url_bytes(base64url(bytes)) == bytes);
  }
}

TEST_CASE("what is not strict base64url is none") {
  for (const char* text : {"Zg==", "Zm8=", "Z", "Zm9vY", "Zm9v ", " Zm9v", "Zm\n9v", "+/+/", "Zm9v.", "Zm9\xc3\xa9"}) {
    INFO(text);
    CHECK_FALSE(base64url_bytes(text));
  }
  CHECK_FALSE(base64url_bytes(std::string_view("Zm9\0", 4)));
}

TEST_CASE("one byte string has one spelling") {
  CHECK(base64url_bytes("Zg"));
  for (const char* other : {"Zh", "Zi", "Zv", "Zm9", "Zm-"}) CHECK_FALSE(base64url_bytes(other));
}

TEST_CASE("base64 of RFC 4648, section 10, and what is none") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("\xff\xff\xff\xff") == "/////w==");
  CHECK(base64_bytes("") == "");
  CHECK(base64_bytes("Zg==") == "f");
  CHECK(base64_bytes("Zm8=") == "fo");
  CHECK(base64_bytes("Zm9vYmFy") == "foobar");
  for (const char* broken : {"Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9=", "Zm9v ", "Zm-_", "=", "===="}) CHECK_FALSE(base64_bytes(broken));
}
