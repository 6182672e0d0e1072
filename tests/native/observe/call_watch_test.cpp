#include "native/observe/call_watch.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>

#include "orthink/catalog/snapshot.h"
#include "orthink/chat/ask.h"
#include "tests/native/observe/exposition.h"

namespace orthink::observe {
namespace {

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::unique_ptr<Telemetry> opened() {
  Result<std::unique_ptr<Telemetry>> telemetry = Telemetry::open({});
  REQUIRE(telemetry);
  return std::move(*telemetry);
}

Exchange any_exchange() {
  Result<Exchange> exchange = Exchange::open(Instant::from_ms(1), *parse_ask(R"({"prompt":"Why?"})"), Catalog::snapshot(), {});
  REQUIRE(exchange);
  return std::move(*exchange);
}

// Keeps what is sent, and says what it is told to say.
class Scripted : public World {
 public:
  Instant now() override { return Instant::from_ms(7); }
  void send(const output::SendHttp& out) override { sent = out.request; }
  void close(uint32_t leg) override { closed = leg; }
  Input wait(Instant) override { return next; }

  std::optional<http::Request> sent;
  uint32_t closed = 0;
  Input next = input::Tick{};
};

std::string header(const http::Request& request, std::string_view name) {
  for (const http::Header& each : request.headers)
    if (http::same_name(each.name, name)) return each.value;
  return "";
}

TEST_CASE("the asker's trace goes upstream where it is configured to, and only then") {
  const auto telemetry = opened();
  const Exchange exchange = any_exchange();
  for (const bool carries : {true, false}) {
    CAPTURE(carries);
    Scripted inner;
    CallWatch watch(telemetry.get(), telemetry->begin_trace(kParent, "rojo=1"), carries);
    World& world = watch.over(inner, exchange);
    world.send({1, {"POST", "/chat/completions", {{"Accept", "text/event-stream"}}, "{}"}, Instant::never()});
    REQUIRE(inner.sent);
    CHECK(header(*inner.sent, "traceparent") == (carries ? kParent : ""));
    CHECK(header(*inner.sent, "tracestate") == (carries ? "rojo=1" : ""));
    CHECK(header(*inner.sent, "accept") == "text/event-stream");
    CHECK(inner.sent->body == "{}");
    world.close(3);
    CHECK(inner.closed == 3);
    CHECK(world.now() == Instant::from_ms(7));
  }
}

TEST_CASE("each way the transport and the upstream fail is a fault of its own code") {
  const auto telemetry = opened();
  const Exchange exchange = any_exchange();
  Scripted inner;
  CallWatch watch(telemetry.get(), {}, false);
  World& world = watch.over(inner, exchange);
  const auto hear = [&](Input input) {
    inner.next = std::move(input);
    world.wait(Instant::never());
  };
  using Where = input::Lost::Where;
  hear(input::Head{1, {200, {}}});
  hear(input::Head{1, {429, {{"X-Provider-Name", "OpenAI"}}}});
  hear(input::Lost{1, Where::tls, false, ""});
  hear(input::Lost{1, Where::connect, false, ""});
  hear(input::Lost{1, Where::body, true, ""});
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  const auto faults = [&](const char* provider, const char* code) {
    return page.value("orthink_upstream_faults_total", {{"provider", provider}, {"code", code}}).value_or("0");
  };
  CHECK(faults("OpenAI", "upstream_rate_limited") == "1");
  CHECK(faults("unknown", "tls_failed") == "1");
  CHECK(faults("unknown", "connect_failed") == "1");
  CHECK(faults("unknown", "connection_lost") == "1");
}

TEST_CASE("without telemetry nothing stands between the call and its world") {
  const Exchange exchange = any_exchange();
  Telemetry off;
  for (Telemetry* telemetry : {static_cast<Telemetry*>(nullptr), &off}) {
    Scripted inner;
    CallWatch watch(telemetry, {}, true);
    CHECK(&watch.over(inner, exchange) == &inner);
    watch.ended(exchange);
  }
}

TEST_CASE("a call that is set aside is neither running nor ended") {
  const auto telemetry = opened();
  { const CallWatch watch(telemetry.get(), {}, false); }
  const test::Exposition page = test::read_exposition(telemetry->prometheus());
  CHECK(page.value("orthink_calls_running") == "0");
  CHECK_FALSE(page.value("orthink_calls_total", {{"outcome", "failed"}}));
}

}  // namespace
}  // namespace orthink::observe
