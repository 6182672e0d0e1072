#include "orthink/policy/retry.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <random>

using namespace orthink;

namespace {

constexpr Instant kNow = Instant::from_ms(1'000'000);
constexpr uint64_t kSeed = 20260822;

Failure failure(Errc errc, Bill bill) {
  return {.error = make_error(errc, "x"), .bill = bill, .delivered_content = false};
}

std::optional<Duration> delay(const Failure& what, uint32_t attempt = 1, uint64_t entropy = kSeed, Instant deadline = Instant::never()) {
  return retry_delay({}, what, attempt, entropy, kNow, deadline);
}

}  // namespace

TEST_CASE("what may be tried again without buying twice", "[retry]") {
  struct Row {
    Errc errc;
    bool none, insured, unknown;  // tried again under this bill
  };
  constexpr Row kRows[] = {
      {Errc::connect_failed, true, false, false},
      {Errc::connect_timeout, true, false, false},
      {Errc::tls_failed, true, false, false},
      {Errc::connection_lost, true, false, false},
      {Errc::upstream_in_flight_budget, true, false, false},
      {Errc::upstream_rate_limited, true, true, false},
      {Errc::upstream_unavailable, true, true, false},
      {Errc::upstream_overloaded, true, true, false},
      {Errc::upstream_internal, true, true, true},
      {Errc::midstream_error, true, true, false},
      {Errc::stream_truncated, true, true, false},
      {Errc::empty_response, true, true, false},
      {Errc::malformed_function_call, true, true, false},
  };
  for (const ErrorRow& error : error_rows()) {
    CAPTURE(error.code);
    Row expected{error.errc, false, false, false};
    for (const Row& row : kRows)
      if (row.errc == error.errc) expected = row;
    CHECK(delay(failure(error.errc, Bill::none)).has_value() == expected.none);
    CHECK(delay(failure(error.errc, Bill::insured)).has_value() == expected.insured);
    CHECK(delay(failure(error.errc, Bill::unknown)).has_value() == expected.unknown);
    Failure shown = failure(error.errc, Bill::none);
    shown.delivered_content = true;
    CHECK_FALSE(delay(shown));
  }
}

TEST_CASE("three attempts in all; two for 500 and 502", "[retry]") {
  CHECK(delay(failure(Errc::upstream_rate_limited, Bill::none), 2));
  CHECK_FALSE(delay(failure(Errc::upstream_rate_limited, Bill::none), 3));
  CHECK_FALSE(delay(failure(Errc::upstream_internal, Bill::none), 2));
  CHECK_FALSE(retry_delay({.attempts_max = 1}, failure(Errc::connect_failed, Bill::none), 1, kSeed, kNow, Instant::never()));
}

TEST_CASE("Retry-After is a floor, and final beyond the deadline", "[retry]") {
  Failure told = failure(Errc::upstream_rate_limited, Bill::none);
  told.error.retry_after = Duration::seconds(30);
  std::optional<Duration> wait = delay(told);
  REQUIRE(wait);
  CHECK(*wait >= Duration::seconds(30));
  CHECK(*wait <= Duration::seconds(30) + limits::kRetryBase);
  CHECK_FALSE(delay(told, 1, kSeed, kNow + Duration::seconds(30)));
  CHECK(delay(told, 1, kSeed, kNow + Duration::seconds(31)));
  told.error.retry_after = Duration::micros(INT64_MAX);
  CHECK_FALSE(delay(told));
  CHECK_FALSE(delay(failure(Errc::connect_failed, Bill::none), 1, kSeed, kNow));
  CHECK_FALSE(delay(failure(Errc::connect_failed, Bill::none), 1, kSeed, kNow + Duration::seconds(-5)));
}

TEST_CASE("the bound doubles up to the cap", "[retry]") {
  RetryPolicy patient{.attempts_max = 100};
  constexpr std::array<int64_t, 9> kBoundMs{500, 1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000};
  for (uint32_t attempt = 1; attempt <= kBoundMs.size(); ++attempt) {
    int64_t longest = 0;
    for (uint64_t entropy = 0; entropy < 2000; ++entropy) {
      auto wait = retry_delay(patient, failure(Errc::connect_failed, Bill::none), attempt, entropy, kNow, Instant::never());
      REQUIRE(wait);
      longest = std::max(longest, wait->us);
    }
    CHECK(longest <= kBoundMs[attempt - 1] * 1000);
    CHECK(longest > kBoundMs[attempt - 1] * 990);
  }
}

TEST_CASE("delays are uniform", "[retry][property]") {
  std::cout << "retry: seed " << kSeed << "\n";
  std::mt19937_64 random(kSeed);
  constexpr size_t kBins = 50;
  constexpr int kDraws = 100'000;
  std::array<int, kBins> bins{};
  for (int i = 0; i < kDraws; ++i) {
    auto wait = delay(failure(Errc::connect_failed, Bill::none), 1, random());
    ++bins[static_cast<size_t>(wait->us) * kBins / 500'001];
  }
  double chi_square = 0;
  for (int count : bins) chi_square += (count - kDraws / 50.0) * (count - kDraws / 50.0) / (kDraws / 50.0);
  CHECK(chi_square < 85.4);  // 49 degrees of freedom, p = 0.001
}

TEST_CASE("a thousand clients after an outage do not come in one wave", "[retry][property]") {
  std::array<int, 10> tenths{};
  for (uint64_t client = 0; client < 1000; ++client) {
    Failure told = failure(Errc::upstream_unavailable, Bill::none);
    told.error.retry_after = Duration::seconds(5);
    auto wait = delay(told, 1, client);
    ++tenths[static_cast<size_t>((wait->us - 5'000'000) * 10 / 500'001)];
  }
  for (int count : tenths) CHECK(count < 150);
}
