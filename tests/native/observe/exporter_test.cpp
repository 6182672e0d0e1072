#include "native/observe/exporter.h"

#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "native/observe/log.h"
#include "native/observe/telemetry.h"
#include "native/system.h"
#include "orthink/wire/json.h"
#include "tests/native/observe/collector.h"
#include "tests/native/observe/exposition.h"

namespace orthink::observe {
namespace {

using test::OtlpCollector;
using Variables = std::map<std::string, std::string>;

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string kModel = "openai/gpt-5-mini";

std::unique_ptr<Telemetry> opened(const OtlpCollector& collector, Variables more = {}) {
  more.emplace("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
  more.emplace("OTEL_BSP_SCHEDULE_DELAY", "3600000");  // batches leave when they are full, or at a flush
  more.emplace("OTEL_METRIC_EXPORT_INTERVAL", "3600000");
  Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::open({[more](const std::string& name) {
    const auto found = more.find(name);
    return found == more.end() ? std::nullopt : std::optional(found->second);
  }});
  REQUIRE(telemetry);
  (*telemetry)->know_models([](std::string_view id) { return id == kModel; });
  return std::move(*telemetry);
}

Instant soon() {
  return now() + Duration::seconds(15);
}

CallFacts call_of(const TraceContext& trace) {
  CallFacts facts;
  facts.trace = trace;
  facts.call_id = "call-1";
  facts.generation_id = "gen-1";
  facts.request_model = facts.response_model = kModel;
  facts.provider = "OpenAI";
  facts.outcome = Outcome::answered;
  facts.usage.prompt_tokens = 1'000;
  facts.usage.completion_tokens = 300;
  facts.usage.thinking_tokens = 250;
  facts.cost = NanoUsd{1'234'567};
  facts.attempts = 1;
  facts.first_token = Duration::millis(900);
  facts.began = Instant::from_ms(1'793'000'000'000);
  facts.ended = Instant::from_ms(1'793'000'003'500);
  return facts;
}

RequestFacts request_of(const TraceContext& trace) {
  RequestFacts facts;
  facts.trace = trace;
  facts.method = "tools/call";
  facts.tool = "thinking_completion";
  facts.revision = "2025-11-25";
  facts.transport = RequestFacts::Transport::http;
  facts.began = Instant::from_ms(1'793'000'000'000);
  facts.ended = Instant::from_ms(1'793'000'004'000);
  return facts;
}

json::Value document(const OtlpCollector::Request& request) {
  Result<json::Value> value = json::parse(request.body);
  INFO(request.body.substr(0, 400));
  REQUIRE(value);
  return std::move(*value);
}

// The items of the only scope of the only resource.
const json::Value& items(const json::Value& document, const char* all, const char* scoped, const char* name) {
  const json::Value& resource = document.find(all)->members().at(0).value;
  return *resource.find(scoped)->members().at(0).value.find(name);
}

// An attribute's value as "stringValue:text".
std::string attribute(const json::Value& owner, std::string_view key) {
  for (const json::Member& member : owner.find("attributes")->members()) {
    if (member.value.find("key")->text() != key) continue;
    const json::Member& value = member.value.find("value")->members().at(0);
    if (value.key == "arrayValue") return value.key + ":" + json::dump(*value.value.find("values"));
    return value.key + ":" + (value.value.is_boolean() ? (value.value.as_bool() ? "true" : "false") : value.value.text());
  }
  return "";
}

const json::Value* metric_named(const json::Value& metrics, std::string_view name) {
  for (const json::Member& member : metrics.members())
    if (member.value.find("name")->text() == name) return &member.value;
  return nullptr;
}

TEST_CASE("a call and the request it was made for are spans of one trace, in the conventions' words") {
  OtlpCollector collector;
  const auto telemetry = opened(collector, {{"OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=t1"}, {"OTEL_SERVICE_NAME", "think-gate"}});
  const TraceContext request = telemetry->begin_trace(kParent, "rojo=1");
  const TraceContext call = telemetry->begin_child(request);
  telemetry->call_ended(call_of(call));
  telemetry->request_ended(request_of(request));
  REQUIRE(telemetry->flush(soon()));
  const std::vector<OtlpCollector::Request> requests = collector.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].path() == "/v1/traces");
  CHECK(requests[0].head.find("x-tenant: t1") != std::string::npos);
  CHECK(requests[0].head.find("Content-Type: application/json") != std::string::npos);
  CHECK(requests[0].head.find("uthorization") == std::string::npos);

