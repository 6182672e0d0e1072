// Prices: overrides by prompt length, time and day, the dearest that can apply, and the cost of a usage.
#include <catch2/catch_test_macros.hpp>

#include "orthink/cost/price.h"

using namespace orthink;

namespace {

Money usd(const char* text) {
  Result<Money> money = Money::parse(text);
  REQUIRE(money.ok());
  return *money;
}

// 2026-08-22 is a Saturday.
constexpr int64_t kSaturdayMs = 1'787'356'800'000;
Instant at(int hour, int minute, int day = 0) { return Instant::from_ms(kSaturdayMs + ((day * 24 + hour) * 60 + minute) * int64_t{60'000}); }

PriceCard card(const char* prompt, const char* completion) {
  PriceCard c;
  c.base.set(PriceKey::prompt, usd(prompt));
  c.base.set(PriceKey::completion, usd(completion));
  return c;
}

PriceOverride dearer_prompt(const char* prompt) {
  PriceOverride o;
  o.prices.set(PriceKey::prompt, usd(prompt));
  return o;
}

Money prompt_price(const PriceCard& c, uint64_t tokens, Instant when) { return c.at(tokens, when).get(PriceKey::prompt).value_or(Money::max()); }

Usage usage(uint64_t prompt, uint64_t completion) {
  Usage u;
  u.state = UsageState::final_;
  u.prompt_tokens = prompt;
  u.completion_tokens = completion;
  return u;
}

}  // namespace

TEST_CASE("a long-prompt override holds when the prompt is strictly longer") {
  PriceCard c = card("0.000002", "0.000006");
  PriceOverride o = dearer_prompt("0.000004");
  o.min_prompt_tokens = 200'000;
  c.overrides.push_back(o);
  CHECK(prompt_price(c, 200'000, at(12, 0)) == usd("0.000002"));
  CHECK(prompt_price(c, 200'001, at(12, 0)) == usd("0.000004"));
  CHECK(c.at(200'001, at(12, 0)).get(PriceKey::completion) == usd("0.000006"));
}

TEST_CASE("later overrides win key by key") {
  PriceCard c = card("0.000001", "0.000001");
  c.overrides = {dearer_prompt("0.000002"), dearer_prompt("0.000003")};
  CHECK(prompt_price(c, 1, at(0, 0)) == usd("0.000003"));
}

TEST_CASE("a window ends before its end and may wrap midnight") {
  PriceCard c = card("0.000002", "0.000002");
  PriceOverride night = dearer_prompt("0.000001");
  night.utc_start = 1000;
  night.utc_end = 100;
  c.overrides.push_back(night);
  CHECK(prompt_price(c, 1, at(9, 59)) == usd("0.000002"));
  CHECK(prompt_price(c, 1, at(10, 0)) == usd("0.000001"));
  CHECK(prompt_price(c, 1, at(23, 59)) == usd("0.000001"));
  CHECK(prompt_price(c, 1, at(0, 59)) == usd("0.000001"));
  CHECK(prompt_price(c, 1, at(1, 0)) == usd("0.000002"));
}

TEST_CASE("days are UTC days, Monday first") {
  PriceCard c = card("0.000002", "0.000002");
  PriceOverride weekend = dearer_prompt("0.000001");
  weekend.utc_days = 0x60;
  c.overrides.push_back(weekend);
  CHECK(prompt_price(c, 1, at(0, 0)) == usd("0.000001"));
  CHECK(prompt_price(c, 1, at(23, 59, 1)) == usd("0.000001"));
  CHECK(prompt_price(c, 1, at(0, 0, 2)) == usd("0.000002"));
  CHECK(prompt_price(c, 1, at(23, 59, -1)) == usd("0.000002"));
}

TEST_CASE("the dearest window that touches the call counts") {
  PriceCard c = card("0.000001", "0.000002");
  PriceOverride peak = dearer_prompt("0.000005");
  peak.utc_start = 1200;
  peak.utc_end = 1300;
  c.overrides.push_back(peak);
  WorstCase worst;
  worst.prompt_tokens = 1000;
  worst.output_tokens = 100;
  worst.from = at(11, 30);
  worst.until = at(11, 45);
  CHECK(dearest(c, worst).prompt == usd("0.000001"));
  worst.until = at(12, 0);
  CHECK(dearest(c, worst).prompt == usd("0.000005"));
  worst.from = at(12, 59);
  worst.until = at(13, 10);
  CHECK(dearest(c, worst).prompt == usd("0.000005"));
  worst.from = at(13, 0);
  CHECK(dearest(c, worst).prompt == usd("0.000001"));
  worst.until = at(12, 30, 1);
  CHECK(dearest(c, worst).prompt == usd("0.000005"));
}

TEST_CASE("a base price that never holds in a window does not count") {
  PriceCard c = card("0.000009", "0.000009");
  PriceOverride always = dearer_prompt("0.000001");
  always.prices.set(PriceKey::completion, usd("0.000001"));
  always.utc_start = 0;
  always.utc_end = 2400;
  c.overrides.push_back(always);
  WorstCase worst;
  worst.from = at(1, 0);
  worst.until = at(2, 0);
  CHECK(dearest(c, worst).prompt == usd("0.000001"));
}

TEST_CASE("a shorter prompt than the bound may be the dearer one") {
  PriceCard c = card("0.000005", "0.000005");
  PriceOverride bulk = dearer_prompt("0.000001");
  bulk.min_prompt_tokens = 1000;
  c.overrides.push_back(bulk);
  WorstCase worst;
  worst.prompt_tokens = 2000;
  CHECK(dearest(c, worst).prompt == usd("0.000005"));
}

TEST_CASE("an unreadable condition counts for the worst case only") {
  PriceCard c = card("0.000001", "0.000001");
  PriceOverride o = dearer_prompt("0.000007");
  o.has_unknown_condition = true;
  c.overrides.push_back(o);
  CHECK(prompt_price(c, 1, at(0, 0)) == usd("0.000001"));
  CHECK(dearest(c, {}).prompt == usd("0.000007"));
}

TEST_CASE("cache writes, audio and dear thinking raise the worst case") {
  PriceCard c = card("0.000003", "0.000015");
  c.base.set(PriceKey::cache_write, usd("0.00000375"));
  c.base.set(PriceKey::cache_write_1h, usd("0.000006"));
  c.base.set(PriceKey::internal_reasoning, usd("0.00002"));
  c.base.set(PriceKey::request, usd("0.005"));
  c.base.set(PriceKey::image, usd("0.001"));
  WorstCase worst;
  worst.prompt_tokens = 1000;
  worst.output_tokens = 500;
  worst.images = 2;
  CHECK(worst_cost(dearest(c, worst), worst) == usd("0.023"));
  worst.writes_cache_1h = false;
  CHECK(dearest(c, worst).prompt == usd("0.00000375"));
  c.base.set(PriceKey::audio, usd("0.00004"));
  CHECK(dearest(c, worst).prompt == usd("0.00004"));
  worst.has_audio = false;
  CHECK(dearest(c, worst).prompt == usd("0.00000375"));
}

TEST_CASE("cached and written tokens are part of the prompt") {
  PriceCard c = card("0.000003", "0.000015");
  c.base.set(PriceKey::cache_read, usd("0.0000003"));
  c.base.set(PriceKey::cache_write, usd("0.00000375"));
  Usage u = usage(2649, 100);
  u.cached_tokens = 2569;
  u.cache_write_tokens = 79;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.00256995"));
}

TEST_CASE("where read and written tokens overlap, the larger of the two is not fresh") {
  PriceCard c = card("0.000001", "0.000001");
  c.base.set(PriceKey::cache_read, usd("0.0000001"));
  c.base.set(PriceKey::cache_write, usd("0.0000002"));
  Usage u = usage(2168, 0);
  u.cached_tokens = 2161;
  u.cache_write_tokens = 2161;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.0006553"));
  u.cached_tokens = 2000;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.0006392"));
}

TEST_CASE("thinking is part of the completion and never more than it") {
  PriceCard c = card("0.000001", "0.000008");
  c.base.set(PriceKey::internal_reasoning, usd("0.000003"));
  Usage u = usage(0, 100);
  u.thinking_tokens = 40;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.0006"));
  u.thinking_tokens = 260;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.0003"));
}

TEST_CASE("a price of more than 12 decimals bounds rounded up and bills as listed") {
  PriceCard c = card("0.000001", "0.000001");
  c.base.set(PriceKey::cache_write, Money{83'334}, 666'667);  // 0.000000083333333333
  Usage u = usage(2168, 0);
  u.cache_write_tokens = 2161;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.000187083333"));
  u.cache_write_tokens = 3;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.002165250000"));
  WorstCase worst;
  worst.prompt_tokens = 3;
  c.base.set(PriceKey::prompt, usd("0"));
  CHECK(worst_cost(dearest(c, worst), worst) == Money{3 * 83'334});
}

TEST_CASE("requests and searches are added") {
  PriceCard c = card("0", "0");
  c.base.set(PriceKey::request, usd("0.005"));
  c.base.set(PriceKey::web_search, usd("0.01"));
  Usage u = usage(1, 1);
  u.web_search_requests = 3;
  CHECK(computed_cost(c, u, at(0, 0)) == usd("0.035"));
}

TEST_CASE("unknown is never zero") {
  CHECK(!computed_cost(PriceCard{}, usage(1, 1), at(0, 0)));
  PriceCard router = card("0.000001", "0.000001");
  router.is_variable = true;
  CHECK(!computed_cost(router, usage(1, 1), at(0, 0)));
  Usage unknown;
  CHECK(!computed_cost(card("0.000001", "0.000001"), unknown, at(0, 0)));
  CHECK(!Prices{}.is_free());
  CHECK(card("0", "0").base.is_free());
  PriceCard fee = card("0", "0");
  fee.base.set(PriceKey::request, usd("0.001"));
  CHECK(!fee.base.is_free());
}

TEST_CASE("huge counts saturate instead of wrapping") {
  const PriceCard c = card("0.1", "0.1");
  WorstCase worst;
  worst.prompt_tokens = UINT64_MAX;
  worst.output_tokens = UINT64_MAX;
  CHECK(worst_cost(dearest(c, worst), worst).is_saturated());
  CHECK(computed_cost(c, usage(UINT64_MAX, UINT64_MAX), at(0, 0))->is_saturated());
}

TEST_CASE("every price key has its wire name and back") {
  for (size_t i = 0; i < kPriceKeys; ++i) {
    const PriceKey key = static_cast<PriceKey>(i);
    CHECK(price_key(wire_name(key)) == key);
  }
  CHECK(!price_key("overrides"));
}

TEST_CASE("windows before 1970, and those with one end, hold as others do") {
  PriceCard c = card("0.000001", "0.000002");
  c.overrides.push_back(dearer_prompt("0.000003"));
  c.overrides.back().utc_end = 600;
  CHECK(prompt_price(c, 1, at(5, 59)) == usd("0.000003"));
  CHECK(prompt_price(c, 1, at(6, 0)) == usd("0.000001"));
  c.overrides.back().utc_end.reset();
  c.overrides.back().utc_start = 600;
  CHECK(prompt_price(c, 1, at(5, 59)) == usd("0.000001"));
  CHECK(prompt_price(c, 1, Instant{-1}) == usd("0.000003"));  // 1969-12-31T23:59:59.999999Z
}

TEST_CASE("a card is free, or known, only with both prices") {
  PriceCard c;
  CHECK_FALSE(c.base.is_free());
  c.base.set(PriceKey::prompt, Money::zero());
  CHECK_FALSE(c.base.is_free());
  CHECK_FALSE(c.is_known());
  c.base.set(PriceKey::completion, Money::zero());
  CHECK(c.base.is_free());
  CHECK(c.is_known());
  c.is_variable = true;
  CHECK_FALSE(c.is_known());
  Usage one_sided = usage(1, 1);
  one_sided.completion_tokens.reset();
  CHECK_FALSE(computed_cost(card("0.1", "0.1"), one_sided, at(0, 0)));
}

TEST_CASE("a long-prompt price that no prompt of the call reaches is not the dearest") {
  PriceCard c = card("0.000001", "0.000002");
  c.overrides.push_back(dearer_prompt("0.000003"));
  c.overrides.back().min_prompt_tokens = 1'000;
  WorstCase worst;
  worst.from = worst.until = at(1, 0);
  worst.prompt_tokens = 1'000;
  CHECK(dearest(c, worst).prompt == usd("0.000001"));
  worst.prompt_tokens = 1'001;
  CHECK(dearest(c, worst).prompt == usd("0.000003"));
}

TEST_CASE("what rounding a price added is taken off again, halves to even") {
  const auto cost = [](int64_t pico, uint32_t excess, uint64_t tokens) {
    PriceCard c = card("0", "0");
    c.base.set(PriceKey::prompt, Money{pico}, excess);
    return computed_cost(c, usage(tokens, 0), at(0, 0))->pico;
  };
  CHECK(cost(2, 500'000, 1) == 2);  // 1.5 to 2
  CHECK(cost(3, 500'000, 1) == 2);  // 2.5 to 2
  CHECK(cost(3, 400'000, 1) == 3);  // 2.6
  CHECK(cost(3, 600'000, 1) == 2);  // 2.4
  CHECK(cost(INT64_MAX, 1, 2) == INT64_MAX);
}

TEST_CASE("the states of a usage have names") {
  CHECK(name(UsageState::none) == "none");
  CHECK(name(UsageState::partial) == "partial");
  CHECK(name(UsageState::final_) == "final");
}
