#include "native/serve/http_server.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "native/system.h"
#include "tests/native/serve/raw_client.h"

using namespace orthink;
using serve::Answer;
using serve::HttpServer;
using test::RawAnswer;
using test::RawClient;

namespace {

std::string get(const std::string& path, const std::string& headers = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n";
}
std::string post(const std::string& path, const std::string& body, const std::string& headers = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

// A latch that any thread opens and others wait for, at most 20 s.
class Door {
 public:
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return is_open_; });
  }
  bool wait_until(Instant until) {
    std::unique_lock<std::mutex> lock(mutex_);
    const int64_t left = std::min<int64_t>((until - now()).us, 20'000'000);
    return changed_.wait_for(lock, std::chrono::microseconds(left), [this] { return is_open_; });
  }
  void shut() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

struct House {
  Door stream_began, stream_ended, peer_gone;
  std::atomic<int> handled{0};
  std::atomic<bool> was_drained{false};
  std::unique_ptr<HttpServer> server;

  explicit House(serve::ServerOptions options = {}) {
    auto started = HttpServer::start(std::move(options), routes());
    REQUIRE(started);
    server = std::move(*started);
  }
  [[nodiscard]] uint16_t port() const { return server->port(); }

  std::vector<serve::Route> routes() {
    return {
        {"/echo",
         [this](const serve::Request& request, serve::Peer&) {
           ++handled;
           std::string text(request.head.method);
           text += " " + std::string(request.head.query) + " " + std::string(request.head.find("X-A")) + " " + std::string(request.body);
           return Answer::text(200, text, {{"X-Made", "here"}});
         }},
        {"/three",
         [](const serve::Request&, serve::Peer&) {
           return Answer{200, {{"Content-Type", "text/event-stream"}}, {}, [](serve::BodySink& sink) {
                           return sink.write("a\n\n") && sink.write("b\n\n") && sink.write("c\n\n");
                         }};
         }},
        {"/cut", [](const serve::Request&, serve::Peer&) {
           return Answer{200, {{"Content-Type", "text/plain"}}, {}, [](serve::BodySink& sink) {
                           sink.write("half");
                           return false;
                         }};
         }},
        {"/wait", [this](const serve::Request&, serve::Peer& peer) { return wait_for_peer(peer); }},
        {"/large", [](const serve::Request&, serve::Peer&) { return Answer::text(200, std::string(size_t{8} << 20, 'x')); }},
        {"/throws", [](const serve::Request&, serve::Peer&) -> Answer { throw std::runtime_error("SECRET"); }},
    };
  }

  // A stream that has nothing to say until its peer leaves or the server drains.
  Answer wait_for_peer(serve::Peer& peer) {
    return Answer{200, {{"Content-Type", "text/event-stream"}}, {}, [this, &peer](serve::BodySink& sink) {
                    Door changed;
                    peer.wake_on_change([&] { changed.open(); });
                    sink.write(": hello\n\n");
                    stream_began.open();
                    while (!peer.is_gone() && now() < peer.drains_until()) {
                      changed.wait_until(peer.drains_until());
                      changed.shut();
                    }
                    peer.wake_on_change(nullptr);
                    was_drained = !peer.drains_until().is_never();
                    if (peer.is_gone()) peer_gone.open();
                    const bool is_sent = sink.write("data: the end\n\n");
                    stream_ended.open();
                    return is_sent;
                  }};
  }
};

}  // namespace

TEST_CASE("a request is answered with what its handler was given") {
  House house;
  RawClient client(house.port());
  client.send(post("/echo?q=%41", "body", "X-A: a%0D%0Ab\r\n"));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.body == "POST q=%41 a%0D%0Ab body");
  CHECK(RawClient::header(answer.head, "X-Made") == "here");
  CHECK(RawClient::header(answer.head, "Date").ends_with(" GMT"));
  CHECK(RawClient::header(answer.head, "Content-Type") == "text/plain; charset=utf-8");
  client.send(get("/nowhere"));
  CHECK(client.read_answer().status == 404);
  CHECK(client.wait_closed());
}

TEST_CASE("requests behind each other are answered in turn, whether they come together or byte by byte") {
  House house;
  const std::string three = post("/echo", "1") + get("/echo?2") + post("/echo", "3");
  for (const bool is_together : {true, false}) {
    RawClient client(house.port());
    if (is_together) {
      client.send(three);
    } else {
      for (const char c : three) client.send({&c, 1});
    }
    CHECK(client.read_answer().body == "POST   1");
    CHECK(client.read_answer().body == "GET 2  ");
    CHECK(client.read_answer().body == "POST   3");
  }
}

TEST_CASE("a body with a request inside is one request") {
  House house;
  RawClient client(house.port());
  const std::string inner = get("/echo?inner");
  client.send(post("/echo", inner) + get("/echo?outer"));
  CHECK(client.read_answer().body == "POST   " + inner);
  CHECK(client.read_answer().body == "GET outer  ");
  client.send(get("/echo", "Connection: close\r\n"));
  CHECK(client.read_answer().status == 200);
  CHECK(client.wait_closed());
  CHECK(house.handled == 3);
}

