// One key buys once: what a call does with its key, over a store in memory.
#include <catch2/catch_test_macros.hpp>

#include "orthink/chat/fingerprint.h"
#include "orthink/exchange/dossier.h"
#include "orthink/exchange/last_event.h"
#include "orthink/ledger/memory_table.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

constexpr std::string_view kAsk = R"({"prompt":"Why?","think":"2000","tenant":"t"})";
constexpr std::string_view kAnswer =
    "data: {\"id\":\"gen-1\",\"provider\":\"Anthropic\",\"model\":\"anthropic/claude-haiku-4.5\",\"choices\":[{\"index\":0,\"delta\":{"
    "\"content\":\"So.\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":14,\"completion_tokens\":6,\"total_tokens\":20,\"cost\":0.000044}}\n\n"
    "data: [DONE]\n\n";
constexpr std::string_view kInsured =
    "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502,"
    "\"message\":\"gone\"},\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0,\"cost\":0}}\n\n";
constexpr std::string_view kPaidFailure =
    "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"So\"},\"finish_reason\":\"error\"}],\"error\":{\"code\":502,"
    "\"message\":\"gone\"},\"usage\":{\"prompt_tokens\":14,\"completion_tokens\":2,\"total_tokens\":16,\"cost\":0.00002}}\n\n";

Claim claim_of(std::string call_id, std::string_view ask = kAsk) {
  return {"t", "k-1", fingerprint(*parse_ask(ask)), std::move(call_id)};
}

// A call over `table`, its batches applied as they come.
class Call {
 public:
  Call(MemoryTable& table, std::string call_id, std::string_view ask = kAsk, uint32_t attempts = 1) : table_(table) {
    ExchangeOptions options;
    options.call_id = call_id;
    options.entropy = 1;
    options.witness = open_dossier;
    options.retry.attempts_max = attempts;
    options.prepare.is_paid = true;
    options.idempotency = claim_of(std::move(call_id), ask);
    Result<Exchange> opened = Exchange::open(now_, *parse_ask(ask), golden_catalog(), std::move(options));
    REQUIRE(opened.ok());
    exchange_.emplace(std::move(*opened));
    drain();
  }

  void give(const Input& input) {
    exchange_->handle(now_, input);
    drain();
  }
  // The upstream's whole answer to the leg in hand.
  void answer(int status, std::string_view body) {
    give(input::Sent{leg_});
    give(input::Head{leg_, {status, {{"content-type", status == 200 ? "text/event-stream" : "application/json"}}}});
    give(input::Bytes{leg_, body});
    give(input::BodyEnd{leg_});
  }
  void wait() {
    now_ = wakes_at_;
    give(input::Tick{});
  }

  std::string replayed;
  uint32_t leg_ = 0;
  Exchange& exchange() { return *exchange_; }

 private:
  void drain() {
    for (;;) {
      const Output out = exchange_->poll();
      if (const auto* store = std::get_if<output::Store>(&out)) exchange_->handle(now_, table_.apply(store->batch));
      if (const auto* send = std::get_if<output::SendHttp>(&out)) leg_ = send->leg;
      if (const auto* replay = std::get_if<output::Replay>(&out)) replayed = replay->line;
      if (const auto* wait = std::get_if<output::WaitUntil>(&out)) wakes_at_ = wait->at;
      if (is_last(out) || std::holds_alternative<output::WaitUntil>(out)) return;
    }
  }

  MemoryTable& table_;
  std::optional<Exchange> exchange_;
  Instant now_, wakes_at_;
};

bool is_taken(const MemoryTable& table) { return table.documents().contains(claim_of("x").document_key()); }

int64_t held(const MemoryTable& table) { return table.counter("h/global/d0"); }

}  // namespace

TEST_CASE("the same question with the same key is bought once and answered twice, to the byte") {
  MemoryTable table;
  Call first(table, "c1");
  first.answer(200, kAnswer);
  REQUIRE(first.exchange().is_over());
  const MemoryTable before = table;
  Call second(table, "c2");
  REQUIRE(second.exchange().is_over());
  CHECK(second.exchange().is_replayed());
  CHECK(second.leg_ == 0);
  CHECK(table == before);  // no row, no hold, no charge, no dossier
  const Result<LastEvent> event = read_last_event(second.replayed);
  REQUIRE(event.ok());
  CHECK(event->text == "So.");
  CHECK(exit_code(event) == 0);
  Call third(table, "c3");
  CHECK(third.replayed == second.replayed);
}

