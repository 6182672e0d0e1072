#include "orthink/base/error.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "orthink/base/result.h"

using namespace orthink;

TEST_CASE("each error has one row, a snake_case code and a remedy sentence", "[error]") {
  std::set<std::string_view> codes;
  std::set<Errc> names;
  for (const ErrorRow& row : error_rows()) {
    CAPTURE(row.code);
    CHECK(names.insert(row.errc).second);
    CHECK(codes.insert(row.code).second);
    CHECK(row.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(row.remedy.size() > 10);
    CHECK(row.remedy.back() == '.');
  }
  CHECK(names.size() == 72);
}

TEST_CASE("make_error fills in the row and keeps a remedy of its own", "[error]") {
  Error error = make_error(Errc::upstream_rate_limited, "slow down");
  CHECK(error.kind == Kind::rate_limit_exceeded);
  CHECK(error.code == "upstream_rate_limited");
  CHECK(error.message == "slow down");
  CHECK(error.blame == Blame::remote);
  CHECK(error.retry == Retry::after);
  CHECK_FALSE(error.remedy.empty());
  CHECK(make_error(Errc::invalid_json, "x", "Do this.").remedy == "Do this.");
}

TEST_CASE("names are those of the public interface", "[error]") {
  CHECK(name(Kind::authentication_failed) == "AUTHENTICATION_FAILED");
  CHECK(name(Kind::thinking_tokens_exceeded) == "THINKING_TOKENS_EXCEEDED");
  CHECK(name(Kind::internal_error) == "INTERNAL_ERROR");
  CHECK(name(Blame::policy) == "policy");
  CHECK(name(Retry::changed) == "changed");
}

TEST_CASE("a result is a value or an error", "[result]") {
  Result<int> good = 3;
  REQUIRE(good);
  CHECK(*good == 3);
  Result<int> bad = make_error(Errc::invalid_argument, "no");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().message == "no");
  Result<> nothing;
  CHECK(nothing.ok());
}
