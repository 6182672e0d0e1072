#include "orthink/mcp/conversation.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tests/core/mcp/offers.h"

using namespace orthink;
using namespace orthink::mcp;

namespace {

struct Talk {
  Menu menu = test::menu_of(test::small_offer());
  Conversation talk{menu, {}};
  std::vector<Call> started;
  std::vector<uint64_t> cancelled;

  // All lines written, joined.
  std::string hand(ChannelEvent event, int64_t ms = 0) {
    talk.handle(Instant::from_ms(ms), std::move(event));
    std::string lines;
    for (;;) {
      ChannelAct act = talk.poll();
      if (std::holds_alternative<act::WaitUntil>(act) || std::holds_alternative<act::Close>(act)) return lines;
      if (auto* write = std::get_if<act::Write>(&act)) lines += write->line;
      if (auto* start = std::get_if<act::Start>(&act)) started.push_back(std::move(start->call));
      if (auto* cancel = std::get_if<act::Cancel>(&act)) cancelled.push_back(cancel->number);
    }
  }
  std::string line(const std::string& text, int64_t ms = 0) { return hand(event::Line{text}, ms); }
};

}  // namespace

TEST_CASE("a legacy client shakes hands, calls and is answered") {
  Talk t;
  const std::string greeting =
      t.line(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c"}}})");
  CHECK(greeting == R"({"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},)"
                    R"("serverInfo":{"name":"example","version":"1.0"},"instructions":"Call echo."}})" "\n");
  CHECK(t.line(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").empty());
  CHECK(t.line(R"({"jsonrpc":"2.0","id":"p","method":"ping"})") == R"({"jsonrpc":"2.0","id":"p","result":{}})" "\n");
  CHECK(t.line(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"}}})").empty());
  REQUIRE(t.started.size() == 1);
  CHECK(t.started[0].revision == "2025-06-18");
  CHECK(t.started[0].client_name == "c");
  CHECK(json::dump(t.started[0].arguments) == R"({"text":"x"})");
  CHECK(t.hand(event::NewsOf{t.started[0].number, news::Result{R"({"content":[]})"}}) ==
        R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})" "\n");
}

TEST_CASE("a modern client discovers and calls without a handshake") {
  Talk t;
  const std::string meta(test::kModernMeta);
  const std::string found = t.line(R"({"jsonrpc":"2.0","id":1,"method":"server/discover","params":{)" + meta + "}}");
  CHECK(found == R"({"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25","2025-06-18",)"
                 R"("2025-03-26","2024-11-05"],"capabilities":{"tools":{}},"instructions":"Call echo.","ttlMs":3600000,"cacheScope":"public",)"
                 R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"example","version":"1.0"}}}})" "\n");
  t.line(R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo",)" + meta + "}}");
  REQUIRE(t.started.size() == 1);
  CHECK(t.started[0].era == Era::modern);
  CHECK(t.hand(event::NewsOf{t.started[0].number, news::Result{R"({"content":[]})"}}) ==
        R"({"jsonrpc":"2.0","id":2,"result":{"resultType":"complete","content":[],"_meta":{"io.modelcontextprotocol/serverInfo":)"
        R"({"name":"example","version":"1.0"}}}})" "\n");
  CHECK(t.line(R"({"jsonrpc":"2.0","id":3,"method":"ping","params":{)" + meta + "}}") ==
        R"({"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"unknown method \"ping\""}})" "\n");
}

TEST_CASE("a cancelled call gets no response") {
  Talk t;
  t.line(R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo"}})");
  REQUIRE(t.started.size() == 1);
  CHECK(t.line(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})").empty());
  CHECK(t.cancelled == std::vector<uint64_t>{t.started[0].number});
  CHECK(t.hand(event::NewsOf{t.started[0].number, news::Result{"{}"}}).empty());
  CHECK(t.talk.open_calls() == 0);
}

TEST_CASE("progress leaves twice a second, the newest of what was held back") {
  Talk t;
  t.line(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"progressToken":"t"}}})");
  REQUIRE(t.started.size() == 1);
  CHECK(t.started[0].wants_progress);
  const uint64_t number = t.started[0].number;
  CHECK(t.hand(event::NewsOf{number, news::Progress{1, 9, "a"}}, 10) ==
        R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":1,"total":9,"message":"a"}})" "\n");
  CHECK(t.hand(event::NewsOf{number, news::Progress{2, {}, "b"}}, 20) ==
        R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":2,"message":"b"}})" "\n");
  CHECK(t.hand(event::NewsOf{number, news::Progress{3, {}, "c"}}, 30).empty());
  CHECK(t.hand(event::NewsOf{number, news::Progress{4, {}, "d"}}, 40).empty());
  CHECK(t.hand(event::Tick{}, 1'009).empty());
  CHECK(t.hand(event::Tick{}, 1'010) ==
        R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":4,"message":"d"}})" "\n");
  CHECK(t.hand(event::NewsOf{number, news::Progress{4, {}, "e"}}, 3'000).empty());
}

TEST_CASE("the end of input cancels everything") {
  Talk t;
  t.line(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}})");
  CHECK(t.hand(event::Eof{}).empty());
  CHECK(t.cancelled.size() == 1);
  CHECK(std::holds_alternative<act::Close>(t.talk.poll()));
}

TEST_CASE("a stop cancels what is open and waits for how it ended, but not for long") {
  Talk t;
  for (const char* id : {"1", "2"}) t.line(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":"tools/call","params":{"name":"echo"}})");
  CHECK(t.hand(event::Stop{}, 100).empty());
  CHECK(t.cancelled == std::vector<uint64_t>{1, 2});
  const ChannelAct waits = t.talk.poll();
  REQUIRE(std::holds_alternative<act::WaitUntil>(waits));
  CHECK(std::get_if<act::WaitUntil>(&waits)->at == Instant::from_ms(2'100));
  CHECK(t.hand(event::Stop{}, 1'000).empty());
  CHECK(t.cancelled.size() == 2);
  CHECK(t.line(R"({"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo"}})", 1'000).find(R"("id":3,"error":{"code":-31001)") != std::string::npos);
  CHECK(t.started.size() == 2);
  CHECK(t.hand(event::NewsOf{1, news::Result{R"({"paid":1})"}}, 1'100) == R"({"jsonrpc":"2.0","id":1,"result":{"paid":1}})" "\n");
  CHECK(t.hand(event::Tick{}, 2'099).empty());
  const std::string last = t.hand(event::Tick{}, 2'100);
  CHECK(last.find(R"("id":2,"error")") != std::string::npos);
  CHECK(last.find(R"({"retry":"no"})") != std::string::npos);
  CHECK(std::holds_alternative<act::Close>(t.talk.poll()));
}

TEST_CASE("a stop ends a conversation in which nothing is open") {
  Talk t;
  t.hand(event::Stop{});
  CHECK(std::holds_alternative<act::Close>(t.talk.poll()));
}
