#include "orthink/wire/http.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("headers are found without case; the first wins", "[http]") {
  http::Head head{200, {{"Content-Type", "text/event-stream"}, {"x-generation-id", "gen-1"}, {"X-Generation-Id", "gen-2"}}};
  CHECK(head.find("content-type") == "text/event-stream");
  CHECK(head.find("X-Generation-Id") == "gen-1");
  CHECK(head.find("Retry-After").empty());
  CHECK(http::same_name("Retry-After", "retry-AFTER"));
  CHECK_FALSE(http::same_name("Retry-After", "Retry-Afte"));
  CHECK_FALSE(http::same_name("@", "`"));
}