  const json::Value traces = document(requests[0]);
  const json::Value& resource = *traces.find("resourceSpans")->members().at(0).value.find("resource");
  CHECK(attribute(resource, "service.name") == "stringValue:think-gate");
  const json::Value& spans = items(traces, "resourceSpans", "scopeSpans", "spans");
  REQUIRE(spans.members().size() == 2);
  const json::Value& chat = spans.members()[0].value;
  CHECK(chat.find("name")->text() == "chat " + kModel);
  CHECK(chat.find("kind")->text() == "3");
  CHECK(chat.find("traceId")->text() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(chat.find("spanId")->text() == span_id_hex(call.span));
  CHECK(chat.find("parentSpanId")->text() == span_id_hex(request.span));
  CHECK(chat.find("traceState")->text() == "rojo=1");
  CHECK(chat.find("startTimeUnixNano")->is_string());
  CHECK(chat.find("startTimeUnixNano")->text() == "1793000000000000000");
  CHECK(chat.find("endTimeUnixNano")->text() == "1793000003500000000");
  CHECK(attribute(chat, "gen_ai.operation.name") == "stringValue:chat");
  CHECK(attribute(chat, "gen_ai.provider.name") == "stringValue:openrouter");
  CHECK(attribute(chat, "gen_ai.usage.input_tokens") == "intValue:1000");
  CHECK(attribute(chat, "gen_ai.usage.output_tokens") == "intValue:300");
  CHECK(attribute(chat, "gen_ai.usage.reasoning.output_tokens") == "intValue:250");
  CHECK(attribute(chat, "gen_ai.response.finish_reasons") == R"(arrayValue:[{"stringValue":"stop"}])");
  CHECK(attribute(chat, "gen_ai.response.time_to_first_chunk") == "doubleValue:0.9");
  CHECK(attribute(chat, "orthink.cost_usd") == "doubleValue:0.001234567");
  CHECK(attribute(chat, "error.type").empty());
  const json::Value& tool = spans.members()[1].value;
  CHECK(tool.find("name")->text() == "tools/call thinking_completion");
  CHECK(tool.find("kind")->text() == "2");
  CHECK(tool.find("parentSpanId")->text() == "00f067aa0ba902b7");
  CHECK(attribute(tool, "mcp.method.name") == "stringValue:tools/call");
  CHECK(attribute(tool, "network.transport") == "stringValue:tcp");
}

TEST_CASE("metrics are sent as they stand: cumulative, integers as strings, decimals without a floating point") {
  OtlpCollector collector;
  const auto telemetry = opened(collector);
  telemetry->call_began();
  telemetry->call_ended(call_of({}));
  REQUIRE(telemetry->flush(soon()));
  const std::vector<OtlpCollector::Request> requests = collector.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].path() == "/v1/metrics");
  const json::Value sent = document(requests[0]);
  const json::Value& metrics = items(sent, "resourceMetrics", "scopeMetrics", "metrics");
  const json::Value* calls = metric_named(metrics, "orthink.calls");
  REQUIRE(calls != nullptr);
  const json::Value& sum = *calls->find("sum");
  CHECK(sum.find("aggregationTemporality")->text() == "2");
  CHECK(sum.find("isMonotonic")->as_bool());
  const json::Value& point = sum.find("dataPoints")->members().at(0).value;
  CHECK(point.find("asInt")->is_string());
  CHECK(point.find("asInt")->text() == "1");
  CHECK(attribute(point, "outcome") == "stringValue:answered");
  const json::Value* spent = metric_named(metrics, "orthink.spent");
  REQUIRE(spent != nullptr);
  CHECK(spent->find("unit")->text() == "USD");
  CHECK(spent->find("sum")->find("dataPoints")->members().at(0).value.find("asDouble")->text() == "0.001234567");
  const json::Value* running = metric_named(metrics, "orthink.calls.running");
  REQUIRE(running != nullptr);
  CHECK(running->find("gauge")->find("dataPoints")->members().size() == 1);
  const json::Value* duration = metric_named(metrics, "gen_ai.client.operation.duration");
  REQUIRE(duration != nullptr);
  const json::Value& histogram = duration->find("histogram")->find("dataPoints")->members().at(0).value;
  CHECK(histogram.find("count")->text() == "1");
  CHECK(histogram.find("sum")->text() == "3.5");
  CHECK(histogram.find("bucketCounts")->members().size() == histogram.find("explicitBounds")->members().size() + 1);
  CHECK(histogram.find("bucketCounts")->members().at(0).value.is_string());
  CHECK(histogram.find("explicitBounds")->members().at(0).value.text() == "0.01");
  CHECK(attribute(histogram, "error.type").empty());
  CHECK(attribute(histogram, "gen_ai.request.model") == "stringValue:" + kModel);
}

