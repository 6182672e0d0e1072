// Canaries: a secret in every field that a caller, an operator or an upstream can fill. None may come out where people and machines look
// later: standard output and error, the ledger's files, metrics, traces, the requests to the upstream's provider.
#ifdef ORTHINK_PROGRAM

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "orthink/base/base64.h"
#include "tests/native/cli/served_program.h"

namespace orthink {
namespace {

using test::Collector;
using test::RawAnswer;
using test::ServedRoom;

const std::string kUpstreamKey = "sk-or-v1-c4a7canaryc4a7upstreamkey0123456789abcdef";
const std::string kMetricsToken = "c4a7canary-metrics-token";
// Part of every text that is planted below, and of nothing else.
constexpr std::string_view kMark = "c4a7canary";

std::string call(const std::string& tool, const std::string& arguments, const std::string& more = "") {
  return R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments + more + "}}";
}
std::string canary(const std::string& place) { return std::string(kMark) + "-" + place; }

// The ledger keeps answers, so that `why` can show them; the simulator's quote the beginning of a prompt, behind which the canary stands.
const std::string kPrompt = std::string(300, 'x') + canary("prompt");

// Bodies of requests with a canary in every place that takes a text.
std::vector<std::string> bodies() {
  const std::string& p = kPrompt;
  return {
      call("thinking_completion", R"({"prompt":")" + p + R"(","system":")" + canary("system") + R"(","thinking":"2000","max_tokens":4000,"max_cost_usd":"0.5"})"),
      call("thinking_completion", R"({"messages":[{"role":"user","content":")" + p + R"("},{"role":"assistant","content":")" + p + R"("},{"role":"user","content":[{"type":"text","text":")" + p + R"("}]}],"max_tokens":3000})"),
      call("thinking_completion", R"({"prompt":")" + p + R"(","tools":[{"type":"function","function":{"name":"f","description":")" + canary("tool") + R"(","parameters":{"type":"object"}}}]})"),
      call("thinking_completion", R"({"prompt":")" + p + R"(","images":["data:image/png;base64,)" + canary("image") + R"("],"model":"anthropic/claude-haiku-4.5"})"),
      call("thinking_completion", R"({"prompt":")" + p + R"(","max_cost_usd":"0.000000001"})"),
      call("thinking_completion", R"({"prompt":")" + p + R"(","thinking":")" + canary("thinking") + R"("})"),
      call("thinking_completion", R"({"prompt":")" + p + R"(","model":")" + canary("model") + R"("})"),
      call("thinking_completion", R"({")" + canary("argument") + R"(":1,"prompt":")" + p + R"("})"),
      call("thinking_completion", R"({"prompt":[")" + p + R"("]})"),
      call("plan_request", R"({"prompt":")" + p + R"(","system":")" + canary("system") + R"("})"),
      call("list_models", R"({"search":")" + canary("search") + R"("})"),
      call("usage_report", R"({"since":")" + canary("since") + R"("})"),
      call("budget_status", R"({"scope":")" + canary("scope") + R"("})"),
      call("cancel_stream", R"({"stream_id":")" + canary("stream") + R"("})"),
      call("get_result", R"({"stream_id":")" + canary("result") + R"("})"),
      call("health", R"({"x":")" + canary("health") + R"("})"),
      call(canary("tool"), "{}"),
      call("health", "{}", R"(,"_meta":{"traceparent":"00-)" + canary("trace") + R"(-1-01","tracestate":")" + canary("state") + R"(","progressToken":")" + canary("progress") + R"("})"),
      R"({"jsonrpc":"2.0","id":")" + canary("id") + R"(","method":")" + canary("method") + R"(","params":{"x":")" + canary("params") + "\"}}",
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":")" + canary("client") + R"(","version":"1"}}})",
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x","reason":")" + canary("reason") + "\"}}",
      R"({"broken)" + canary("json"),
  };
}

// Headers with a canary in the value, each of which comes beside a good credential.
std::vector<std::string> headers() {
  return {"User-Agent: " + canary("agent") + "\r\n",
          "X-Forwarded-For: " + canary("forwarded") + "\r\n",
          "Cookie: session=" + canary("cookie") + "\r\n",
          "traceparent: 00-" + canary("traceparent") + "-01\r\n",
          "tracestate: k=" + canary("tracestate") + "\r\n",
          "Mcp-Session-Id: " + canary("session") + "\r\n",
          "MCP-Protocol-Version: " + canary("version") + "\r\n",
          "Origin: https://" + canary("origin") + ".example\r\n",
          "Expect: " + canary("expect") + "\r\n",
          canary("name") + ": x\r\n"};
}

