#include "native/serve/status_pages.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "native/system.h"
#include "tests/native/observe/exposition.h"
#include "tests/native/serve/raw_client.h"

using namespace orthink;
using serve::HttpServer;
using serve::StatusPages;
using test::RawAnswer;
using test::RawClient;

namespace {

// The pages on a port of their own.
class House {
 public:
  explicit House(const std::string& token = "")
      : telemetry(open()), pages_({*telemetry, [this] { return facts; }, now(), Secret(token)}), server_(start()) {}

  RawAnswer ask(const std::string& line, const std::string& headers = "Host: localhost\r\n") {
    RawClient client(server_->port());
    client.send(line + " HTTP/1.1\r\n" + headers + "\r\n");
    return client.read_answer();
  }

  observe::ReadyFacts facts;
  std::unique_ptr<observe::Telemetry> telemetry;

 private:
  static std::unique_ptr<observe::Telemetry> open() {
    Result<std::unique_ptr<observe::Telemetry>> opened = observe::Telemetry::open({});
    REQUIRE(opened);
    return std::move(*opened);
  }
  std::unique_ptr<HttpServer> start() {
    Result<std::unique_ptr<HttpServer>> started = HttpServer::start({}, pages_.routes());
    REQUIRE(started);
    return std::move(*started);
  }

  StatusPages pages_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

TEST_CASE("a scraper reads the metrics, an orchestrator whether the server lives and is ready") {
  House house;
  house.telemetry->http_answered(200, Duration::micros(40));
  const RawAnswer metrics = house.ask("GET /metrics");
  CHECK(metrics.status == 200);
  CHECK(metrics.head.find("text/plain; version=0.0.4") != std::string::npos);
  const test::Exposition page = test::read_exposition(metrics.body);
  CHECK(page.faults.empty());
  CHECK(page.value("orthink_http_requests_total", {{"class", "2xx"}}) == "1");
  CHECK(house.ask("GET /healthz").status == 200);
  CHECK(house.ask("GET /readyz").status == 200);
  house.facts.problems = {"no key"};
  const RawAnswer ready = house.ask("GET /readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("no key") != std::string::npos);
  CHECK(house.ask("GET /healthz").status == 200);
}

TEST_CASE("the pages are only read, and under loopback's names alone") {
  House house;
  CHECK(house.ask("POST /metrics", "Host: localhost\r\nContent-Length: 0\r\n").status == 405);
  CHECK(house.ask("DELETE /metrics").status == 405);
  CHECK(house.ask("GET /mcp").status == 404);
  CHECK(house.ask("GET /metrics", "Host: evil.example\r\n").status == 403);
  CHECK(house.ask("GET /metrics", "Host: localhost\r\nOrigin: https://evil.example\r\n").status == 403);
  CHECK(house.ask("GET /metrics", "Host: 127.0.0.1:9464\r\n").status == 200);
}

TEST_CASE("with a token the metrics want it, whatever the name") {
  House house("t0p-secret");
  CHECK(house.ask("GET /metrics", "Host: pod.example\r\nAuthorization: Bearer t0p-secret\r\n").status == 200);
  for (const char* wrong : {"", "Authorization: Bearer t0p-secre\r\n", "Authorization: Bearer t0p-secret1\r\n", "Authorization: t0p-secret\r\n"}) {
    const RawAnswer refused = house.ask("GET /metrics", std::string("Host: pod.example\r\n") + wrong);
    CHECK(refused.status == 401);
    CHECK(refused.head.find("WWW-Authenticate: Bearer") != std::string::npos);
    CHECK(refused.body.find("t0p") == std::string::npos);
  }
  CHECK(house.ask("GET /readyz", "Host: pod.example\r\n").status == 200);
}