TEST_CASE("a full batch leaves by itself, and what finds the queue full is dropped and counted") {
  OtlpCollector collector([](size_t) { return ""; });
  const auto telemetry = opened(collector, {{"OTEL_BSP_MAX_QUEUE_SIZE", "4"}, {"OTEL_METRICS_EXPORTER", "none"}});
  const auto offer = [&](int n) {
    for (int i = 0; i < n; ++i) telemetry->request_ended(request_of(telemetry->begin_trace("", "")));
  };
  offer(4);
  const std::vector<OtlpCollector::Request> requests = collector.wait_for(1);
  REQUIRE(requests.size() == 1);
  CHECK(items(document(requests[0]), "resourceSpans", "scopeSpans", "spans").members().size() == 4);
  offer(7);
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.value("orthink_telemetry_dropped_total", {{"signal", "traces"}, {"reason", "queue_full"}}) == "3");
}

TEST_CASE("spans leave when their delay is over, metrics at their interval") {
  OtlpCollector collector;
  const auto telemetry = opened(collector, {{"OTEL_BSP_SCHEDULE_DELAY", "10"}, {"OTEL_METRIC_EXPORT_INTERVAL", "20"}});
  telemetry->request_ended(request_of(telemetry->begin_trace("", "")));
  const std::vector<OtlpCollector::Request> requests = collector.wait_for(4);
  REQUIRE(requests.size() >= 4);
  size_t traces = 0;
  for (const OtlpCollector::Request& request : requests) traces += request.path() == "/v1/traces" ? 1 : 0;
  CHECK(traces == 1);
}

TEST_CASE("an export is tried again where that can help, and given up where it cannot") {
  for (const int refused : {429, 502, 503, 504, 400, 500}) {
    CAPTURE(refused);
    OtlpCollector collector([&](size_t number) { return OtlpCollector::status(number == 1 ? refused : 200, "Retry-After: 0\r\n"); });
    const auto telemetry = opened(collector, {{"OTEL_METRICS_EXPORTER", "none"}});
    telemetry->request_ended(request_of(telemetry->begin_trace("", "")));
    const bool helps = refused != 400 && refused != 500;
    CHECK(telemetry->flush(soon()) == helps);
    const std::vector<OtlpCollector::Request> requests = collector.requests();
    REQUIRE(requests.size() == (helps ? 2 : 1));
    if (helps) CHECK(requests[0].body == requests[1].body);
    const test::Exposition page = test::read_exposition(telemetry->prometheus());
    CHECK(page.value("orthink_telemetry_exports_total", {{"signal", "traces"}, {"result", helps ? "taken" : "failed"}}) == "1");
    if (!helps) CHECK(page.value("orthink_telemetry_dropped_total", {{"signal", "traces"}, {"reason", "export_failed"}}) == "1");
  }
}

TEST_CASE("what the collector says it rejected is counted as dropped") {
  OtlpCollector collector([](size_t) { return OtlpCollector::status(200, "", R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"full"}})"); });
  const auto telemetry = opened(collector, {{"OTEL_METRICS_EXPORTER", "none"}});
  telemetry->request_ended(request_of(telemetry->begin_trace("", "")));
  CHECK(telemetry->flush(soon()));
  CHECK(test::read_exposition(telemetry->prometheus()).value("orthink_telemetry_dropped_total", {{"signal", "traces"}, {"reason", "rejected"}}) == "1");
}

