// What a failed leg is taken to have cost, and whether it is bought again.
#include <catch2/catch_test_macros.hpp>

#include "orthink/ledger/memory_table.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

constexpr std::string_view kErrorChunk =
    R"(data: {"id":"gen-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],)"
    R"("error":{"code":502,"message":"gone","metadata":{"error_type":"server"}})";

ExchangeOptions seeded() {
  ExchangeOptions options;
  options.entropy = 1;
  return options;
}

constexpr std::string_view kAsk = R"({"prompt":"Why?","think":"2000"})";

ScriptedWorld answering(int status = 200) {
  ScriptedWorld world = ScriptedWorld::open(kAsk, seeded());
  world.start();
  world.head(status, {{"content-type", status == 200 ? "text/event-stream" : "application/json"}, {"x-generation-id", "gen-9"}});
  return world;
}

ScriptedWorld ended(int status, std::string_view body) {
  ScriptedWorld world = answering(status);
  if (!body.empty()) world.bytes(body);
  world.end();
  return world;
}

HoldState row_of(const ScriptedWorld& world) {
  return world.batch.rows.at(0).to;
}

// Confirms the end of the leg; true when another is to come.
bool comes_again(ScriptedWorld& world) {
  world.applied();
  return !world.exchange->is_over();
}

}  // namespace

TEST_CASE("a leg that showed any token is never bought again, whatever error ends it") {
  const std::string_view shown[] = {
      R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]})",
      R"({"refusal":"I will not."})",
      R"({"images":[{"type":"image_url","image_url":{"url":"data:,"}}]})",
  };
  for (const std::string_view delta : shown) {
    CAPTURE(delta);
    ScriptedWorld world = answering();
    world.bytes(R"(data: {"id":"gen-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":)" + std::string(delta) + "}]}\n\n");
    world.bytes(std::string(kErrorChunk) + "}\n\n");
    CHECK(row_of(world) == HoldState::unknown);
    CHECK_FALSE(comes_again(world));
  }
}

TEST_CASE("an error chunk that counts tokens is settled, not bought again") {
  ScriptedWorld world = answering();
  world.bytes(std::string(kErrorChunk) + R"(,"usage":{"prompt_tokens":14,"completion_tokens":9,"total_tokens":23,"cost":0.000059}})" +
              "\n\n");
  CHECK(row_of(world) == HoldState::settled);
  CHECK_FALSE(comes_again(world));
}

TEST_CASE("a running count of zero is no final one") {
  ScriptedWorld world = answering();
  world.bytes(R"(data: {"id":"gen-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],)"
              R"("usage":{"prompt_tokens":14,"completion_tokens":0,"total_tokens":14}})"
              "\n\n");
  world.end();
  CHECK(row_of(world) == HoldState::unknown);
  CHECK_FALSE(comes_again(world));
}

TEST_CASE("an error after a chunk that could not be read is not insured") {
  ScriptedWorld world = answering();
  world.bytes("data: {\"choices\":[{\"delta\":{\"content\":\"x\n\n" + std::string(kErrorChunk) + "}\n\n");
  CHECK(row_of(world) == HoldState::unknown);
  CHECK_FALSE(comes_again(world));
}

TEST_CASE("a closed list of statuses lets a hold go") {
  const std::string document = R"({"error":{"code":1,"message":"no"}})";
  const std::string page = "<html>busy</html>";
  for (const int status : {400, 401, 402, 403, 404, 413, 422}) {
    for (const std::string& body : {document, page, std::string()}) {
      CAPTURE(status, body);
      ScriptedWorld world = ended(status, body);
      CHECK(row_of(world) == HoldState::released);
      CHECK_FALSE(comes_again(world));
    }
  }
  for (const int status : {429, 503, 529}) {
    CAPTURE(status);
    ScriptedWorld refused = ended(status, document);
    CHECK(row_of(refused) == HoldState::released);
    CHECK(comes_again(refused));
    for (const std::string& body : {page, std::string(), std::string(R"({"message":"busy"})"), document.substr(0, 20)}) {
      CAPTURE(body);
      ScriptedWorld world = ended(status, body);
      CHECK(row_of(world) == HoldState::unknown);
      CHECK_FALSE(comes_again(world));
      CHECK_FALSE(world.exchange->receipt().cost);
    }
  }
  for (const int status : {204, 301, 307, 408, 409, 410, 412, 418, 451, 499, 504, 520, 524, 599}) {
    CAPTURE(status);
    ScriptedWorld world = ended(status, document);
    CHECK(row_of(world) == HoldState::unknown);
    CHECK_FALSE(comes_again(world));
    CHECK_FALSE(world.exchange->receipt().cost);
  }
}

