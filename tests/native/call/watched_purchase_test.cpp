// What telemetry is told of purchases, against the simulator's own bill.
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>

#include "native/call/purchase.h"
#include "native/observe/telemetry.h"
#include "tests/native/call/room.h"
#include "tests/native/observe/exposition.h"

namespace orthink {
namespace {

constexpr std::string_view kQuestion = R"({"prompt":"Why is the sky blue?","think":"2000","answer_tokens":500,"max_tokens":4000})";

class Nobody : public Customer {
 public:
  std::unique_ptr<TurnAudience> attend(const Exchange&, NativeWorld&) override {
    class Seat : public TurnAudience {
      void see(const Exchange&, const Output&) override {}
    };
    return std::make_unique<Seat>();
  }
};

std::unique_ptr<observe::Telemetry> opened() {
  Result<std::unique_ptr<observe::Telemetry>> telemetry = observe::Telemetry::open({});
  REQUIRE(telemetry);
  (*telemetry)->know_models([](std::string_view) { return true; });
  return std::move(*telemetry);
}

// Of all series of a name: the sum of whole numbers.
int64_t total(const test::Exposition& page, std::string_view name) {
  int64_t sum = 0;
  for (const test::Sample& sample : page.samples)
    if (sample.name == name) sum += std::stoll(sample.value);
  return sum;
}

std::string only(const test::Exposition& page, std::string_view name) {
  for (const test::Sample& sample : page.samples)
    if (sample.name == name) return sample.value;
  return "";
}

TEST_CASE("what metrics say was spent is what the upstream billed", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  const auto telemetry = opened();
  Nobody nobody;
  const Bought bought = buy(desk, test::ask_of(kQuestion), {.telemetry = telemetry.get()}, nobody);
  REQUIRE(bought.exchange);
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.faults.empty());
  CHECK(only(page, "orthink_spent_usd_total") == NanoUsd::ceil(room.simulator->bill().total).to_money().to_decimal());
  CHECK(total(page, "orthink_calls_total") == 1);
  CHECK(page.value("orthink_calls_running") == "0");
  CHECK(page.value("orthink_held_usd") == "0");
  CHECK(page.value("orthink_left_held_usd_total") == "0");
  CHECK(page.value("orthink_overhead_seconds_count") == "1");
  const Usage& usage = bought.exchange->receipt().usage;
  CHECK(total(page, "orthink_tokens_total") == static_cast<int64_t>(*usage.prompt_tokens + *usage.completion_tokens));
  CHECK(std::stoll(*page.value("orthink_ledger_seconds_count")) >= 3);
}

TEST_CASE("own time is a small part of a call that the upstream takes long for", "[purchase]") {
  test::Room room("drip=5");
  Desk desk(room.config());
  const auto telemetry = opened();
  Nobody nobody;
  const Instant began = now();
  REQUIRE(buy(desk, test::ask_of(kQuestion), {.telemetry = telemetry.get()}, nobody).exchange);
  const Duration took = now() - began;
  const Result<Money> own = Money::parse(*test::read_exposition(telemetry->prometheus()).value("orthink_overhead_seconds_sum"));
  REQUIRE(own);
  CHECK(own->pico > 0);
  CHECK(own->pico / 1'000'000 < took.us / 2);
}

TEST_CASE("faults of the upstream are counted one a leg, whatever comes of the call", "[purchase]") {
  test::Room room("429", R"(,"attempts":2,"retry_base_s":0.01)");
  Desk desk(room.config());
  const auto telemetry = opened();
  Nobody nobody;
  const Bought bought = buy(desk, test::ask_of(kQuestion), {.telemetry = telemetry.get()}, nobody);
  REQUIRE(bought.exchange);
  REQUIRE(bought.exchange->error());
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(total(page, "orthink_upstream_faults_total") == bought.exchange->receipt().attempts);
  CHECK(page.value("orthink_calls_total", {{"outcome", "failed"}}) == "1");
}

TEST_CASE("a refusal is counted by its reason, and holds nothing", "[purchase]") {
  test::Room room;
  Desk desk(room.config());
  const auto telemetry = opened();
  Nobody nobody;
  const Bought bought = buy(desk, test::ask_of(R"({"prompt":"x","max_cost_usd":"0.000000001"})"), {.telemetry = telemetry.get()}, nobody);
  CHECK(bought.refused);
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(total(page, "orthink_refusals_total") == 1);
  CHECK(page.value("orthink_held_usd") == "0");
}

TEST_CASE("a limit that stands against a call is one refusal and one call that was refused", "[purchase]") {
  test::Room room("", R"(,"daily_limit_usd":"0.000001")");
  Desk desk(room.config());
  const auto telemetry = opened();
  Nobody nobody;
  const Bought bought = buy(desk, test::ask_of(kQuestion), {.telemetry = telemetry.get()}, nobody);
  REQUIRE(bought.exchange);
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.value("orthink_refusals_total", {{"reason", "budget_refused"}}) == "1");
  CHECK(page.value("orthink_calls_total", {{"outcome", "refused"}}) == "1");
  CHECK(total(page, "orthink_calls_total") == 1);
}

}  // namespace
}  // namespace orthink
