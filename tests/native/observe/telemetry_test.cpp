#include "native/observe/telemetry.h"

#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/catch_test_macros.hpp>

#include "tests/native/observe/exposition.h"

namespace orthink::observe {
namespace {

std::unique_ptr<Telemetry> opened() {
  Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::open({});
  REQUIRE(telemetry);
  (*telemetry)->know_models([](std::string_view id) { return id == "openai/gpt-5-mini"; });
  return std::move(*telemetry);
}

CallFacts answered_call() {
  CallFacts facts;
  facts.request_model = facts.response_model = "openai/gpt-5-mini";
  facts.provider = "OpenAI";
  facts.outcome = Outcome::answered;
  facts.usage.prompt_tokens = 1'000;
  facts.usage.cached_tokens = 400;
  facts.usage.completion_tokens = 300;
  facts.usage.thinking_tokens = 250;
  facts.cost = NanoUsd{1'234'567};
  facts.attempts = 1;
  facts.first_token = Duration::millis(900);
  facts.overhead = Duration::micros(180);
  facts.began = Instant::from_ms(1'000);
  facts.ended = Instant::from_ms(4'500);
  return facts;
}

TEST_CASE("a call that was answered is counted once in every metric that knows of it") {
  const auto telemetry = opened();
  telemetry->call_began();
  CHECK(test::read_exposition(telemetry->prometheus()).value("orthink_calls_running") == "1");
  telemetry->call_ended(answered_call());
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.faults.empty());
  const std::string model = "openai/gpt-5-mini";
  CHECK(page.value("orthink_calls_running") == "0");
  CHECK(page.value("orthink_calls_total", {{"outcome", "answered"}}) == "1");
  CHECK(page.value("orthink_tokens_total", {{"kind", "prompt"}, {"model", model}}) == "600");
  CHECK(page.value("orthink_tokens_total", {{"kind", "cached"}, {"model", model}}) == "400");
  CHECK(page.value("orthink_tokens_total", {{"kind", "thinking"}, {"model", model}}) == "250");
  CHECK(page.value("orthink_tokens_total", {{"kind", "visible"}, {"model", model}}) == "50");
  CHECK(page.value("orthink_spent_usd_total", {{"model", model}}) == "0.001234567");
  CHECK(page.value("orthink_overhead_seconds_sum") == "0.00018");
  CHECK(page.value("orthink_first_token_seconds_sum") == "0.9");
  CHECK(page.value("gen_ai_client_token_usage_sum", {{"gen_ai_operation_name", "chat"},
                                                     {"gen_ai_provider_name", "openrouter"},
                                                     {"gen_ai_request_model", model},
                                                     {"gen_ai_token_type", "output"}}) == "300");
  CHECK(page.value("gen_ai_client_operation_duration_seconds_sum", {{"gen_ai_operation_name", "chat"},
                                                                    {"gen_ai_provider_name", "openrouter"},
                                                                    {"gen_ai_request_model", model},
                                                                    {"error_type", ""}}) == "3.5");
}

TEST_CASE("how a call ended is one word of a closed set") {
  const auto telemetry = opened();
  const auto end = [&](std::optional<Errc> error, uint32_t attempts, bool is_replayed) {
    CallFacts facts = answered_call();
    facts.outcome.reset();
    facts.cost.reset();
    facts.error = error;
    facts.attempts = attempts;
    facts.is_replayed = is_replayed;
    telemetry->call_ended(facts);
  };
  end(Errc::budget_refused, 0, false);
  end(Errc::upstream_overloaded, 3, false);
  end(Errc::cancelled, 1, false);
  end(std::nullopt, 0, true);
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.faults.empty());
  for (const char* outcome : {"refused", "failed", "cancelled", "replayed"}) CHECK(page.value("orthink_calls_total", {{"outcome", outcome}}) == "1");
  CHECK(page.value("orthink_refusals_total", {{"reason", "budget_refused"}}) == "1");
  CHECK(page.value("orthink_calls_cost_unknown_total") == "2");
}

TEST_CASE("no text of a user becomes a label") {
  const auto telemetry = opened();
  const std::string canary = "sk-or-v1-canary0123456789";
  CallFacts facts = answered_call();
  facts.request_model = facts.response_model = canary;
  telemetry->call_ended(facts);
  RequestFacts request;
  request.method = canary + "\n";
  request.tool = "tool \"" + canary;
  telemetry->request_ended(request);
  telemetry->upstream_fault("evil\"} 1\n" + canary, Errc::upstream_overloaded);
  telemetry->http_refused("reason\n" + canary);
  for (int i = 0; i < 200; ++i) telemetry->upstream_fault("provider " + std::to_string(i), Errc::upstream_internal);
  const std::string text = telemetry->prometheus();
  CHECK(text.find("canary") == std::string::npos);
  const test::Exposition page = test::read_exposition(text);
  CHECK(page.faults.empty());
  CHECK(page.value("orthink_tokens_total", {{"kind", "visible"}, {"model", "other"}}) == "50");
  CHECK(page.value("orthink_upstream_faults_total", {{"provider", "other"}, {"code", "upstream_overloaded"}}) == "1");
  CHECK(page.value("orthink_upstream_faults_total", {{"provider", "other"}, {"code", "upstream_internal"}}) == "136");
}

TEST_CASE("serving is counted by status class, streams and the store's time") {
  const auto telemetry = opened();
  for (const int status : {200, 202, 404, 503, 42}) telemetry->http_answered(status, Duration::micros(40));
  telemetry->http_answered(200, std::nullopt);
  telemetry->stream_opened();
  telemetry->stream_opened();
  telemetry->stream_closed();
  telemetry->know_connections([] { return int64_t{7}; });
  telemetry->ledger_took(Duration::micros(320));
  telemetry->hold_changed(2'500'000'000);
  telemetry->hold_changed(-500'000'000);
  telemetry->left_held(NanoUsd{40});
  telemetry->http_refused("origin");
  telemetry->key_reloaded();
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.faults.empty());
  CHECK(page.value("orthink_http_requests_total", {{"class", "2xx"}}) == "3");
  CHECK(page.value("orthink_http_requests_total", {{"class", "4xx"}}) == "1");
  CHECK(page.value("orthink_http_requests_total", {{"class", "other"}}) == "1");
  CHECK(page.value("orthink_http_overhead_seconds_count") == "5");
  CHECK(page.value("orthink_streams_open") == "1");
  CHECK(page.value("orthink_connections_open") == "7");
  CHECK(page.value("orthink_ledger_seconds_bucket", {{"le", "0.0005"}}) == "1");
  CHECK(page.value("orthink_held_usd") == "2");
  CHECK(page.value("orthink_left_held_usd_total") == "0.00000004");
  CHECK(page.value("orthink_http_refusals_total", {{"reason", "origin"}}) == "1");
  CHECK(page.value("orthink_key_reloads_total") == "1");
  CHECK(std::stoll(*page.value("process_resident_memory_bytes")) > 1'000'000);
  CHECK(std::stoll(*page.value("process_open_fds")) > 2);
}

TEST_CASE("a telemetry that is off does nothing") {
  Telemetry off;
  off.call_began();
  off.call_ended(answered_call());
  off.request_ended({});
  off.upstream_fault("OpenAI", Errc::upstream_internal);
  CHECK(off.prometheus().empty());
  CHECK(off.flush(Instant::zero()));
  CHECK_FALSE(off.is_on());
}

TEST_CASE("what telemetry costs a call", "[.benchmark]") {
  Telemetry off;
  const auto on = opened();
  const CallFacts facts = answered_call();
  RequestFacts request;
  request.method = "tools/call";
  request.tool = "health";
  BENCHMARK("call_ended, off") { off.call_ended(facts); };
  BENCHMARK("call_ended, metrics") { on->call_ended(facts); };
  BENCHMARK("request_ended, off") { off.request_ended(request); };
  BENCHMARK("request_ended, metrics") { on->request_ended(request); };
  BENCHMARK("http_answered, metrics") { on->http_answered(200, Duration::micros(30)); };
}

}  // namespace
}  // namespace orthink::observe