TEST_CASE("held is what is held now, and after the call what stays held") {
  ScriptedWorld world = ScriptedWorld::open(kAsk, seeded());
  const Money hold = world.exchange->prepared().hold;
  CHECK_FALSE(world.exchange->receipt().held);
  world.start();
  CHECK(world.exchange->receipt().held == hold);
  world.head(429);
  world.bytes(R"({"error":{"code":429,"message":"slow"}})");
  world.end();
  CHECK(world.exchange->receipt().held == hold);  // not yet confirmed
  world.applied();
  CHECK(world.exchange->receipt().held == Money::zero());
  world.tick_at(world.wakes_at);
  CHECK(world.exchange->receipt().held == Money::zero());
  world.start();
  CHECK(world.exchange->receipt().held == hold);
  world.head(502);
  world.end();
  world.applied();
  CHECK(world.exchange->is_over());
  CHECK(world.exchange->receipt().held == hold);
}

TEST_CASE("what the store does not confirm stays held") {
  for (const bool is_silent : {false, true}) {
    CAPTURE(is_silent);
    ScriptedWorld world = answering(401);
    world.end();
    CHECK(row_of(world) == HoldState::released);
    if (is_silent) {
      while (!world.exchange->is_over()) world.tick_at(world.wakes_at);
    } else {
      world.refused(StoreReply::Verdict::unavailable);
    }
    CHECK(world.exchange->is_over());
    CHECK(world.exchange->receipt().held == world.exchange->prepared().hold);
  }
}

TEST_CASE("the row of a second attempt does not bear the first one's generation") {
  ScriptedWorld world = answering();
  world.bytes(std::string(kErrorChunk) + R"(,"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cost":0}})" + "\n\n");
  CHECK(HoldRecord::parse(world.batch.rows.at(0).record)->generation_id == "gen-1");
  CHECK(comes_again(world));
  world.tick_at(world.wakes_at);
  CHECK(row_of(world) == HoldState::reserved);
  CHECK(HoldRecord::parse(world.batch.rows.at(0).record)->generation_id.empty());
}

TEST_CASE("a retry is not bought when retries would hold more than a tenth of what is left") {
  for (const int64_t limit : {400'000'000, 200'000'000}) {
    CAPTURE(limit);
    ExchangeOptions options = seeded();
    Limits limits;
    limits.set(LimitKind::usd_per_day, limit);
    options.ledger.scopes = {{Scope{}, Limits{}}, {Scope{ScopeKind::user, "alice"}, limits}};
    ScriptedWorld world = ScriptedWorld::open(kAsk, std::move(options));
    MemoryTable table;
    const auto apply = [&] { world.handle(table.apply(world.batch)); };
    apply();
    apply();
    world.handle(input::Sent{world.leg});
    world.head(429, {});
    world.bytes(R"({"error":{"code":429,"message":"slow"}})");
    world.end();
    apply();
    REQUIRE_FALSE(world.exchange->is_over());
    world.tick_at(world.wakes_at);
    REQUIRE(row_of(world) == HoldState::reserved);
    apply();
    // The hold is $0.0318.
    const bool passes = limit == 400'000'000;
    CHECK(world.exchange->is_over() == !passes);
    if (passes) continue;
    CHECK(world.exchange->error()->errc == Errc::upstream_rate_limited);  // why it would have been tried again
    CHECK(world.exchange->receipt().warnings.back().code == "retry_unaffordable");
    CHECK(world.exchange->receipt().warnings.back().text.find("user:alice may use $0.2 a day") != std::string::npos);
    CHECK(table.counter("h/user:alice/d0") == 0);
  }
}

