#include "orthink/access/base64url.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink::access;

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
