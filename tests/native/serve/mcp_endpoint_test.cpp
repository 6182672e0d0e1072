#include "native/serve/mcp_endpoint.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/serve/http_server.h"
#include "native/system.h"
#include "orthink/base/limits.h"
#include "tests/native/serve/fixture_service.h"
#include "tests/native/serve/raw_client.h"

using namespace orthink;
using serve::Answer;
using test::RawAnswer;
using test::RawClient;

namespace {

std::string call_of(const std::string& tool, const std::string& arguments, const std::string& meta = {}) {
  return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments +
         (meta.empty() ? "" : R"(,"_meta":)" + meta) + "}}";
}
std::string post(const std::string& body, const std::string& headers = {}) {
  return "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string legacy(const std::string& tool, const std::string& arguments, const std::string& meta = {}) {
  return post(call_of(tool, arguments, meta), "MCP-Protocol-Version: 2025-11-25\r\n");
}
std::string modern(const std::string& tool, const std::string& arguments) {
  const std::string meta =
      R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":1})";
  return post(call_of(tool, arguments, meta), "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n");
}

struct House {
  mcp::Menu menu;
  mcp::HttpOptions http;
  test::FixtureService service;
  std::atomic<int> last_status{0};
  std::atomic<int> streams_begun{0}, streams_ended{0};
  std::unique_ptr<serve::McpEndpoint> endpoint;
  std::unique_ptr<serve::HttpServer> server;

  explicit House(std::function<std::variant<access::Principal, Answer>(const serve::Request&)> admit = {}, Duration orphan_life = Duration::seconds(60))
      : menu(std::move(*mcp::Menu::open(test::fixture_offer()))) {
    http.orphan_life = orphan_life;
    http.progress_interval = Duration{};
    serve::EndpointOptions options{menu, http, service, std::move(admit), [this](int status, std::optional<Duration>) { last_status = status; },
                                   [this](bool begins) { begins ? ++streams_begun : ++streams_ended; }};
    endpoint = std::make_unique<serve::McpEndpoint>(std::move(options));
    auto started = serve::HttpServer::start({}, {{"/mcp", endpoint->handler()}});
    REQUIRE(started);
    server = std::move(*started);
  }
  [[nodiscard]] uint16_t port() const { return server->port(); }
};

template <class Condition>
bool becomes(Condition condition) {
  const Instant patience = now() + Duration::seconds(20);
  while (!condition() && now() < patience) std::this_thread::yield();
  return condition();
}

size_t count(const std::string& text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a call that is answered at once is plain JSON, on one connection after another") {
  House house;
  RawClient client(house.port());
  for (int i = 0; i < 3; ++i) {
    client.send(legacy("echo", R"({"text":"hi"})"));
    const RawAnswer answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(RawClient::header(answer.head, "Content-Type").starts_with("application/json"));
    CHECK(answer.body.find("local:hi") != std::string::npos);
  }
  CHECK(house.last_status == 200);
  CHECK(house.streams_begun == 0);
}

// 4 MiB was the most, where `ask` takes 32 MiB: a picture that the command line sends was refused over HTTP.
TEST_CASE("the largest question that may be asked fits into a request, in front of nginx too") {
  House house;
  RawClient client(house.port());
  client.send(legacy("echo", R"({"text":")" + std::string(limits::kAskBytesMax, 'x') + "\"}"));
  CHECK(client.read_answer().status == 200);
  const std::string more = post(std::string(limits::kMessageBytesMax + 1, 'x'));
  client.send(more.substr(0, more.find("\r\n\r\n") + 4));
  CHECK(client.read_answer().status == 413);

  const Result<std::string> site = read_file(ORTHINK_SOURCE_DIR "/packaging/nginx-orthink.conf", size_t{1} << 20);
  REQUIRE(site);
  CHECK(site->find("client_max_body_size " + std::to_string(limits::kMessageBytesMax >> 20) + "m;") != std::string::npos);
}

TEST_CASE("a call with progress is a stream in both eras, and the connection lives on") {
  House house;
  RawClient client(house.port());
  for (const std::string& request : {legacy("count", R"({"n":3,"every_ms":1})", R"({"progressToken":1})"), modern("count", R"({"n":3,"every_ms":1})")}) {
    client.send(request);
    const RawAnswer answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(RawClient::header(answer.head, "Content-Type").starts_with("text/event-stream"));
    CHECK(answer.is_whole);
    CHECK(count(answer.body, "notifications/progress") == 3);
    CHECK(answer.body.find("counted") != std::string::npos);
  }
  CHECK(house.streams_begun == 2);
  CHECK(becomes([&] { return house.streams_ended == 2; }));
}

