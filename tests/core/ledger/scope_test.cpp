#include "orthink/ledger/scope.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("a scope and its text") {
  for (const char* text : {"global", "user:alice", "tenant:a:b", "key:0f3c", "session:s 1", "user:\xc3\xa4"}) {
    const Result<Scope> scope = Scope::parse(text);
    REQUIRE(scope);
    CHECK(scope->to_text() == text);
  }
}

TEST_CASE("what is no scope is refused with the forms there are") {
  for (const std::string text : {"", "user", "user:", "global:", "global:x", "User:a", "people:a", "user:a\nb", "user:a\x7f", "user:\xff", "\xc3"}) {
    INFO(text);
    const Result<Scope> scope = Scope::parse(text);
    REQUIRE_FALSE(scope);
    CHECK(scope.error().errc == Errc::invalid_argument);
    CHECK(scope.error().remedy.find("user:NAME") != std::string::npos);
  }
  CHECK(Scope::parse("user:" + std::string(256, 'x')));
  CHECK_FALSE(Scope::parse("user:" + std::string(257, 'x')));
}

TEST_CASE("limits are read and written, dollars rounded down") {
  const Result<Limits> limits =
      Limits::parse(R"({"requests_per_minute":20,"usd_per_day":"5.2500000009","usd_per_month":null,"tokens_per_minute":0})");
  REQUIRE(limits);
  CHECK(limits->get(LimitKind::usd_per_day) == 5'250'000'000);
  CHECK_FALSE(limits->get(LimitKind::usd_per_month));
  CHECK(limits->get(LimitKind::tokens_per_minute) == 0);
  CHECK(limits->to_json() == R"({"usd_per_day":"5.25","requests_per_minute":20,"tokens_per_minute":0})");
  CHECK(*Limits::parse(limits->to_json()) == *limits);
  CHECK(Limits{}.empty());
  CHECK_FALSE(limits->empty());
}

TEST_CASE("what is no limit is refused") {
  for (const char* text : {"[]", "{", R"({"usd_per_day":5})", R"({"usd_per_day":"-1"})", R"({"usd_per_day":"x"})",
                           R"({"usd_per_day":"9007200"})", R"({"usd_per_day":"0.0000000001"})", R"({"requests_per_day":"5"})", R"({"requests_per_day":-1})",
                           R"({"requests_per_day":1.5})", R"({"requests_per_day":1000000001})", R"({"usd_per_week":"5"})"}) {
    INFO(text);
    CHECK_FALSE(Limits::parse(text));
  }
  CHECK(Limits::parse(R"({"usd_per_week":"5"})").error().errc == Errc::unknown_field);
}

TEST_CASE("a limit is set from what was typed, and lifted by none") {
  Limits limits;
  REQUIRE(limits.set_text(LimitKind::usd_per_month, "100"));
  CHECK(limits.get(LimitKind::usd_per_month) == 100'000'000'000);
  REQUIRE(limits.set_text(LimitKind::usd_per_day, "0.000000001"));
  CHECK(limits.get(LimitKind::usd_per_day) == 1);
  for (const char* lost : {"0.0000000009", "1e-10", "0.0000000000001"}) CHECK_FALSE(limits.set_text(LimitKind::usd_per_day, lost));
  REQUIRE(limits.set_text(LimitKind::usd_per_day, "0.00"));
  CHECK(limits.get(LimitKind::usd_per_day) == 0);
  limits.set(LimitKind::usd_per_day, std::nullopt);
  CHECK_FALSE(limits.set_text(LimitKind::requests_per_day, "1e3"));
  CHECK_FALSE(limits.set_text(LimitKind::requests_per_day, ""));
  CHECK_FALSE(limits.set_text(LimitKind::usd_per_day, ""));
  REQUIRE(limits.set_text(LimitKind::usd_per_month, "none"));
  CHECK(limits.empty());
}

TEST_CASE("of two limits the smaller holds") {
  Limits a, b;
  a.set(LimitKind::usd_per_day, 5);
  b.set(LimitKind::usd_per_day, 4);
  b.set(LimitKind::requests_per_day, 7);
  CHECK(tighter(a, b) == b);
  CHECK(tighter(b, a) == b);
}