TEST_CASE("a collector that does not answer holds neither a flush nor the end of the program") {
  OtlpCollector collector([](size_t) { return ""; });
  const Instant began = now();
  {
    const auto telemetry = opened(collector);
    telemetry->request_ended(request_of(telemetry->begin_trace("", "")));
    CHECK_FALSE(telemetry->flush(now() + Duration::millis(100)));
  }
  CHECK(now() - began < Duration::seconds(8));
}

TEST_CASE("nobody waits at the end for a collector that is not there") {
  Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::open({[](const std::string& name) {
    return name == "OTEL_EXPORTER_OTLP_ENDPOINT" ? std::optional<std::string>("http://127.0.0.1:1") : std::nullopt;
  }});
  REQUIRE(telemetry);
  const Instant began = now();
  CHECK_FALSE((*telemetry)->flush(soon()));
  CHECK(now() - began < Duration::seconds(10));
  CHECK(test::read_exposition((*telemetry)->prometheus()).value("orthink_telemetry_exports_total", {{"signal", "metrics"}, {"result", "failed"}}) == "1");
}

TEST_CASE("only what is sampled is sent") {
  OtlpCollector collector;
  const auto telemetry = opened(collector, {{"OTEL_METRICS_EXPORTER", "none"}});
  const TraceContext unsampled = telemetry->begin_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "");
  CHECK(unsampled.is_valid());
  CHECK_FALSE(unsampled.is_sampled);
  telemetry->request_ended(request_of(unsampled));
  CHECK(telemetry->flush(soon()));
  CHECK(collector.requests().empty());

  const auto never = opened(collector, {{"OTEL_TRACES_SAMPLER", "always_off"}});
  CHECK_FALSE(never->begin_trace("", "").is_sampled);
  CHECK_FALSE(never->begin_trace(kParent, "").is_sampled);
  const auto half = opened(collector, {{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "0.5"}});
  int taken = 0;
  for (int i = 0; i < 2'000; ++i) taken += half->begin_trace("", "").is_sampled ? 1 : 0;
  CHECK(taken > 800);
  CHECK(taken < 1'200);
}

TEST_CASE("without a collector the asker's own place goes on as it came") {
  Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::open({});
  REQUIRE(telemetry);
  const TraceContext place = (*telemetry)->begin_child((*telemetry)->begin_trace(kParent, "rojo=1"));
  CHECK(traceparent_text(place) == kParent);
  CHECK(place.state == "rojo=1");
  CHECK_FALSE((*telemetry)->begin_trace("", "").is_valid());
  CHECK_FALSE((*telemetry)->begin_trace("nonsense", "").is_valid());
}

TEST_CASE("no credential of a field leaves with a span") {
  OtlpCollector collector;
  const auto telemetry = opened(collector);
  const std::string canary = "sk-or-v1-c4n4ry0123456789";
  const TraceContext trace = telemetry->begin_trace("", "");
  CallFacts call = call_of(telemetry->begin_child(trace));
  call.call_id = call.generation_id = call.request_model = call.response_model = call.provider = "x " + canary + "\xff\x1b[2J";
  telemetry->call_ended(call);
  RequestFacts request = request_of(trace);
  request.method = request.tool = request.revision = "Bearer " + canary;
  telemetry->request_ended(request);
  REQUIRE(telemetry->flush(soon()));
  for (const OtlpCollector::Request& sent : collector.requests()) {
    CHECK(sent.body.find("c4n4ry") == std::string::npos);
    document(sent);
  }
}

TEST_CASE("headers go nowhere unencrypted but to this machine") {
  const auto with = [](const Variables& variables) {
    return Telemetry::open({[&](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    }});
  };
  const auto refused = with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318"}, {"OTEL_EXPORTER_OTLP_HEADERS", "api-key=1"}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().errc == Errc::insecure_url);
  CHECK(with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318"}}));
  CHECK_FALSE(with({{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"}}));
}

TEST_CASE("what traces cost a request", "[.benchmark]") {
  OtlpCollector collector;
  const auto telemetry = opened(collector, {{"OTEL_METRICS_EXPORTER", "none"}, {"OTEL_BSP_MAX_QUEUE_SIZE", "1000000"}});
  BENCHMARK("begin_trace and request_ended, traced") { telemetry->request_ended(request_of(telemetry->begin_trace("", ""))); };
}

}  // namespace
}  // namespace orthink::observe
