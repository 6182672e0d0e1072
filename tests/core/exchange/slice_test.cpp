// Holds that grow with the answer: never less than what may still be billed, and less than the worst case where that is known.
#include <catch2/catch_test_macros.hpp>
#include <random>

#include "orthink/catalog/estimate.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/memory_table.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

constexpr std::string_view kAsk = R"({"prompt":"Why?","think":"off","max_tokens":20000})";
constexpr std::string_view kPinned = R"({"prompt":"Why?","think":"off","max_tokens":20000,"provider":{"only":["anthropic"]}})";
const Scope kAlice{ScopeKind::user, "alice"};

// A call over a table, and what its provider could bill if the stream were closed now.
class SlicedCall {
 public:
  SlicedCall(MemoryTable& table, std::string_view ask, std::optional<int64_t> limit = std::nullopt, uint64_t slice = 1'000,
             std::string call_id = "c")
      : table_(table) {
    ExchangeOptions options;
    options.call_id = std::move(call_id);
    options.prepare.is_paid = true;
    options.ledger.slice_tokens = slice;
    Limits limits;
    limits.set(LimitKind::usd_per_day, limit);
    options.ledger.scopes = {{Scope{}, Limits{}}, {kAlice, limits}};
    Result<Exchange> opened = Exchange::open(Instant::zero(), *parse_ask(ask), golden_catalog(), std::move(options));
    REQUIRE(opened.ok());
    exchange.emplace(std::move(*opened));
    drain();
  }

