// A call torn at every byte: the upstream's answer after each of its bytes, and the reader of our output after each byte of it. What the
// call cost is settled, or unknown and held; never lost, never counted twice. ORTHINK_LONG=1: every byte; else every 37th.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>

#include "native/store/memory_store.h"
#include "tests/native/raw_server.h"
#include "tests/rigs/two_books.h"

namespace orthink {
namespace {

constexpr size_t kStep = 37;
constexpr size_t kEnd = 40;             // of the bytes, where the usage comes: each of them always
constexpr size_t kStreamBytes = 4'096;  // of the body, at least

// The byte after `at` of `size` that is tried next.
size_t next_byte(size_t at, size_t size) {
  const bool takes_all = std::getenv("ORTHINK_LONG") != nullptr || at + kEnd >= size;
  return takes_all ? at + 1 : std::min(at + kStep, size - kEnd);
}

constexpr std::string_view kCost = "0.000123456";
constexpr std::string_view kGeneration = "gen-1790000000-torn";

std::string chunk(std::string_view choice, std::string_view tail = {}) {
  return "data: {\"id\":\"" + std::string(kGeneration) +
         R"(","provider":"Anthropic","model":"anthropic/claude-haiku-4.5","object":"chat.completion.chunk","created":1,"choices":[{"index":0,)" +
         std::string(choice) + "}]" + std::string(tail) + "}\n\n";
}

std::string head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Generation-Id: " + std::string(kGeneration) +
         "\r\nX-Provider-Name: Anthropic\r\nConnection: close\r\n\r\n";
}

// Comments, text, a finish reason, the usage and [DONE].
std::string stream() {
  const std::string usage = R"(,"usage":{"prompt_tokens":10,"completion_tokens":60,"total_tokens":70,"cost":)" + std::string(kCost) + "}";
  const std::string end = chunk(R"("delta":{"content":""},"finish_reason":"stop","native_finish_reason":"end_turn")") +
                          chunk(R"("delta":{"content":""},"finish_reason":"stop","native_finish_reason":"end_turn")", usage) + "data: [DONE]\n\n";
  std::string body = ": OPENROUTER PROCESSING\n\n";
  for (int word = 0; body.size() + end.size() < kStreamBytes; ++word) {
    body += chunk(R"("delta":{"role":"assistant","content":"Word )" + std::to_string(word) + R"( of many. "},"finish_reason":null)");
    if (word % 5 == 4) body += ": OPENROUTER PROCESSING\n\n";
  }
  return body + end;
}

std::string generation_document() {
  return R"({"data":{"id":")" + std::string(kGeneration) + R"(","total_cost":)" + std::string(kCost) +
         R"(,"is_byok":false,"native_tokens_prompt":10,"native_tokens_completion":60,"provider_name":"Anthropic","cancelled":false}})";
}

// What the upstream charges however little of it arrived.
NanoUsd truth() { return NanoUsd::ceil(*Money::parse(kCost)); }

rig::PaidCall call_of(const std::string& call_id) {
  rig::PaidCall call;
  call.call_id = call_id;
  call.ask = R"({"prompt":"Say many words.","model":"anthropic/claude-haiku-4.5","think":"off","max_tokens":600,"session":")" + call_id + R"("})";
  return call;
}

struct Tally {
  size_t runs = 0, settled = 0, unknown = 0, asked = 0, bounds = 0;
};

// One row, which holds its bound or has its cost; then, when nothing is open, the truth or a flagged bound above it.
void judge(Store& store, HttpClient& client, const rig::CallEnd& end, Tally& tally) {
  const rig::TwoBooks before = rig::compare_books(store, {});
  REQUIRE(before.lines.size() == 1);
  const std::string state = before.lines[0].row_state;
  CHECK((state == "settled" || state == "unknown"));
  if (state == "settled") CHECK(before.lines[0].book == truth());
  ++tally.runs;
  ++(state == "settled" ? tally.settled : tally.unknown);
  if (state == "unknown") CHECK(end.receipt.held == before.lines[0].bound.to_money());
  rig::resolve_unknown(store, client, end.ended);
  const rig::TwoBooks after = rig::compare_books(store, {});
  REQUIRE(after.lines.size() == 1);
  const rig::BookLine& line = after.lines[0];
  CHECK(line.row_state == "settled");
  CHECK(line.book == (line.is_named ? truth() : line.bound));
  CHECK(line.is_flagged == !line.is_named);
  CHECK(line.bound >= truth());
  for (const std::string& violation : rig::compare_books(store, {}).violations) {
    // The upstream of this test has no bill: what it charges is truth().
    CHECK(violation.find("no bound stands for it") != std::string::npos);
  }
  if (state == "unknown") ++(line.is_named ? tally.asked : tally.bounds);
}

void print(const char* what, const Tally& tally) {
  std::printf("%s: %zu runs, %zu settled at once, %zu unknown; of these %zu found by their generation, %zu charged at the bound\n", what, tally.runs,
              tally.settled, tally.unknown, tally.asked, tally.bounds);
}

enum class Tear : uint8_t { end, reset };

void tear_upstream(Tear tear, const char* what) {
  const std::string whole = head() + stream();
  size_t at = 0;
  test::RawServer server([&](test::Connection& connection) {
    const std::string request = connection.read_request();
    if (request.starts_with("GET ")) {
      const std::string body = generation_document();
      connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body);
      return;
    }
    connection.write(std::string_view(whole).substr(0, at));
    if (tear == Tear::reset) connection.reset();
  });
  const auto client = std::move(*HttpClient::create(server.url(), Secret("k")));
  Tally tally;
  for (at = 0; at <= whole.size(); at = next_byte(at, whole.size())) {
    INFO("torn after byte " << at << " of " << whole.size());
    MemoryStore store;
    const rig::CallEnd end = rig::pay(call_of("call-" + std::to_string(at)), *client, store);
    CHECK(end.receipt.attempts == 1);
    judge(store, *client, end, tally);
  }
  print(what, tally);
  CHECK(tally.settled > 0);
  CHECK(tally.asked > 0);
  CHECK(tally.bounds > 0);
}

TEST_CASE("the upstream ends the connection after every byte") { tear_upstream(Tear::end, "upstream torn, closed"); }

TEST_CASE("the upstream resets the connection after every byte") { tear_upstream(Tear::reset, "upstream torn, reset"); }

}  // namespace
}  // namespace orthink
