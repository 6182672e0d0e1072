#include "orthink/mcp/http_exchange.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tests/core/mcp/offers.h"

using namespace orthink;
using namespace orthink::mcp;

namespace {

const Menu& menu() {
  static const Menu kMenu = test::menu_of(test::small_offer());
  return kMenu;
}

struct Post {
  HttpOptions options;
  HttpExchange exchange;
  int status = 0;
  std::string body;
  bool is_stream = false, is_over = false;
  std::vector<Call> started;
  std::vector<uint64_t> cancelled;
  std::vector<act::Deliver> delivered;
  std::vector<std::string> enlisted;
  Instant wake = Instant::never();

  static std::vector<http::Header> with(std::vector<http::Header> more) {
    std::vector<http::Header> headers{{"Host", "localhost:8080"}, {"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return headers;
  }
  explicit Post(std::string text, std::vector<http::Header> more = {})
      : exchange(Instant::zero(), menu(), options, {"POST", with(std::move(more)), std::move(text), {}, "peer", 1}) {
    drain();
  }
  explicit Post(HttpRequest request) : exchange(Instant::zero(), menu(), options, std::move(request)) { drain(); }

  void hand(int64_t ms, HttpEvent event) {
    exchange.handle(Instant::from_ms(ms), std::move(event));
    drain();
  }
  void drain() {
    for (;;) {
      HttpAct act = exchange.poll();
      if (auto* head = std::get_if<act::Head>(&act)) {
        status = head->status;
        is_stream = head->is_stream;
      }
      if (auto* more = std::get_if<act::Body>(&act)) body += more->bytes;
      if (auto* start = std::get_if<act::Start>(&act)) started.push_back(std::move(start->call));
      if (auto* cancel = std::get_if<act::Cancel>(&act)) cancelled.push_back(cancel->number);
      if (auto* deliver = std::get_if<act::Deliver>(&act)) delivered.push_back(std::move(*deliver));
      if (auto* enlist = std::get_if<act::Enlist>(&act)) enlisted.push_back(std::move(enlist->key));
      is_over = std::holds_alternative<act::End>(act);
      if (auto* wait = std::get_if<act::WaitUntil>(&act)) wake = wait->at;
      if (is_over || std::holds_alternative<act::WaitUntil>(act)) return;
    }
  }
};

const std::string kLegacyCall = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})";
const std::string kModernCall = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",)" + std::string(test::kModernMeta) + "}}";
const std::vector<http::Header> kModernHeaders{{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "echo"}};

}  // namespace

TEST_CASE("a result that is there at once is plain JSON") {
  Post post(kLegacyCall);
  REQUIRE(post.started.size() == 1);
  CHECK(post.started[0].revision == "2025-03-26");
  CHECK(post.wake == Instant::zero());
  post.hand(0, event::NewsOf{1, news::Result{R"({"content":[]})"}});
  CHECK(post.is_over);
  CHECK(post.status == 200);
  CHECK_FALSE(post.is_stream);
  CHECK(post.body == R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})");
}

