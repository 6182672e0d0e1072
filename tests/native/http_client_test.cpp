#include "native/http_client.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <cstdlib>
#include <future>

#include "native/system.h"
#include "tests/native/raw_server.h"

namespace orthink {
namespace {

using test::Connection;
using test::RawServer;
using Where = input::Lost::Where;
using Kind = HttpEvent::Kind;

const http::Request kQuestion{
    "POST", "/chat/completions", {{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}}, R"({"model":"m"})"};
constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Generation-Id: gen-1\r\nTransfer-Encoding: chunked\r\n\r\n";

std::unique_ptr<HttpClient> client_of(const std::string& url, size_t queue_bytes_max = size_t{256} << 10) {
  Result<std::unique_ptr<HttpClient>> client = HttpClient::create(url, Secret("sk-test"), {queue_bytes_max});
  REQUIRE(client);
  return std::move(*client);
}

std::string chunk(std::string_view bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

struct Seen {
  std::vector<Kind> kinds;  // neighbouring bytes count once
  http::Head head;
  std::string body;
  HttpEvent last;
};

void note(Seen& seen, HttpEvent& event) {
  if (event.kind != Kind::bytes || seen.kinds.empty() || seen.kinds.back() != Kind::bytes) seen.kinds.push_back(event.kind);
  seen.body += event.bytes;
  if (event.kind == Kind::head) seen.head = event.head;
  seen.last = std::move(event);
}

// Everything of one leg up to its end.
Seen read_leg(HttpStream& stream) {
  Seen seen;
  HttpEvent event;
  const Instant give_up = now() + Duration::seconds(20);
  for (;;) {
    while (stream.take(event)) {
      note(seen, event);
      if (seen.last.kind == Kind::end || seen.last.kind == Kind::lost) return seen;
    }
    const int fd = stream.fd();
    REQUIRE(wait_readable({&fd, 1}, give_up));
  }
}

Seen ask(HttpClient& client, const http::Request& request = kQuestion) {
  HttpStream stream(client);
  stream.start(1, request, now() + Duration::seconds(5));
  return read_leg(stream);
}

TEST_CASE("a stream comes as sent, head, bytes and end, however it was written") {
  const std::string events = ": OPENROUTER PROCESSING\n\ndata: {\"a\":1}\n\ndata: [DONE]\n\n";
  const bool each = GENERATE(false, true);
  RawServer server([&](Connection& c) {
    c.read_request();
    const std::string bytes = std::string(kStreamHead) + chunk(events.substr(0, 30)) + chunk(events.substr(30)) + "0\r\n\r\n";
    if (each)
      c.write_each(bytes);
    else
      c.write(bytes);
  });
  const auto client = client_of(server.url());
  const Seen seen = ask(*client);
  CHECK(seen.kinds == std::vector{Kind::sent, Kind::head, Kind::bytes, Kind::end});
  CHECK(seen.head.status == 200);
  CHECK(seen.head.find("x-generation-id") == "gen-1");
  CHECK(seen.body == events);
}

TEST_CASE("the request carries the key and nothing that would change the answer") {
  RawServer server([](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  ask(*client_of(server.url()));
  server.stop();
  REQUIRE(server.requests().size() == 1);
  const std::string request = server.requests()[0];
  CHECK(request.starts_with("POST /api/v1/chat/completions HTTP/1.1\r\n"));
  CHECK(request.find("\r\nAuthorization: Bearer sk-test\r\n") != std::string::npos);
  CHECK(request.find("\r\nUser-Agent: orthink/") != std::string::npos);
  CHECK(request.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
  CHECK(request.find("Accept-Encoding") == std::string::npos);
  CHECK(request.find("Expect") == std::string::npos);
  CHECK(request.ends_with("\r\n\r\n{\"model\":\"m\"}"));
}

TEST_CASE("a refused connection is lost before anything was sent") {
  std::string url;
  {
    RawServer gone([](Connection&) {});
    url = gone.url();
  }
  const Seen seen = ask(*client_of(url));
  CHECK(seen.kinds == std::vector{Kind::lost});
  CHECK(seen.last.where == Where::connect);
  CHECK_FALSE(seen.last.sent_any);
  CHECK_FALSE(seen.last.detail.empty());
}

TEST_CASE("a server that speaks no TLS is lost in TLS, before anything was sent") {
  RawServer server([](Connection& c) {
    c.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    c.wait_closed();
  });
  const Seen seen = ask(*client_of(server.url("https")));
  CHECK(seen.kinds == std::vector{Kind::lost});
  CHECK(seen.last.where == Where::tls);
  CHECK_FALSE(seen.last.sent_any);
}

TEST_CASE("a reset after the request may have bought an answer") {
  RawServer server([](Connection& c) {
    c.read_request();
    c.reset();
  });
  const Seen seen = ask(*client_of(server.url()));
  CHECK(seen.kinds == std::vector{Kind::sent, Kind::lost});
  CHECK(seen.last.where == Where::waiting);
  CHECK(seen.last.sent_any);
}

TEST_CASE("a body cut short is lost in the body, with what had come") {
  const int how = GENERATE(0, 1, 2);
  RawServer server([&](Connection& c) {
    c.read_request();
    if (how == 2)
      c.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    else
      c.write(kStreamHead);
    c.write(how == 2 ? "abc" : chunk("abc"));
    if (how == 1) c.reset();
  });
  const Seen seen = ask(*client_of(server.url()));
  CHECK(seen.last.kind == Kind::lost);
  CHECK(seen.last.where == Where::body);
  CHECK(seen.last.sent_any);
  if (how != 1) CHECK(seen.body == "abc");  // a reset may overtake what was sent before it
}

TEST_CASE("a redirect is an answer, not a way to go") {
  RawServer server([](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n");
    c.wait_closed();
  });
  {
    const auto client = client_of(server.url());
    const Seen seen = ask(*client);
    CHECK(seen.kinds == std::vector{Kind::sent, Kind::head, Kind::end});
    CHECK(seen.head.status == 307);
  }
  server.stop();
  CHECK(server.requests().size() == 1);
}

TEST_CASE("interim heads are passed over") {
  RawServer server([](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nB: 2\r\n\r\nok");
  });
  const Seen seen = ask(*client_of(server.url()));
  CHECK(seen.head.status == 200);
  CHECK(seen.head.find("link").empty());
  CHECK(seen.head.find("b") == "2");
  CHECK(seen.body == "ok");
}

TEST_CASE("a request is never sent again on a reused connection that dies") {
  RawServer server([](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    c.read_request();  // and closes without an answer
  });
  {
    const auto client = client_of(server.url());
    CHECK(ask(*client).last.kind == Kind::end);
    const Seen seen = ask(*client);
    CHECK(seen.last.kind == Kind::lost);
    CHECK(seen.last.where == Where::waiting);
    CHECK(seen.last.sent_any);
  }
  server.stop();
  CHECK(server.requests().size() == 2);
}

TEST_CASE("closing a leg closes its connection at once, and others go on") {
  std::promise<bool> closed;
  RawServer server([&, is_first = true](Connection& c) mutable {
    c.read_request();
    if (!std::exchange(is_first, false)) {
      c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      return;
    }
    c.write(kStreamHead);
    c.write(chunk("abc"));
    closed.set_value(c.wait_closed());
  });
  const auto client = client_of(server.url());
  HttpStream stream(*client);
  stream.start(1, kQuestion, now() + Duration::seconds(5));
  HttpEvent event;
  while (event.kind != Kind::bytes) {
    const int fd = stream.fd();
    REQUIRE(wait_readable({&fd, 1}, now() + Duration::seconds(20)));
    stream.take(event);
  }
  stream.close(1);
  CHECK(closed.get_future().get());
  const Seen last = read_leg(stream);
  CHECK(last.kinds == std::vector{Kind::lost});
  CHECK(last.last.sent_any);
  stream.start(2, kQuestion, now() + Duration::seconds(5));
  const Seen seen = read_leg(stream);
  CHECK(seen.last.leg == 2);
  CHECK(seen.body == "ok");
}

TEST_CASE("silence ends by the machine's clock") {
  std::promise<bool> closed;
  RawServer server([&](Connection& c) {
    c.read_request();
    closed.set_value(c.wait_closed());
  });
  const auto client = client_of(server.url());
  const Instant begun = now();
  const Duration patience = Duration::millis(500);  // the request must have gone out before it ends, on a busy machine too
  const Result<HttpResponse> response = get(*client, "/models", begun + patience, 1000);
  REQUIRE_FALSE(response);
  CHECK(response.error().errc == Errc::call_timeout);
  CHECK(now() - begun >= patience);
  auto seen = closed.get_future();
  REQUIRE(seen.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(seen.get());
}

TEST_CASE("a reader that takes nothing stops the writer, and loses nothing") {
  constexpr size_t kBody = size_t{48} << 20;
  std::promise<size_t> stalled;
  const std::string body(kBody, 'x');
  RawServer server([&](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n");
    const size_t taken = c.write_until_stalled(body);
    stalled.set_value(taken);
    c.write(std::string_view(body).substr(taken));
  });
  const auto client = client_of(server.url(), size_t{64} << 10);
  HttpStream stream(*client);
  stream.start(1, kQuestion, now() + Duration::seconds(5));
  CHECK(stalled.get_future().get() < size_t{24} << 20);  // the kernel's buffers, and little else
  const Seen seen = read_leg(stream);
  CHECK(seen.last.kind == Kind::end);
  CHECK(seen.body.size() == kBody);
}

TEST_CASE("loopback is reached without the environment's proxy") {
  RawServer server([](Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("all_proxy", "http://127.0.0.1:1", 1);
  const Seen seen = ask(*client_of(server.url()));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  CHECK(seen.body == "ok");
}

TEST_CASE("heads and bodies have limits") {
  RawServer server([](Connection& c) {
    const std::string request = c.read_request();
    if (request.starts_with("POST")) {
      c.write("HTTP/1.1 200 OK\r\n");
      for (int i = 0; i < 400; ++i) c.write("X-Filler: " + std::string(1000, 'x') + "\r\n");
    } else {
      c.write("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'y'));
    }
  });
  const auto client = client_of(server.url());
  const Seen seen = ask(*client);
  CHECK(seen.last.kind == Kind::lost);
  CHECK(seen.last.where == Where::waiting);
  const Result<HttpResponse> response = get(*client, "/models", now() + Duration::seconds(20), 4096);
  REQUIRE_FALSE(response);
  CHECK(response.error().errc == Errc::response_too_large);
}

TEST_CASE("a header with a line break is not sent") {
  RawServer server([](Connection& c) { c.read_request(); });
  http::Request request = kQuestion;
  request.headers.push_back({"X-Session", "a\r\nX-Evil: 1"});
  const Seen seen = ask(*client_of(server.url()), request);
  CHECK(seen.kinds == std::vector{Kind::lost});
  CHECK_FALSE(seen.last.sent_any);
}

TEST_CASE("the key goes nowhere unencrypted but to loopback") {
  const auto refused = [](const char* url) { return HttpClient::create(url, Secret("k")).error().errc; };
  CHECK(refused("http://example.org/api/v1") == Errc::insecure_url);
  CHECK(refused("file:///etc/passwd") == Errc::invalid_config);
}

}  // namespace
}  // namespace orthink