TEST_CASE("a modern client that leaves cancels, a legacy one only after a while") {
  {
    House house;
    RawClient client(house.port());
    client.send(modern("hang", "{}"));
    REQUIRE(client.read_until("\r\n\r\n"));
    client.close();
    CHECK(becomes([&] { return house.service.cancelled == 1; }));
  }
  {
    House house({}, Duration::millis(1));
    RawClient client(house.port());
    client.send(legacy("hang", "{}", R"({"progressToken":1})"));
    REQUIRE(client.read_until("\r\n\r\n"));
    client.close();
    CHECK(becomes([&] { return house.service.cancelled == 1; }));
  }
  {
    House house;
    RawClient client(house.port());
    client.send(legacy("count", R"({"n":3,"every_ms":20})", R"({"progressToken":1})"));
    REQUIRE(client.read_until("\r\n\r\n"));
    client.close();
    CHECK(becomes([&] { return house.server->facts().connections == 0; }));
    CHECK(house.service.cancelled == 0);
    CHECK(house.service.dropped == 0);
  }
}

TEST_CASE("a cancellation that comes as a request of its own reaches the call") {
  House house;
  RawClient client(house.port()), other(house.port());
  client.send(legacy("hang", "{}", R"({"progressToken":1})"));
  REQUIRE(client.read_until("\r\n\r\n"));
  other.send(post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})", "MCP-Protocol-Version: 2025-11-25\r\n"));
  CHECK(other.read_answer().status == 202);
  CHECK(becomes([&] { return house.service.cancelled == 1; }));
}

TEST_CASE("clients that cannot be told apart do not cancel each other's calls") {
  House house;
  RawClient first(house.port()), second(house.port()), other(house.port());
  for (RawClient* client : {&first, &second}) {
    client->send(legacy("hang", "{}", R"({"progressToken":1})"));
    REQUIRE(client->read_until("\r\n\r\n"));
  }
  const std::string cancel = post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})", "MCP-Protocol-Version: 2025-11-25\r\n");
  other.send(cancel);
  CHECK(other.read_answer().status == 202);
  CHECK(house.service.cancelled == 0);
}

TEST_CASE("a drain cancels open calls when its grace is over, and answers how they ended") {
  House house;
  RawClient client(house.port());
  client.send(modern("hang", "{}"));
  REQUIRE(client.read_until("\r\n\r\n"));
  house.server->begin_drain(Duration::millis(20));
  CHECK(client.read_until(R"("text":"cancelled")"));
  CHECK(client.read_until("0\r\n\r\n"));
  house.server->wait();
  CHECK(house.service.cancelled + house.service.dropped >= 1);
  CHECK(house.server->facts().connections == 0);
}

TEST_CASE("a drain lets a call end within its grace") {
  House house;
  RawClient client(house.port());
  client.send(modern("count", R"({"n":5,"every_ms":10})"));
  REQUIRE(client.read_until("\r\n\r\n"));
  house.server->begin_drain(Duration::seconds(20));
  CHECK(client.read_until("counted"));
  house.server->wait();
  CHECK(house.service.cancelled == 0);
}

TEST_CASE("whoever is not admitted is known by the head alone, and a page of ours may read why") {
  House house([](const serve::Request&) -> std::variant<access::Principal, Answer> { return Answer::text(401, "no"); });
  serve::RequestHead head;
  head.method = "POST";
  head.host = "127.0.0.1:80";
  head.headers = {{"Host", "127.0.0.1:80"}, {"Origin", "http://127.0.0.1:80"}};
  const std::optional<Answer> away = house.endpoint->turn_away(head);
  REQUIRE(away);
  CHECK(away->status == 401);
  CHECK(std::any_of(away->headers.begin(), away->headers.end(), [](const auto& each) { return each.name == "Access-Control-Allow-Origin"; }));
  CHECK(house.last_status == 401);
  CHECK(!House().endpoint->turn_away(head));
}

