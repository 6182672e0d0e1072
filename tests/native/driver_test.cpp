#include "native/driver.h"

#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <deque>

#include "native/store/memory_store.h"
#include "tests/native/raw_server.h"

namespace orthink {
namespace {

const http::Head kStream{200, {{"content-type", "text/event-stream"}}};
constexpr std::string_view kBody =
    "data: "
    "{\"id\":\"gen-1\",\"provider\":\"Anthropic\",\"model\":\"anthropic/"
    "claude-haiku-4.5\",\"object\":\"chat.completion.chunk\",\"created\":1,"
    "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Four.\"},\"finish_reason\":\"stop\",\"native_finish_"
    "reason\":\"end_turn\"}]}\n\n"
    "data: "
    "{\"id\":\"gen-1\",\"provider\":\"Anthropic\",\"model\":\"anthropic/"
    "claude-haiku-4.5\",\"object\":\"chat.completion.chunk\",\"created\":1,"
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":null}],"
    "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3,\"total_tokens\":13,\"cost\":0.000025}}\n\n"
    "data: [DONE]\n\n";

// A world that plays a list of inputs and records what it was told; time moves by what is waited for.
class FakeWorld : public World {
 public:
  explicit FakeWorld(std::deque<Input> inputs) : inputs_(std::move(inputs)) {}
  Instant now() override { return now_; }
  void send(const output::SendHttp& out) override {
    log.push_back("send " + std::to_string(out.leg) + " " + out.request.method + " " + out.request.path);
  }
  void close(uint32_t leg) override { log.push_back("close " + std::to_string(leg)); }
  Input wait(Instant until) override {
    if (inputs_.empty()) {
      REQUIRE_FALSE(until.is_never());
      log.push_back("tick");
      now_ = std::max(now_, until);
      return input::Tick{};
    }
    Input next = inputs_.front();
    inputs_.pop_front();
    return next;
  }
  std::vector<std::string> log;

 private:
  std::deque<Input> inputs_;
  Instant now_ = Instant::from_ms(1'790'000'000'000);
};

HoldState came_from(const RowWrite& row) {
  for (const HoldState state : {HoldState::none, HoldState::reserved, HoldState::sent, HoldState::unknown})
    if (row.from.has(state)) return state;
  return HoldState::none;
}

class RecordingStore : public MemoryStore {
 public:
  StoreReply apply(const StoreBatch& batch) override {
    for (const RowWrite& row : batch.rows)
      log.push_back(std::string(name(came_from(row))) + ">" + std::string(name(row.to)) + (batch.is_durable ? "!" : ""));
    if (answers) return MemoryStore::apply(batch);
    StoreReply away;
    away.ticket = batch.ticket;
    away.verdict = StoreReply::Verdict::unavailable;
    return away;
  }
  bool answers = true;
  std::vector<std::string> log;
};

struct Recorder : Audience {
  void see(const Exchange&, const Output& out) override {
    if (const auto* text = std::get_if<output::Text>(&out)) said += text->text;
    is_complete = is_complete || std::holds_alternative<output::Complete>(out);
    has_failed = has_failed || std::holds_alternative<output::Failed>(out);
  }
  Instant rest(const Exchange&, Instant) override {
    ++rests;
    return Instant::never();
  }
  std::string said;
  bool is_complete = false;
  bool has_failed = false;
  int rests = 0;
};

Exchange open_exchange(Instant now) {
  const Result<Ask> ask = parse_ask(R"({"prompt":"2+2?","think":"off"})");
  REQUIRE(ask);
  ExchangeOptions options;
  options.call_id = "call-1";
  options.prepare.now = now;
  Result<Exchange> exchange = Exchange::open(now, *ask, Catalog::snapshot(), options);
  REQUIRE(exchange);
  return std::move(*exchange);
}

TEST_CASE("a call is reserved, marked, sent, read and settled, in this order") {
  FakeWorld world({input::Sent{1}, input::Head{1, kStream}, input::Bytes{1, kBody}, input::BodyEnd{1}});
  RecordingStore store;
  Recorder audience;
  Exchange exchange = open_exchange(world.now());
  drive(exchange, world, store, audience);
  CHECK(world.log.at(0) == "send 1 POST /chat/completions");
  CHECK(store.log == std::vector<std::string>{"none>reserved", "reserved>sent!", "sent>settled!"});
  CHECK(audience.said == "Four.");
  CHECK(audience.is_complete);
  CHECK(audience.rests >= 3);
  CHECK(exchange.receipt().cost->to_decimal() == "0.000025");
  CHECK((*store.row("call-1/1"))->state == HoldState::settled);
}

TEST_CASE("time that passes without input ends a call by its deadline") {
  FakeWorld world({input::Sent{1}});
  RecordingStore store;
  Recorder audience;
  Exchange exchange = open_exchange(world.now());
  const Instant begun = world.now();
  drive(exchange, world, store, audience);
  CHECK(audience.has_failed);
  CHECK(exchange.error()->kind == Kind::timeout);
  CHECK(world.now() - begun >= limits::kFirstTokenDeadline);
  CHECK(world.log.back() == "close 1");
}

TEST_CASE("without a store nothing is sent") {
  FakeWorld world({});
  RecordingStore store;
  store.answers = false;
  Recorder audience;
  Exchange exchange = open_exchange(world.now());
  drive(exchange, world, store, audience);
  CHECK(world.log.empty());
  CHECK(audience.has_failed);
  CHECK(exchange.error()->errc == Errc::store_unavailable);
}

TEST_CASE("a signal cancels, the second one at once") {
  const int interrupts = GENERATE(1, 2);
  test::RawServer server([&](test::Connection& c) {
    c.read_request();
    c.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + std::string(kBody.substr(0, kBody.find("\n\n") + 2)));
    for (int i = 0; i < interrupts; ++i) ::kill(::getpid(), SIGINT);
    c.wait_closed();
  });
  Signals signals;
  const auto client = std::move(*HttpClient::create(server.url(), Secret("k")));
  NativeWorld world(*client, &signals);
  MemoryStore store;
  Recorder audience;
  Exchange exchange = open_exchange(world.now());
  drive(exchange, world, store, audience);
  CHECK(audience.has_failed);
  CHECK(exchange.error()->errc == Errc::cancelled);
  CHECK(signals.seen().interrupts >= 1);
}

}  // namespace
}  // namespace orthink
