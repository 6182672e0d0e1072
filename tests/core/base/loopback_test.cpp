#include "orthink/base/loopback.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("a host is loopback by its spelling") {
  for (const char* host : {"localhost", "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "[::1]"}) CHECK(is_loopback_host(host));
  for (const char* host : {"", "127", "127.1", "127.0.0.1.", "127.0.0.0.1", "127.0.0.1.evil.example", "127.evil.example", "128.0.0.1", "0.0.0.0", "::", "[::2]"})
    CHECK_FALSE(is_loopback_host(host));
}