TEST_CASE("a result that takes longer than the grace comes as a stream with comments") {
  Post post(kModernCall, kModernHeaders);
  post.hand(0, event::Tick{});
  CHECK(post.wake == Instant::from_ms(200));
  post.hand(199, event::Tick{});
  CHECK(post.status == 0);
  post.hand(200, event::Tick{});
  CHECK(post.is_stream);
  CHECK(post.body == ":\n\n");
  post.hand(15'200, event::Tick{});
  CHECK(post.body == ":\n\n:\n\n");
  post.hand(16'000, event::NewsOf{1, news::Result{"{}"}});
  CHECK(post.is_over);
  CHECK(post.body.ends_with("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\",\"_meta\":"
                            "{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"example\",\"version\":\"1.0\"}}}}\n\n"));
}

TEST_CASE("leaving cancels a modern call at once and a legacy one after its orphan time") {
  Post modern(kModernCall, kModernHeaders);
  modern.hand(1, event::Closed{});
  CHECK(modern.cancelled.size() == 1);
  CHECK(modern.is_over);
  Post legacy(kLegacyCall);
  legacy.hand(0, event::Tick{});
  legacy.hand(1, event::Closed{});
  CHECK(legacy.cancelled.empty());
  CHECK(legacy.wake == Instant::from_ms(60'001));
  legacy.hand(60'001, event::Tick{});
  CHECK(legacy.cancelled.size() == 1);
  CHECK(legacy.is_over);
}

// The work had its end, with cost and receipt, milliseconds after an error had told the client to buy again.
TEST_CASE("a stop cancels the call and waits for how it ended, but not for long") {
  for (const bool is_late : {false, true}) {
    Post post(kModernCall, kModernHeaders);
    post.hand(100, event::Stop{});
    CHECK(post.cancelled.size() == 1);
    CHECK_FALSE(post.is_over);
    if (!is_late) {
      post.hand(101, event::NewsOf{1, news::Result{R"({"paid":1})"}});
      CHECK(post.status == 200);
      CHECK(post.body.find(R"("paid":1)") != std::string::npos);
    } else {
      post.hand(101, event::Tick{});
      post.hand(301, event::Tick{});
      CHECK(post.wake == Instant::from_ms(2'100));
      post.hand(2'100, event::Tick{});
      CHECK(post.body.find(R"({"retry":"no"})") != std::string::npos);
    }
    CHECK(post.is_over);
    CHECK(post.cancelled.size() == 1);
  }
}

TEST_CASE("who has left is not waited for after a stop") {
  for (const bool leaves_first : {true, false}) {
    Post legacy(kLegacyCall);
    legacy.hand(0, event::Tick{});
    if (leaves_first) legacy.hand(1, event::Closed{});
    legacy.hand(2, event::Stop{});
    if (!leaves_first) legacy.hand(3, event::Closed{});
    CHECK(legacy.cancelled.size() == 1);
    CHECK(legacy.is_over);
  }
}

TEST_CASE("a legacy cancellation is delivered to the exchange of its request") {
  Post post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
  CHECK(post.status == 202);
  REQUIRE(post.delivered.size() == 1);
  CHECK(post.delivered[0].key == "cancel\nlocal\npeer\n1");
}

// A first progress came before the first tick, and the call could not be cancelled until the next one, half a second later.
TEST_CASE("a legacy call can be cancelled from its first word on") {
  Post post(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"progressToken":"p"}}})");
  CHECK(post.enlisted.empty());
  post.hand(0, event::NewsOf{1, news::Progress{1, {}, "waiting"}});
  CHECK(post.is_stream);
  CHECK(post.enlisted == std::vector<std::string>{"cancel\nlocal\npeer\n1"});
  post.hand(0, event::NewsOf{1, news::Cancelled{}});
  CHECK(post.cancelled.size() == 1);
  CHECK(post.is_over);
}

TEST_CASE("what an HTTP request is refused for") {
  CHECK(Post(HttpRequest{"GET", {{"Host", "localhost"}}, "", {}, "", 1}).status == 405);
  CHECK(Post(HttpRequest{"POST", {{"Host", "evil.example"}, {"Content-Type", "application/json"}}, kLegacyCall, {}, "", 1}).status == 403);
  CHECK(Post(HttpRequest{"POST", {{"Host", "localhost"}, {"Content-Type", "text/plain"}}, kLegacyCall, {}, "", 1}).status == 415);
  CHECK(Post("{").status == 400);
  CHECK(Post("[]").status == 400);
  CHECK(Post(kLegacyCall, {{"MCP-Protocol-Version", "1999-01-01"}}).status == 400);
  CHECK(Post(kModernCall).status == 400);
  CHECK(Post(kModernCall, {{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "other"}}).status == 400);
}

TEST_CASE("a label tells the cancellations of two clients of one address apart") {
  HttpOptions options;
  options.label = [] { return std::string("client-1"); };
  const auto run = [&options](const std::string& body, std::vector<http::Header> more) {
    HttpExchange exchange(Instant::zero(), menu(), options, {"POST", Post::with(std::move(more)), body, {}, "peer", 1});
    std::vector<HttpAct> acts;
    for (;;) {
      acts.push_back(exchange.poll());
      if (std::holds_alternative<act::End>(acts.back()) || std::holds_alternative<act::WaitUntil>(acts.back())) return acts;
    }
  };
  const std::vector<HttpAct> greeting = run(R"({"jsonrpc":"2.0","id":0,"method":"initialize"})", {});
  const auto* head = std::get_if<act::Head>(&greeting.front());
  REQUIRE(head);
  CHECK(http::Head{head->status, head->headers}.find("Mcp-Session-Id") == "client-1");
  const std::vector<HttpAct> modern = run(kModernCall, kModernHeaders);
  CHECK(std::holds_alternative<act::Start>(modern.front()));
  const std::string cancel = R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})";
  const std::vector<HttpAct> labelled = run(cancel, {{"mcp-session-id", "client-1"}});
  const std::vector<HttpAct> other = run(cancel, {});
  REQUIRE(std::get_if<act::Deliver>(&labelled.front()));
  REQUIRE(std::get_if<act::Deliver>(&other.front()));
  CHECK(std::get_if<act::Deliver>(&labelled.front())->key == "cancel\nlocal\nclient-1\n1");
  CHECK(std::get_if<act::Deliver>(&other.front())->key == "cancel\nlocal\npeer\n1");
}
