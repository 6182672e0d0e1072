// What the running server tells of itself, held against the simulator's bill; and that nothing it tells holds a key or a prompt.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "native/key.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "orthink/wire/json.h"
#include "tests/native/cli/child.h"
#include "tests/native/cli/program.h"
#include "tests/native/observe/collector.h"
#include "tests/native/observe/exposition.h"
#include "tests/native/serve/raw_client.h"

namespace orthink {
namespace {

using test::Child;
using test::OtlpCollector;

const std::string kKey = "sk-or-v1-c4n4ry0123456789abcdef0123456789";
// The simulator repeats the first 200 characters of a question in its answer, and answers are kept for `why`.
const std::string kPrompt = "Why is the sky blue? " + std::string(300, '.') + " c4n4ryprompt";
const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

// A server with metrics and a collector, and an upstream that keeps its own bill.
class Watched {
 public:
  explicit Watched(const std::string& level, std::string_view faults = "") {
    sim::SimOptions options;
    options.seed = 7;
    options.now = [] { return now(); };
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator = std::move(*started);
    REQUIRE(save_key(home.path() + "/key", Secret(kKey)));
    child = std::make_unique<Child>(std::vector<std::string>{"serve", "--json", "--metrics", "127.0.0.1:0"},
                                    std::map<std::string, std::string>{{"HOME", home.path()},
                                                                       {"ORTHINK_BASE_URL", simulator->url()},
                                                                       {"ORTHINK_KEY_FILE", home.path() + "/key"},
                                                                       {"ORTHINK_LISTEN", "127.0.0.1:0"},
                                                                       {"ORTHINK_LOG_LEVEL", level},
                                                                       {"ORTHINK_ATTEMPTS", "1"},
                                                                       {"ORTHINK_DRAIN_S", "0.1"},
                                                                       {"OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()},
                                                                       {"OTEL_BSP_SCHEDULE_DELAY", "3600000"}});
    const Result<json::Value> ready = json::parse(child->line());
    REQUIRE(ready);
    mcp_port = port_of(ready->find("url")->text());
    metrics_port = port_of(ready->find("metrics_url")->text());
  }
  static uint16_t port_of(const std::string& url) {
    const size_t colon = url.rfind(':');
    return static_cast<uint16_t>(std::stoi(url.substr(colon + 1)));
  }
  std::string call(const std::string& tool, const std::string& arguments, const std::string& meta = "{}") {
    const std::string body = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments +
                             R"(,"_meta":)" + meta + "}}";
    test::RawClient client(mcp_port);
    client.send("POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
                "MCP-Protocol-Version: 2025-11-25\r\nAuthorization: Bearer c4n4rytoken\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_answer().body;
  }
  test::Exposition metrics() { return test::read_exposition(page("/metrics").body); }
  test::RawAnswer page(const std::string& path) const {
    test::RawClient client(metrics_port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return client.read_answer();
  }

  test::Home home;
  OtlpCollector collector;
  std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<Child> child;
  uint16_t mcp_port = 0;
  uint16_t metrics_port = 0;
};

std::string question() {
  return R"({"prompt":")" + kPrompt + R"(","thinking":"2000","max_tokens":4000})";
}

// The spans that the collector was sent, by name.
std::map<std::string, json::Value> spans_of(const OtlpCollector& collector) {
  std::map<std::string, json::Value> spans;
  for (const OtlpCollector::Request& request : collector.requests()) {
    const Result<json::Value> sent = json::parse(request.body);
    REQUIRE(sent);
    const json::Value* all = sent->find("resourceSpans");
    if (all == nullptr) continue;
    const json::Value& scope = all->members().at(0).value.find("scopeSpans")->members().at(0).value;
    for (const json::Member& span : scope.find("spans")->members()) spans.emplace(span.value.find("name")->text(), span.value);
  }
  return spans;
}

std::string only(const test::Exposition& page, std::string_view name) {
  std::string found;
  for (const test::Sample& sample : page.samples)
    if (sample.name == name) found = found.empty() ? sample.value : "several";
  return found;
}

TEST_CASE("metrics agree with the upstream's bill, and a call is one trace from its asker to the upstream", "[serve]") {
  Watched server("info");
  const std::string answer =
      server.call("thinking_completion", question(), R"({"traceparent":"00-)" + kTrace + R"(-00f067aa0ba902b7-01","tracestate":"rojo=1"})");
  CHECK(answer.find("\"state\":\"done\"") != std::string::npos);
  server.call("health", "{}");
  const test::Exposition page = server.metrics();
  CHECK(page.faults.empty());
  CHECK(only(page, "orthink_spent_usd_total") == server.simulator->bill().total.to_decimal());
  CHECK(page.value("orthink_calls_total", {{"outcome", "answered"}}) == "1");
  CHECK(page.value("orthink_held_usd") == "0");
  CHECK(page.value("orthink_http_requests_total", {{"class", "2xx"}}) == "2");
  CHECK(page.value("orthink_http_overhead_seconds_count") == "1");
  CHECK(page.value("orthink_streams_open") == "0");
  CHECK(std::stoi(*page.value("orthink_ledger_seconds_count")) >= 3);
  CHECK(server.page("/healthz").status == 200);
  CHECK(server.page("/readyz").status == 200);

  server.child->signal(SIGTERM);
  CHECK(server.child->wait() == 0);
  const std::map<std::string, json::Value> spans = spans_of(server.collector);
  const auto request = spans.find("tools/call thinking_completion");
  REQUIRE(request != spans.end());
  CHECK(request->second.find("traceId")->text() == kTrace);
  CHECK(request->second.find("parentSpanId")->text() == "00f067aa0ba902b7");
  CHECK(spans.count("tools/call health") == 1);
  for (const auto& [name, span] : spans) {
    if (!name.starts_with("chat ")) continue;
    CHECK(span.find("traceId")->text() == kTrace);
    CHECK(span.find("parentSpanId")->text() == request->second.find("spanId")->text());
    CHECK(span.find("traceState")->text() == "rojo=1");
  }
  CHECK(spans.size() == 3);
}

TEST_CASE("no key, token or prompt is told, at any level, whether calls go well or not", "[serve]") {
  for (const char* level : {"debug", "info", "warn", "error"}) {
    for (const char* faults : {"", "429", "stall=3"}) {
      CAPTURE(level, faults);
      Watched server(level, faults);
      const std::string wait = faults == std::string("stall=3") ? R"(,"max_wait_s":0)" : "";
      server.call("thinking_completion", R"({"prompt":")" + kPrompt + R"(","system":")" + kPrompt + R"(","thinking":"2000","max_tokens":4000)" + wait + "}");
      server.call("thinking_completion", R"({"prompt":")" + kPrompt + R"(","model":")" + kKey + R"("})");
      server.call("c4n4rytool", "{}");
      server.call("thinking_completion", R"({"c4n4ryargument":1})");
      const std::string metrics = server.page("/metrics").body;
      const std::string ready = server.page("/readyz").body;
      server.child->signal(SIGTERM);
      CHECK(server.child->wait() == 0);
      CHECK(metrics.find("c4n4ry") == std::string::npos);
      CHECK(ready.find("c4n4ry") == std::string::npos);
      CHECK(server.child->error_text().find("c4n4ry") == std::string::npos);
      for (const OtlpCollector::Request& sent : server.collector.requests()) CHECK((sent.head + sent.body).find("c4n4ry") == std::string::npos);
      for (const auto& file : std::filesystem::recursive_directory_iterator(server.home.path())) {
        if (!file.is_regular_file() || file.path().filename() == "key") continue;
        const Result<std::string> bytes = read_file(file.path(), size_t{64} << 20);
        REQUIRE(bytes);
        CAPTURE(file.path().string());
        CHECK(bytes->find("c4n4ry") == std::string::npos);
      }
    }
  }
}

TEST_CASE("over standard input a request is a span of its asker's trace too", "[serve]") {
  const test::Home home;
  OtlpCollector collector;
  Child child({"mcp"}, {{"HOME", home.path()}, {"OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()}, {"ORTHINK_LOG_LEVEL", "warn"}});
  child.write(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
      "\n");
  child.line();
  child.write(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"health","arguments":{},"_meta":{"traceparent":"00-)" + kTrace +
              "-00f067aa0ba902b7-01\"}}}\n");
  child.line();
  child.end_input();
  CHECK(child.wait() == 0);
  const std::map<std::string, json::Value> spans = spans_of(collector);
  REQUIRE(spans.count("tools/call health") == 1);
  const json::Value& span = spans.at("tools/call health");
  CHECK(span.find("traceId")->text() == kTrace);
  CHECK(json::dump(span).find(R"({"key":"network.transport","value":{"stringValue":"pipe"}})") != std::string::npos);
}

TEST_CASE("keys that are read again are counted", "[serve]") {
  Watched server("info");
  server.child->signal(SIGHUP);
  server.child->error_line("\"event\":\"reloaded\"");
  CHECK(server.metrics().value("orthink_key_reloads_total") == "1");
}

TEST_CASE("a collector that is not there changes nothing for the server", "[serve]") {
  Watched server("warn");
  server.collector.release();
  CHECK(server.call("health", "{}").find("\"status\"") != std::string::npos);
  server.child->signal(SIGTERM);
  CHECK(server.child->wait() == 0);
}

}  // namespace
}  // namespace orthink
