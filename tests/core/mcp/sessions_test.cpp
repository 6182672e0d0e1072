#include "orthink/mcp/sessions.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>

#include "orthink/mcp/http_exchange.h"
#include "tests/core/mcp/offers.h"

using namespace orthink;
using namespace orthink::mcp;

namespace {

class CountedSessions : public Sessions {
 public:
  std::map<std::string, Session, std::less<>> kept;

  std::string open(Session session) override {
    const std::string id = "session-" + std::to_string(kept.size() + 1);
    kept.emplace(id, std::move(session));
    return id;
  }
  std::optional<Session> find(std::string_view id) override {
    const auto session = kept.find(id);
    return session == kept.end() ? std::nullopt : std::optional(session->second);
  }
  void change(std::string_view id, const LegacyPeer& peer) override { kept.find(id)->second.peer = peer; }
  void close(std::string_view id) override { kept.erase(std::string(id)); }
};

struct Server {
  CountedSessions sessions;
  HttpOptions options;
  Menu menu = [] {
    Offer offer = test::small_offer();
    offer.has_logging = offer.lists_change = offer.can_subscribe = true;
    offer.resources = {{"note://1", R"({"uri":"note://1","name":"n"})"}};
    return test::menu_of(std::move(offer));
  }();

  Server() { options.sessions = &sessions; }
  HttpExchange request(const std::string& method, const std::string& body, const std::string& session, const std::string& caller = "local") {
    HttpRequest request{method, {{"Host", "localhost"}, {"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}}, body, {}, "", 7};
    request.caller.id = caller;
    if (!session.empty()) request.headers.push_back({"Mcp-Session-Id", session});
    return HttpExchange(Instant::zero(), menu, options, std::move(request));
  }
};

struct Said {
  int status = 0;
  std::string session, body;
  std::vector<act::Enlist> enlisted;
  std::vector<act::Heard> heard;
  std::vector<act::Deliver> delivered;
  bool is_over = false;
};

Said drain(HttpExchange& exchange) {
  Said said;
  for (;;) {
    HttpAct act = exchange.poll();
    if (auto* head = std::get_if<act::Head>(&act)) {
      said.status = head->status;
      for (const http::Header& header : head->headers)
        if (header.name == "Mcp-Session-Id") said.session = header.value;
    }
    if (auto* body = std::get_if<act::Body>(&act)) said.body += body->bytes;
    if (auto* enlist = std::get_if<act::Enlist>(&act)) said.enlisted.push_back(std::move(*enlist));
    if (auto* heard = std::get_if<act::Heard>(&act)) said.heard.push_back(std::move(*heard));
    if (auto* deliver = std::get_if<act::Deliver>(&act)) said.delivered.push_back(std::move(*deliver));
    said.is_over = std::holds_alternative<act::End>(act);
    if (said.is_over || std::holds_alternative<act::WaitUntil>(act)) return said;
  }
}

Said all_of(HttpExchange exchange) {
  return drain(exchange);
}

const std::string kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"c"}}})";
const std::string kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
const std::string kCall = R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}})";

}  // namespace

TEST_CASE("a session is opened by initialize, belongs to its caller and ends with DELETE") {
  Server server;
  const Said greeting = all_of(server.request("POST", kInitialize, ""));
  CHECK(greeting.session == "session-1");
  CHECK(all_of(server.request("POST", kPing, "")).status == 400);
  CHECK(all_of(server.request("POST", kPing, "session-2")).status == 404);
  CHECK(all_of(server.request("POST", kPing, "session-1")).status == 200);
  CHECK(all_of(server.request("POST", kPing, "session-1", "key:other")).status == 404);
  CHECK(all_of(server.request("POST", R"({"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"error"}})", "session-1")).status == 200);
  CHECK(server.sessions.find("session-1")->peer.log_level == LogLevel::error);
  CHECK(all_of(server.request("DELETE", "", "session-1", "key:other")).status == 404);
  CHECK(all_of(server.request("DELETE", "", "session-1")).status == 200);
  CHECK(all_of(server.request("POST", kPing, "session-1")).status == 404);
}

TEST_CASE("a question to the client goes out on the stream of its call and its answer comes back by another request") {
  Server server;
  all_of(server.request("POST", kInitialize, ""));
  HttpExchange call = server.request("POST", kCall, "session-1");
  drain(call);
  call.handle(Instant::zero(), event::NewsOf{1, news::Ask{5, "elicitation/create", R"({"message":"?"})"}});
  const Said asked = drain(call);
  CHECK(asked.body.find(R"("id":"ask-7-5","method":"elicitation/create")") != std::string::npos);
  REQUIRE(asked.enlisted.size() == 2);  // to be cancelled, and to be answered
  const Said answer = all_of(server.request("POST", R"({"jsonrpc":"2.0","id":"ask-7-5","result":{"action":"accept"}})", "session-1"));
  CHECK(answer.status == 202);
  REQUIRE(answer.delivered.size() == 1);
  CHECK(answer.delivered[0].key == asked.enlisted[0].key);
  CHECK(asked.enlisted[1].key.starts_with("cancel"));
  call.handle(Instant::zero(), event::NewsOf{1, answer.delivered[0].news});
  const Said heard = drain(call);
  REQUIRE(heard.heard.size() == 1);
  CHECK(heard.heard[0].tag == 5);
  CHECK(heard.heard[0].answer_json == R"({"result":{"action":"accept"}})");
  call.handle(Instant::zero(), event::NewsOf{1, answer.delivered[0].news});
  CHECK(drain(call).heard.empty());
  call.handle(Instant::zero(), event::NewsOf{1, news::Ask{6, "sampling/createMessage", "{}"}});
  const Said refused = drain(call);
  REQUIRE(refused.heard.size() == 1);
  CHECK(refused.heard[0].answer_json.starts_with(R"({"error":)"));
}

TEST_CASE("a GET stream tells of changes; without sessions there is none") {
  Server server;
  all_of(server.request("POST", kInitialize, ""));
  all_of(server.request("POST", R"({"jsonrpc":"2.0","id":3,"method":"resources/subscribe","params":{"uri":"note://1"}})", "session-1"));
  HttpExchange stream = server.request("GET", "", "session-1");
  const Said opened = drain(stream);
  CHECK(opened.status == 200);
  CHECK_FALSE(opened.is_over);
  REQUIRE(opened.enlisted.size() == 1);
  stream.handle(Instant::zero(), event::NewsOf{1, news::Changed{news::Changed::What::tools, {}}});
  CHECK(drain(stream).body.find("notifications/tools/list_changed") != std::string::npos);
  stream.handle(Instant::zero(), event::NewsOf{1, news::Changed{news::Changed::What::resource, "note://1"}});
  CHECK(drain(stream).body.find(R"({"uri":"note://1"})") != std::string::npos);
  stream.handle(Instant::zero(), event::NewsOf{1, news::Changed{news::Changed::What::resource, "note://2"}});
  CHECK(drain(stream).body.empty());
  stream.handle(Instant::zero(), event::Closed{});
  CHECK(drain(stream).is_over);
  server.options.sessions = nullptr;
  CHECK(all_of(server.request("GET", "", "session-1")).status == 405);
}