std::vector<std::string> bad_credentials(const ServedRoom& room) {
  test::TokenParts audience, claim, subject;
  audience.audience = "https://" + canary("audience") + ".example";
  claim.more = R"(,")" + canary("claim") + R"(":1,"exp":"x")";
  subject.subject = canary("subject") + "\\n";
  return {canary("key"), "ork_" + canary("key"), canary("a") + ".b.c", room.token(audience), room.token(claim), room.token(subject),
          room.signer.token(R"({"alg":"ES256","kid":")" + canary("kid") + "\"}", "{}"), canary("two") + " " + canary("tokens")};
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Every file under the home but the two that hold the upstream's key and the table of keys.
std::string everything_kept(const std::string& home) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home))
    if (entry.is_regular_file() && entry.path().filename() != "key") all += read_whole(entry.path());
  return all;
}

void attack(const ServedRoom& room, const std::string& key, const std::string& token) {
  for (const std::string& credential : {key, token})
    for (const std::string& body : bodies()) (void)room.ask(ServedRoom::bearer(credential), body);
  const std::string health = call("health", "{}");
  for (const std::string& header : headers()) (void)room.ask(ServedRoom::bearer(token) + header, health);
  for (const std::string& credential : bad_credentials(room)) CHECK(room.ask(ServedRoom::bearer(credential), health).status >= 400);
  (void)room.ask("Authorization: Basic " + canary("basic") + "\r\n", health);
  (void)room.ask("", health, "/mcp?key=" + canary("query"));
  (void)room.ask("", health, "/" + canary("path"));
  (void)room.ask(ServedRoom::bearer(key), health, "/mcp", canary("METHOD"));
}

struct Places {
  std::string out, err, kept, metrics, traces;
};

Places run_at(const std::string& level, std::vector<std::string>& secrets) {
  ServedRoom room;
  Collector collector("{}");
  REQUIRE(save_key(room.home.path() + "/key", Secret(kUpstreamKey)));
  const std::string key = room.add_key("ci", {"--user", "kept-user"});
  room.begin({{"ORTHINK_LOG_LEVEL", level},
              {"ORTHINK_METRICS_TOKEN", kMetricsToken},
              {"OTEL_EXPORTER_OTLP_ENDPOINT", collector.origin()},
              {"OTEL_TRACES_EXPORTER", "otlp"},
              {"OTEL_METRICS_EXPORTER", "otlp"}});
  const std::string token = room.token();
  attack(room, key, token);
  Places places;
  test::RawClient reader(room.metrics_port);
  reader.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + kMetricsToken + "\r\n\r\n");
  places.metrics = reader.read_answer().body;
  room.child->signal(SIGTERM);
  CHECK(room.child->wait() == 0);
  places.out = room.out;
  places.err = room.child->error_text();
  places.kept = everything_kept(room.home.path());
  places.traces = collector.seen();
  CHECK(room.simulator->bill().lines.size() >= 4);
  secrets = {std::string(kMark), kUpstreamKey, key, key.substr(4, 24), token, token.substr(0, token.find('.')), token.substr(token.rfind('.') + 1)};
  return places;
}

TEST_CASE("no canary comes out of any of the places where people and machines look later, at any level of the log", "[serve][canary]") {
  for (const char* level : {"debug", "info", "warn", "error"}) {
    std::vector<std::string> secrets;
    const Places places = run_at(level, secrets);
    CHECK(places.out.find("ready") != std::string::npos);  // the places are looked at at all
    CHECK(places.kept.find("kept-user") != std::string::npos);
    CHECK(places.metrics.find("orthink_") != std::string::npos);
    CHECK(places.traces.find("POST /v1/traces") != std::string::npos);
    if (std::string_view(level) == "debug") CHECK(places.err.find("caller_denied") != std::string::npos);
    for (const std::string& secret : secrets) {
      const std::pair<const char*, const std::string&> rows[] = {
          {"out", places.out}, {"err", places.err}, {"kept", places.kept}, {"metrics", places.metrics}, {"traces", places.traces}};
      for (const auto& [place, text] : rows) {
        const size_t at = text.find(secret);
        CAPTURE(level, place, at == std::string::npos ? "" : text.substr(at < 200 ? 0 : at - 200, 400));
        CHECK(at == std::string::npos);
      }
    }
  }
}

TEST_CASE("the caller's key or token never goes upstream", "[serve][canary]") {
  ServedRoom room;
  Collector upstream("{}");
  REQUIRE(save_key(room.home.path() + "/key", Secret(kUpstreamKey)));
  const std::string key = room.add_key("ci");
  room.begin({{"ORTHINK_BASE_URL", upstream.origin() + "/api/v1"}, {"ORTHINK_ATTEMPTS", "1"}});
  const std::string token = room.token();
  for (const std::string& credential : {key, token})
    (void)room.ask(ServedRoom::bearer(credential), call("thinking_completion", R"({"prompt":"Hello","max_tokens":3000})"));
  const std::string seen = upstream.seen();
  CHECK(upstream.count() >= 2);
  CHECK(seen.find("Bearer " + kUpstreamKey) != std::string::npos);
  for (const std::string& secret : {key, key.substr(4, 24), token, token.substr(token.rfind('.') + 1)}) CHECK(seen.find(secret) == std::string::npos);
}

}  // namespace
}  // namespace orthink

#endif