TEST_CASE("while the key's call runs, another is told so; another question is refused") {
  MemoryTable table;
  Call first(table, "c1");
  Call second(table, "c2");
  REQUIRE(second.exchange().error());
  CHECK(second.exchange().error()->errc == Errc::idempotency_in_flight);
  Call other(table, "c3", R"({"prompt":"How?","think":"2000","tenant":"t"})");
  REQUIRE(other.exchange().error());
  CHECK(other.exchange().error()->errc == Errc::idempotency_mismatch);
  CHECK(HoldRecord::parse(table.rows().at("c1/1").record)->claim == claim_of("c1").document_key());  // for who finds the row
  CHECK(held(table) == NanoUsd::ceil(first.exchange().prepared().hold).nano);
  CHECK(is_taken(table));  // whoever was refused has not given it back
}

TEST_CASE("a call that bought nothing gives its key back") {
  MemoryTable table;
  SECTION("refused by the upstream") { Call(table, "c1").answer(401, R"({"error":{"code":401,"message":"no"}})"); }
  SECTION("failed under insurance") { Call(table, "c1").answer(200, kInsured); }
  SECTION("refused twice") {
    Call call(table, "c1", kAsk, 2);
    call.answer(429, R"({"error":{"code":429,"message":"slow"}})");
    CHECK(is_taken(table));
    call.wait();
    call.answer(429, R"({"error":{"code":429,"message":"slow"}})");
    REQUIRE(call.exchange().is_over());
  }
  SECTION("cancelled before another attempt") {
    Call call(table, "c1", kAsk, 2);
    call.answer(429, R"({"error":{"code":429,"message":"slow"}})");
    call.give(input::Cancel{});
    REQUIRE(call.exchange().is_over());
  }
  CHECK_FALSE(is_taken(table));
  CHECK(held(table) == 0);
}

TEST_CASE("a failure that cost something is replayed, not bought again") {
  MemoryTable table;
  Call(table, "c1").answer(200, kPaidFailure);
  Call second(table, "c2");
  REQUIRE(second.exchange().is_replayed());
  const Result<LastEvent> event = read_last_event(second.replayed);
  REQUIRE(event.ok());
  REQUIRE(event->error);
  CHECK(event->error->errc == Errc::midstream_error);
  CHECK(exit_code(event) == 1);
}

TEST_CASE("while it is not known what a call cost, its key stays taken") {
  MemoryTable table;
  SECTION("broken off") {
    Call call(table, "c1");
    call.give(input::Sent{call.leg_});
    call.give(input::Lost{call.leg_, input::Lost::Where::waiting, true, "gone"});
    REQUIRE(call.exchange().is_over());
  }
  SECTION("unknown, then refused") {
    Call call(table, "c1", kAsk, 2);
    call.answer(502, R"({"error":{"code":502,"message":"bad"}})");
    call.wait();
    call.answer(401, R"({"error":{"code":401,"message":"no"}})");
    REQUIRE(call.exchange().is_over());
  }
  CHECK(held(table) > 0);
  Call second(table, "c2");
  REQUIRE(second.exchange().error());
  CHECK(second.exchange().error()->errc == Errc::idempotency_in_flight);
}

TEST_CASE("an unknown row before a whole answer does not hide the answer") {
  MemoryTable table;
  Call call(table, "c1", kAsk, 2);
  call.answer(502, R"({"error":{"code":502,"message":"bad"}})");
  call.wait();
  call.answer(200, kAnswer);
  CHECK(Call(table, "c2").exchange().is_replayed());
}

TEST_CASE("a last event that cannot be read has an exit code all the same") {
  for (const std::string_view line : {"", "{}", "{\"type\":\"error\",\"error\":{\"code\":\"of a newer version\"}}", "{\"type\":\"complete\"}"}) {
    CAPTURE(line);
    CHECK_FALSE(read_last_event(line).ok());
    CHECK(exit_code(read_last_event(line)) == 1);
  }
}