namespace {

// A call of alice's over a table, its batches applied.
struct OfAlice {
  explicit OfAlice(MemoryTable& of, std::string call_id, LimitKind kind, int64_t limit, std::string_view ask = kAsk) : table(of) {
    ExchangeOptions options = seeded();
    options.call_id = std::move(call_id);
    Limits limits;
    limits.set(kind, limit);
    options.ledger.scopes = {{Scope{}, Limits{}}, {Scope{ScopeKind::user, "alice"}, limits}};
    world = ScriptedWorld::open(ask, std::move(options));
    apply();
  }
  void apply() { world.handle(table.apply(world.batch)); }
  void answer(std::string_view cost) {
    apply();
    world.handle(input::Sent{world.leg});
    world.head(200);
    world.bytes(R"(data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"So."},"finish_reason":"stop"}],"usage":{)"
                R"("prompt_tokens":14,"completion_tokens":6,"total_tokens":20,"cost":)" +
                std::string(cost) + "}}\n\ndata: [DONE]\n\n");
    apply();
    REQUIRE(world.exchange->is_over());
  }
  MemoryTable& table;
  ScriptedWorld world;
};

bool is_warned(const OfAlice& call, std::string_view code) {
  for (const Note& note : call.world.exchange->receipt().warnings)
    if (note.code == code) return true;
  return false;
}

}  // namespace

TEST_CASE("what costs more than its bound is booked in full and flagged, and the account is blocked") {
  MemoryTable table;
  OfAlice call(table, "c1", LimitKind::usd_per_day, 1'000'000'000);
  call.answer("0.5");
  CHECK(is_warned(call, "cost_above_bound"));
  const std::string said = call.world.exchange->receipt().warnings.back().text;
  CHECK(said.starts_with("It cost $0.5, more than the bound of $0."));
  CHECK(said.ends_with(": user:alice is blocked until orthink budget clear user:alice is run."));
  const Result<HoldRecord> record = HoldRecord::parse(table.rows().at("c1/1").record);
  REQUIRE(record.ok());
  CHECK(record->actual.nano == 500'000'000);
  CHECK(record->source == AmountSource::provider);
  CHECK(record->is_flagged);
  CHECK(table.counter("c/user:alice/d0") == 500'000'000);
  OfAlice next(table, "c2", LimitKind::usd_per_day, 1'000'000'000);
  REQUIRE(next.world.exchange->error());
  CHECK(next.world.exchange->error()->errc == Errc::account_blocked);
}

TEST_CASE("tokens that were not used go back to the rate") {
  MemoryTable table;
  OfAlice first(table, "c1", LimitKind::tokens_per_minute, 8'000);  // the bound is 7,163
  OfAlice second(table, "c2", LimitKind::tokens_per_minute, 8'000);
  REQUIRE(second.world.exchange->error());
  CHECK(second.world.exchange->error()->errc == Errc::rate_limited);
  first.answer("0.000044");
  OfAlice third(table, "c3", LimitKind::tokens_per_minute, 8'000);
  CHECK_FALSE(third.world.exchange->error());
}

TEST_CASE("a limit that is used to four fifths is named in the receipt") {
  const int64_t bound = NanoUsd::ceil(ScriptedWorld::open(kAsk).exchange->prepared().hold).nano;
  for (const int64_t more : {0, 10}) {
    CAPTURE(more);
    MemoryTable table;
    OfAlice call(table, "c1", LimitKind::usd_per_day, bound * 100 / 80 + more);
    call.answer("0.000044");
    CHECK(is_warned(call, "limit_near") == (more == 0));
  }
}
