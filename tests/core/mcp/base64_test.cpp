#include "orthink/mcp/base64.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/slicer.h"

using namespace orthink::mcp;

TEST_CASE("base64 of RFC 4648, section 10") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm9vYmFy") == "foobar");
  for (const char* broken : {"Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9=", "Zm9v ", "Zm-_", "=", "===="}) CHECK_FALSE(decode_base64(broken));
}

TEST_CASE("base64url comes back as it went") {
  orthink::test::Seeded seeded(7);
  for (size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(seeded.below(256));
    CHECK(decode_base64url(encode_base64url(bytes)) == bytes);
  }
  CHECK_FALSE(decode_base64url("Zg=="));
  CHECK_FALSE(decode_base64url("Z+"));
}