TEST_CASE("a client that waits for 100 is told to go on") {
  House house;
  RawClient client(house.port());
  const std::string request = post("/echo", "later", "Expect: 100-continue\r\n");
  client.send(request.substr(0, request.size() - 5));
  REQUIRE(client.read_until("100 Continue\r\n\r\n"));
  client.send("later");
  CHECK(client.read_answer().body == "POST   later");
}

TEST_CASE("a stream is framed in chunks, and the connection lives on") {
  House house;
  RawClient client(house.port());
  client.send(get("/three") + get("/echo"));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.is_whole);
  CHECK(answer.body == "a\n\nb\n\nc\n\n");
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("a large answer arrives whole, and the connection lives on") {
  House house;
  RawClient client(house.port());
  client.send(get("/large") + get("/echo"));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.is_whole);
  CHECK(answer.body == std::string(size_t{8} << 20, 'x'));
  CHECK(RawClient::header(answer.head, "Content-Length") == std::to_string(size_t{8} << 20));
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("a client of HTTP/1.0 gets a stream that ends with the connection") {
  House house;
  RawClient client(house.port());
  client.send("GET /three HTTP/1.0\r\nHost: a\r\n\r\n");
  const RawAnswer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(RawClient::header(answer.head, "Transfer-Encoding").empty());
  CHECK(answer.body == "a\n\nb\n\nc\n\n");
}

TEST_CASE("a body that could not be finished is not taken for whole") {
  House house;
  RawClient client(house.port());
  client.send(get("/cut"));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.body == "half");
  CHECK(!answer.is_whole);
}

TEST_CASE("what a handler throws is not told to the client") {
  House house;
  RawClient client(house.port());
  client.send(get("/throws"));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.status == 500);
  CHECK((answer.head + answer.body).find("SECRET") == std::string::npos);
}

TEST_CASE("HEAD is answered without a body") {
  House house;
  RawClient client(house.port());
  client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n" + get("/echo"));
  CHECK(client.read_answer(false).status == 200);
  CHECK(client.read_answer().body == "GET   ");
}

TEST_CASE("a client that leaves is noticed while there is nothing to write") {
  for (int way = 0; way < 3; ++way) {
    House house;
    RawClient client(house.port());
    client.send(get("/wait"));
    REQUIRE(client.read_until(": hello"));
    if (way == 0) client.close();
    if (way == 1) client.half_close();
    if (way == 2) client.reset();
    CHECK(house.peer_gone.wait());
    CHECK(!house.was_drained);
  }
}

TEST_CASE("a drain closes what is idle, lets answers end, and returns") {
  House house;
  RawClient idle(house.port()), half(house.port()), streaming(house.port()), fresh(house.port());
  idle.send(get("/echo"));
  CHECK(idle.read_answer().status == 200);
  half.send("GET /ec");
  streaming.send(get("/wait"));
  REQUIRE(streaming.read_until(": hello"));
  REQUIRE(house.stream_began.wait());
  house.server->begin_drain(Duration::millis(50));
  CHECK(idle.wait_closed());
  CHECK(half.wait_closed());
  const RawAnswer answer = streaming.read_answer();
  CHECK(answer.body == ": hello\n\ndata: the end\n\n");
  CHECK(answer.is_whole);
  CHECK(streaming.wait_closed());
  CHECK(house.was_drained);
  house.server->wait();
  CHECK(house.server->facts().connections == 0);
  CHECK(!RawClient(house.port()).is_open());
}

TEST_CASE("connections over a cap are answered 503") {
  serve::ServerOptions options;
  options.connections_max = 4;
  std::atomic<int> told{0};
  options.on_refused = [&](int status, std::string_view) { told = status; };
  House house(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(house.port()));
    clients.back()->send(get("/echo"));
    CHECK(clients.back()->read_answer().status == 200);
  }
  {
    RawClient fifth(house.port());
    CHECK(fifth.read_answer().status == 503);
    CHECK(fifth.wait_closed());
  }
  CHECK(told == 503);
  clients.pop_back();
  // The thread of the one that left needs a moment; who is refused comes again.
  for (int i = 0; i < 1'000; ++i) {
    RawClient next(house.port());
    next.send(get("/echo"));
    if (next.read_answer().status == 200) return;
  }
  FAIL("the place of a connection that has left was not given to another");
}

TEST_CASE("a cap for each address holds beside the cap in all") {
  serve::ServerOptions options;
  options.connections_of_address_max = 1;
  House house(options);
  RawClient first(house.port());
  first.send(get("/echo"));
  CHECK(first.read_answer().status == 200);
  CHECK(RawClient(house.port()).read_answer().status == 503);
}