  void give(const Input& input) {
    exchange->handle(Instant::zero(), input);
    drain();
  }
  void head(std::string_view provider) {
    give(input::Sent{leg});
    give(input::Head{leg, {200, {{"content-type", "text/event-stream"}, {"x-generation-id", "gen-1"}, {"x-provider-name", std::string(provider)}}}});
  }
  void text(const std::string& piece) {
    give(input::Bytes{leg, R"(data: {"id":"gen-1","model":"anthropic/claude-haiku-4.5","choices":[{"index":0,"delta":{"content":")" + piece + "\"}}]}\n\n"});
  }
  void end(uint64_t tokens) {
    const std::string usage = R"("usage":{"prompt_tokens":14,"completion_tokens":)" + std::to_string(tokens) + R"(,"total_tokens":)" +
                              std::to_string(tokens + 14) + R"(,"cost":)" + price_of(14, tokens).to_decimal() + "}";
    give(input::Bytes{leg, R"(data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],)" + usage + "}\n\ndata: [DONE]\n\n"});
    give(input::BodyEnd{leg});
  }

  // claude-haiku-4.5: $1.25 at most a million in (cache writes), $5 out.
  static Money price_of(uint64_t prompt, uint64_t output) { return Money{1'250'000}.times(prompt).plus(Money{5'000'000}.times(output)); }
  [[nodiscard]] int64_t held() const { return table_.counter("h/user:alice/d0"); }
  // All that was shown, and what may be on its way.
  [[nodiscard]] int64_t billable(uint64_t in_flight) const {
    const uint64_t most = tokens_bound(exchange->answer().output, golden_catalog().find("anthropic/claude-haiku-4.5")->thinking.prompt_permille) + in_flight;
    return NanoUsd::ceil(price_of(exchange->prepared().prompt_tokens_bound, std::min<uint64_t>(most, 20'000))).nano;
  }
  [[nodiscard]] int64_t worst() const { return NanoUsd::ceil(exchange->prepared().hold).nano; }

  std::optional<Exchange> exchange;
  uint32_t leg = 0;
  bool is_closed = false;

 private:
  void drain() {
    for (;;) {
      const Output out = exchange->poll();
      if (const auto* store = std::get_if<output::Store>(&out)) exchange->handle(Instant::zero(), table_.apply(store->batch));
      if (const auto* send = std::get_if<output::SendHttp>(&out)) leg = send->leg;
      if (std::holds_alternative<output::CloseHttp>(out)) is_closed = true;
      if (is_last(out) || std::holds_alternative<output::WaitUntil>(out)) return;
    }
  }
  MemoryTable& table_;
};

}  // namespace

TEST_CASE("the hold falls to a slice when the provider is known to stop billing, and grows with the answer") {
  MemoryTable table;
  SlicedCall call(table, kAsk);
  CHECK(call.held() == call.worst());
  call.head("Anthropic");
  CHECK(call.held() == NanoUsd::ceil(SlicedCall::price_of(call.exchange->prepared().prompt_tokens_bound, 1'512)).nano);
  int64_t before = call.held();
  for (int i = 0; i < 400; ++i) {
    call.text("some words of an answer ");
    CHECK(call.held() >= before);
    CHECK(call.held() >= call.billable(limits::kTokensInFlightMax));
    before = call.held();
  }
  CHECK(before < call.worst());
  call.end(2'000);
  REQUIRE(call.exchange->is_over());
  CHECK_FALSE(call.exchange->error());
  CHECK(call.held() == 0);
  CHECK(table.counter("c/user:alice/d0") == NanoUsd::ceil(SlicedCall::price_of(14, 2'000)).nano);
  CHECK(table.counter("b/user:alice") == 0);
}

TEST_CASE("a provider that bills on, and one that is not named, keep the whole worst case held") {
  for (const std::string_view provider : {"Google", "", "Amazon Bedrock"}) {
    CAPTURE(provider);
    MemoryTable table;
    SlicedCall call(table, kAsk);
    call.head(provider);
    call.text("some words");
    CHECK(call.held() == call.worst());
  }
}

TEST_CASE("what cannot be counted is not sliced") {
  MemoryTable table;
  SECTION("thinking") {
    SlicedCall call(table, R"({"prompt":"Why?","think":"2000"})");
    call.head("Anthropic");
    CHECK(call.held() == call.worst());
  }
  SECTION("several models") {
    SlicedCall call(table, R"({"prompt":"Why?","think":"off","models":["anthropic/claude-haiku-4.5","qwen/qwen3-4b:free"]})");
    call.head("Anthropic");
    CHECK(call.held() == call.worst());
  }
  SECTION("no slices wanted") {
    SlicedCall call(table, kPinned, std::nullopt, 0);
    call.head("Anthropic");
    CHECK(call.held() == call.worst());
  }
  SECTION("thinking that was not asked for") {
    SlicedCall call(table, kPinned);
    call.head("Anthropic");
    CHECK(call.held() < call.worst());
    call.give(input::Bytes{call.leg, "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Hm\"}}]}\n\n"});
    CHECK(call.held() == call.worst());
  }
  SECTION("another provider than was allowed") {
    SlicedCall call(table, kPinned);
    call.head("Google");
    CHECK(call.held() == call.worst());
  }
}

TEST_CASE("where only stopping providers are allowed, agents start side by side on slices") {
  const auto admitted = [](uint64_t slice) {
    MemoryTable table;
    std::vector<SlicedCall> calls;
    int running = 0;
    for (int i = 0; i < 25; ++i) {
      calls.emplace_back(table, kPinned, 500'000'000, slice, "c" + std::to_string(i));
      running += calls.back().exchange->is_over() ? 0 : 1;
    }
    return running;
  };
  CHECK(admitted(0) == 4);  // of $0.101 each
  CHECK(admitted(1'000) == 25);
}

TEST_CASE("a refused slice ends the stream with what was shown, and the row keeps its hold until the truth is known") {
  MemoryTable table;
  SlicedCall call(table, kPinned, 12'000'000);
  call.head("Anthropic");
  for (int i = 0; i < 4'000 && !call.exchange->is_over(); ++i) call.text("some words of an answer ");
  REQUIRE(call.exchange->is_over());
  CHECK(call.is_closed);
  REQUIRE(call.exchange->error());
  CHECK(call.exchange->error()->errc == Errc::budget_refused);
  CHECK(call.exchange->error()->scope == "user:alice");
  CHECK(call.exchange->answer().output.size() > 400);
  CHECK(table.rows().at("c/1").state == HoldState::unknown);
  CHECK(call.held() <= 12'000'000);
  CHECK(call.held() >= call.billable(0));
}

TEST_CASE("a provider that cannot be reached may go on: all of it is held again where there is room") {
  for (const int64_t limit : {500'000'000, 12'000'000}) {
    CAPTURE(limit);
    MemoryTable table;
    SlicedCall call(table, kPinned, limit);
    call.head("Anthropic");
    call.text("some words");
    const int64_t before = call.held();
    REQUIRE(before < call.worst());
    call.give(input::Lost{call.leg, input::Lost::Where::body, true, "gone"});
    REQUIRE(call.exchange->is_over());
    CHECK(call.exchange->error()->errc == Errc::stream_truncated);
    CHECK(table.rows().at("c/1").state == HoldState::unknown);
    CHECK(call.held() == (limit > call.worst() ? call.worst() : before));
  }
}

TEST_CASE("at every instant a sliced call holds what may still be billed") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    MemoryTable table;
    SlicedCall call(table, random() % 2 == 0 ? kAsk : kPinned, std::nullopt, 100 + random() % 3'000);
    REQUIRE(call.held() >= call.billable(limits::kTokensInFlightMax));
    call.head("Anthropic");
    const char* pieces[] = {"a ", "word ", "\xe5\xa4\xa9\xe5\x9c\xb0 ", "x9$#@!", "internationalization", "\\n\\n"};
    for (uint64_t i = random() % 1'500; i > 0; --i) {
      call.text(pieces[random() % std::size(pieces)]);
      REQUIRE(call.held() >= call.billable(limits::kTokensInFlightMax));
      REQUIRE(call.held() <= call.worst());
    }
    if (random() % 3 == 0) {
      call.give(input::Cancel{});
      REQUIRE(call.exchange->is_over());
      REQUIRE(call.held() >= call.billable(limits::kTokensInFlightMax));  // unknown: it stays
    } else {
      call.end(1 + random() % 100);
      REQUIRE(call.exchange->is_over());
      REQUIRE(call.held() == 0);
    }
  }
}

TEST_CASE("a leg that ends while a slice is with the store is closed when the store has answered") {
  using Verdict = StoreReply::Verdict;
  ExchangeOptions options;
  options.ledger.slice_tokens = 1'000;
  for (const Verdict verdict : {Verdict::applied, Verdict::guard_failed, Verdict::unavailable}) {
    CAPTURE(name(verdict));
    ScriptedWorld world = ScriptedWorld::open(kAsk, options);
    world.start();
    world.head(200, {{"content-type", "text/event-stream"}, {"x-provider-name", "Anthropic"}});
    const StoreBatch rebound = world.batch;
    REQUIRE(rebound.rows.at(0).from == HoldStates(HoldState::sent));
    REQUIRE_FALSE(rebound.additions.empty());
    world.bytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"So.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":14,"
                "\"completion_tokens\":6,\"total_tokens\":20,\"cost\":0.000044}}\n\ndata: [DONE]\n\n");
    CHECK(world.batch.ticket == rebound.ticket);  // nothing is settled yet
    StoreReply reply;
    reply.ticket = rebound.ticket;
    reply.verdict = verdict;
    world.handle(reply);
    if (verdict == Verdict::unavailable) {  // it may have taken the new bound or not: nobody here can say what to settle from
      CHECK(world.batch.ticket == rebound.ticket);
      CHECK(world.exchange->receipt().held == world.exchange->prepared().hold);
    } else {
      REQUIRE(world.batch.rows.at(0).to == HoldState::settled);
      const int64_t bound = HoldRecord::parse(world.batch.rows.at(0).record)->bound.nano;
      CHECK((bound < NanoUsd::ceil(world.exchange->prepared().hold).nano) == (verdict == Verdict::applied));
      world.applied();
    }
    CHECK(world.exchange->is_over());
    CHECK_FALSE(world.exchange->error());
  }
}