TEST_CASE("whoever is not admitted is turned is turned away before his request is looked at, and an admitted caller is known to the work") {
  House house([](const serve::Request& request) -> std::variant<access::Principal, Answer> {
    if (request.head.find("Authorization") != "Bearer good") return Answer::text(401, "no", {{"WWW-Authenticate", "Bearer"}});
    access::Principal ann;
    ann.id = "key:ann";
    ann.tools = {"echo"};
    return ann;
  });
  {
    RawClient client(house.port());
    client.send(legacy("echo", R"({"text":"hi"})"));
    const RawAnswer answer = client.read_answer();
    CHECK(answer.status == 401);
    CHECK(RawClient::header(answer.head, "WWW-Authenticate") == "Bearer");
    CHECK(house.service.started == 0);
    CHECK(house.last_status == 401);
  }
  RawClient client(house.port());
  const auto with_key = [](std::string request) { return request.insert(request.find("Accept:"), "Authorization: Bearer good\r\n"); };
  client.send(with_key(legacy("echo", R"({"text":"hi"})")));
  CHECK(client.read_answer().body.find("key:ann:hi") != std::string::npos);
  client.send(with_key(legacy("hang", "{}")));
  CHECK(client.read_answer().body.find(R"("error")") != std::string::npos);
  CHECK(house.service.started == 1);
}

TEST_CASE("a foreign Host or Origin is refused") {
  House house;
  for (const std::string& wrong : {std::string("Origin: http://evil.example\r\n"), std::string("Origin: null\r\n")}) {
    RawClient client(house.port());
    client.send(post(call_of("echo", "{}"), wrong));
    CHECK(client.read_answer().status == 403);
  }
  RawClient client(house.port());
  std::string request = post(call_of("echo", "{}"));
  client.send(request.replace(request.find("127.0.0.1"), 9, "evil.example"));
  CHECK(client.read_answer().status == 403);
  CHECK(house.service.started == 0);
}

TEST_CASE("many calls at once each get their own answer") {
  House house;
  std::vector<std::thread> clients;
  std::atomic<int> right{0};
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      RawClient client(house.port());
      for (int i = 0; i < 100; ++i) {
        const std::string text = std::to_string(c) + "-" + std::to_string(i);
        client.send(legacy("echo", R"({"text":")" + text + "\"}"));
        if (client.read_answer().body.find("local:" + text + "\"") != std::string::npos) ++right;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(right == 800);
}

namespace {

class QuietPeer final : public serve::Peer {
 public:
  explicit QuietPeer(bool takes) : takes_(takes) {}
  [[nodiscard]] bool is_gone() const override { return false; }
  [[nodiscard]] Instant drains_until() const override { return Instant::never(); }
  [[nodiscard]] std::string_view address() const override { return "127.0.0.1"; }
  [[nodiscard]] bool takes_at_once() const override { return takes_; }
  void wake_on_change(std::function<void()>) override {}

 private:
  const bool takes_;
};

// Writes on threads other than the reader's own, of a call that tells of its progress fifty times.
struct Carried {
  std::string text;
  int by_others = 0;
};
Carried carried_for(const QuietPeer& peer_facts) {
  House house;
  QuietPeer peer = peer_facts;
  serve::RequestHead head;
  head.method = "POST";
  head.path = "/mcp";
  head.host = "127.0.0.1";
  head.headers = {{"Host", "127.0.0.1"}, {"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"},
                  {"MCP-Protocol-Version", "2025-11-25"}};
  const std::string body = call_of("count", R"({"n":50,"every_ms":1})", R"({"progressToken":1})");
  Answer answer = house.endpoint->answer({head, body}, peer);
  REQUIRE(answer.stream);
  class Sink final : public serve::BodySink {
   public:
    explicit Sink(Carried& carried) : carried_(carried) {}
    bool write(std::string_view bytes) override {
      carried_.text += bytes;
      if (std::this_thread::get_id() != own_) ++carried_.by_others;
      return true;
    }

   private:
    Carried& carried_;
    const std::thread::id own_ = std::this_thread::get_id();
  };
  Carried carried;
  Sink sink(carried);
  CHECK(answer.stream(sink));
  return carried;
}

}  // namespace

TEST_CASE("who posts news writes them to a client that takes them at once; to one that does not only its own thread does") {
  const Carried at_once = carried_for(QuietPeer(true));
  CHECK(count(at_once.text, "notifications/progress") == 50);
  CHECK(count(at_once.text, "counted") == 1);
  CHECK(at_once.by_others > 0);
  const Carried slow = carried_for(QuietPeer(false));
  CHECK(count(slow.text, "notifications/progress") == 50);
  CHECK(count(slow.text, "counted") == 1);
  CHECK(slow.by_others == 0);
}