TEST_CASE("head and body have deadlines that single bytes do not move") {
  serve::ServerOptions options;
  options.limits.head_deadline = Duration::millis(150);
  options.limits.body_deadline_min = Duration::millis(100);
  options.limits.idle_deadline = Duration::millis(100);
  House house(options);
  RawClient silent(house.port()), dripping(house.port()), body(house.port()), idle(house.port());
  idle.send(get("/echo"));
  CHECK(idle.read_answer().status == 200);
  dripping.send("GET /echo HT");
  body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{");
  CHECK(silent.wait_closed());
  dripping.send("T");
  CHECK(dripping.read_answer().status == 408);
  CHECK(body.read_answer().status == 408);
  CHECK(idle.wait_closed());
  CHECK(house.handled == 1);
}

TEST_CASE("a reader that does not read is cut, and an answer that was refused still arrives") {
  serve::ServerOptions options;
  options.limits.write_deadline = Duration::millis(50);
  options.limits.write_bytes_a_second_min = int64_t{1} << 30;
  House house(options);
  RawClient slow(house.port(), true, 4'096);
  slow.send(get("/large"));
  while (house.server->facts().accepted < 1) std::this_thread::yield();
  const Instant patience = now() + Duration::seconds(20);
  while (house.server->facts().connections > 0 && now() < patience) std::this_thread::yield();
  CHECK(house.server->facts().connections == 0);
  RawClient refused(house.port());
  refused.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n" + std::string(100'000, 'x'));
  CHECK(refused.read_answer().status == 413);
}

TEST_CASE("the bodies of all connections share one bound") {
  serve::ServerOptions options;
  options.limits.bodies_bytes_max = 100'000;
  House house(options);
  const std::string body(70'000, 'b');
  RawClient first(house.port()), second(house.port());
  first.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n");
  REQUIRE(first.read_until("100 Continue\r\n\r\n"));
  {
    RawClient other(house.port());
    other.send(post("/echo", body));
    const RawAnswer refused = other.read_answer();
    CHECK(refused.status == 503);
    CHECK(RawClient::header(refused.head, "Retry-After") == "1");
  }
  first.send(body);
  CHECK(first.read_answer().body.size() > body.size());
  first.send(get("/echo"));
  CHECK(first.read_answer().status == 200);  // the request before it is done with
  second.send(post("/echo", body));
  CHECK(second.read_answer().status == 200);
}

// Eight who announce 32 MB each and send nothing would else have the room of all.
TEST_CASE("who may not call is turned away before a large body is read, with the answer that says why") {
  serve::ServerOptions options;
  options.limits.bodies_bytes_max = 100'000;
  options.turn_away = [](const serve::RequestHead& head) -> std::optional<Answer> {
    if (head.find("Authorization") == "Bearer good") return std::nullopt;
    return Answer::text(401, "Who are you?\n", {{"WWW-Authenticate", "Bearer"}});
  };
  House house(options);
  const std::string large = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n";
  std::vector<std::unique_ptr<RawClient>> strangers;
  for (int i = 0; i < 3; ++i) {
    strangers.push_back(std::make_unique<RawClient>(house.port()));
    strangers.back()->send(large + "\r\n");
    const RawAnswer refused = strangers.back()->read_answer();
    CHECK(refused.status == 401);
    CHECK(RawClient::header(refused.head, "WWW-Authenticate") == "Bearer");
    CHECK(refused.body == "Who are you?\n");
  }
  CHECK(house.handled == 0);
  RawClient known(house.port()), small(house.port());
  known.send(large + "Authorization: Bearer good\r\n\r\n" + std::string(70'000, 'b'));
  CHECK(known.read_answer().status == 200);
  small.send(post("/echo", "b"));
  CHECK(small.read_answer().status == 200);  // its handler judges
}

TEST_CASE("an address that others can reach is not opened without authentication") {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "127.0.0.1.example", "name.example"}) {
    INFO(address);
    auto started = HttpServer::start({.address = address}, {});
    REQUIRE(!started);
    CHECK(started.error().message.find(address) != std::string::npos);
  }
  CHECK(HttpServer::start({.address = "0.0.0.0", .has_authentication = true}, {}));
  CHECK(HttpServer::start({.address = "localhost"}, {}));
  CHECK(!HttpServer::start({.address = "name.example", .has_authentication = true}, {}));
  House house;
  serve::ServerOptions taken;
  taken.port = house.port();
  CHECK(!HttpServer::start(taken, {}));
}

TEST_CASE("two writes of one request cost no delayed acknowledgement") {
  House house;
  RawClient client(house.port(), false);
  std::vector<int64_t> times_us;
  for (int i = 0; i < 21; ++i) {
    const std::string request = post("/echo", "body");
    const Instant before = now();
    client.send(request.substr(0, request.size() - 4));
    client.send("body");
    CHECK(client.read_answer().status == 200);
    times_us.push_back((now() - before).us);
  }
  std::sort(times_us.begin(), times_us.end());
  CHECK(times_us[times_us.size() / 2] < 20'000);
}

TEST_CASE("without the guard the library answers alone") {
  serve::ServerOptions options;
  options.is_guarded = false;
  House house(options);
  RawClient client(house.port());
  client.send(post("/echo", "body"));
  CHECK(client.read_answer().body == "POST   body");
}
