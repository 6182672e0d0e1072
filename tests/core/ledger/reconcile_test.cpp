#include "orthink/ledger/reconcile.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/ledger/ledger.h"
#include "orthink/ledger/memory_table.h"

using namespace orthink;
using reconcile::Verdict;

namespace {

const Instant kBegun{1'795'521'600'000'000};

HoldRecord unknown(const char* generation = "gen-1") {
  HoldRecord record;
  record.call_id = "call-1";
  record.row = 1;
  record.scopes = {Scope{}};
  record.bound = {900'000};
  record.created = kBegun;
  record.deadline = kBegun + Duration::seconds(900);
  record.generation_id = generation;
  return record;
}

constexpr std::string_view kFound =
    R"({"data":{"id":"gen-1","total_cost":0.0000712500001,"is_byok":false,"upstream_inference_cost":5,"cancelled":true,"model":"m/x",)"
    R"("provider_name":"P","native_tokens_prompt":7,"native_tokens_completion":11,"native_tokens_reasoning":3}})";

}  // namespace

TEST_CASE("the generation is asked for by its encoded id") {
  CHECK(reconcile::can_ask(unknown()));
  CHECK_FALSE(reconcile::can_ask(unknown("")));
  CHECK(reconcile::request(unknown("gen-1 &x=%\xc3\xa4")).path == "/generation?id=gen-1%20%26x%3D%25%C3%A4");
}

TEST_CASE("what the upstream says is settled, rounded up to a nano-dollar, tokens included") {
  const Verdict verdict = reconcile::judge(unknown(), 200, kFound, kBegun);
  REQUIRE(verdict.kind == Verdict::Kind::settled);
  CHECK(verdict.record.actual.nano == 71'250);
  CHECK(verdict.record.source == AmountSource::provider);
  CHECK_FALSE(verdict.record.is_flagged);
  CHECK(verdict.record.model == "m/x");
  CHECK(verdict.record.usage.thinking_tokens == 3);
  const Verdict above = reconcile::judge(unknown(), 200, R"({"data":{"total_cost":0.000900001}})", kBegun);
  CHECK(above.record.actual.nano == 900'001);
  CHECK(above.record.is_flagged);
  const Verdict own_key = reconcile::judge(unknown(), 200, R"({"data":{"total_cost":0.0001,"is_byok":true,"upstream_inference_cost":2e-4}})", kBegun);
  CHECK(own_key.record.actual.nano == 300'000);
}

TEST_CASE("an answer that does not say the cost is asked for again and never settles") {
  const std::pair<int, std::string_view> answers[] = {{0, ""},
                                                      {404, R"({"error":{"code":404}})"},
                                                      {500, ""},
                                                      {401, ""},
                                                      {200, "{"},
                                                      {200, "[]"},
                                                      {200, R"({"data":null})"},
                                                      {200, R"({"data":{"total_cost":null}})"},
                                                      {200, R"({"data":{"total_cost":"0.1"}})"},
                                                      {200, R"({"data":{"total_cost":-1}})"}};
  for (const auto& [status, body] : answers) {
    INFO(status << " " << body);
    const Verdict verdict = reconcile::judge(unknown(), status, body, kBegun);
    CHECK(verdict.kind == Verdict::Kind::ask_again);
    CHECK(verdict.record.asks == 1);
    CHECK(verdict.due > kBegun);
  }
}

TEST_CASE("it is asked after 1, 2, 4 ... 60 s for ten minutes, hourly for a day, then the bound is charged and flagged") {
  Verdict verdict;
  verdict.record = unknown();
  Instant now = kBegun;
  std::vector<int64_t> pauses;
  while (true) {
    verdict = reconcile::judge(verdict.record, 404, "", now);
    if (verdict.kind != Verdict::Kind::ask_again) break;
    pauses.push_back((verdict.due - now).us / 1'000'000);
    now = verdict.due;
    REQUIRE(pauses.size() < 100);
  }
  REQUIRE(pauses.size() > 15);
  CHECK(std::vector<int64_t>(pauses.begin(), pauses.begin() + 8) == std::vector<int64_t>{1, 2, 4, 8, 16, 32, 60, 60});
  CHECK(pauses.back() == 3600);
  CHECK(now - kBegun >= Duration::seconds(24 * 3600));
  CHECK(now - kBegun < Duration::seconds(25 * 3600));
  CHECK(verdict.kind == Verdict::Kind::charged_bound);
  CHECK(verdict.record.actual == verdict.record.bound);
  CHECK(verdict.record.is_flagged);
}

TEST_CASE("without a generation the bound is charged once the call must be dead, not before") {
  const Verdict early = reconcile::judge_nameless(unknown(""), Instant{unknown("").deadline.us - 1});
  CHECK(early.kind == Verdict::Kind::ask_again);
  CHECK(early.due == unknown("").deadline);
  CHECK(reconcile::judge_nameless(unknown(""), unknown("").deadline).kind == Verdict::Kind::charged_bound);
}

TEST_CASE("verdicts move the row: held until settled, and a settled one is not settled twice") {
  MemoryTable table;
  const ledger::ScopeList limits{{Scope{}, Limits{}}};
  const HoldRecord record = unknown();
  for (const StoreBatch& batch : {ledger::reserve(record, limits, "e", kBegun), ledger::mark_sent(record, "e", kBegun),
                                  ledger::leave_unknown(record, kBegun, kBegun)})
    REQUIRE(table.apply(batch).verdict == StoreReply::Verdict::applied);
  const std::string held = ledger::held_key(Scope{}, false, record.day);
  const Verdict later = reconcile::judge(record, 404, "", kBegun);
  REQUIRE(table.apply(reconcile::batch(later, HoldState::unknown, kBegun)).verdict == StoreReply::Verdict::applied);
  CHECK(table.rows().at("call-1/1").due == later.due);
  CHECK(table.counter(held) == 900'000);
  const Verdict found = reconcile::judge(later.record, 200, kFound, kBegun);
  REQUIRE(table.apply(reconcile::batch(found, HoldState::unknown, kBegun)).verdict == StoreReply::Verdict::applied);
  CHECK(table.counter(held) == 0);
  CHECK(table.counter(ledger::committed_key(Scope{}, false, record.day)) == 71'250);
  CHECK(table.apply(reconcile::batch(found, HoldState::unknown, kBegun)).verdict == StoreReply::Verdict::row_conflict);
}

TEST_CASE("a settled row agrees with the upstream to the nano-dollar, or is disputed") {
  HoldRecord settled = unknown();
  settled.actual = {71'250};
  const Result<reconcile::Generation> generation = reconcile::read_generation(kFound);
  REQUIRE(generation);
  CHECK(reconcile::compare(settled, *generation) == reconcile::Agreement::agreed);
  settled.actual = {71'251};
  CHECK(reconcile::compare(settled, *generation) == reconcile::Agreement::disputed);
  CHECK(reconcile::compare(settled, std::nullopt) == reconcile::Agreement::unknown);
}

TEST_CASE("a generation's document of other types says what it can, or nothing") {
  CHECK_FALSE(reconcile::read_generation("[]"));
  CHECK_FALSE(reconcile::read_generation("{}"));
  CHECK_FALSE(reconcile::read_generation(R"({"data":5})"));
  const auto odd = reconcile::read_generation(R"({"data":{"total_cost":0.5,"upstream_inference_cost":1,"is_byok":1,"model":5,"cancelled":true}})");
  REQUIRE(odd);
  CHECK(odd->cost == *Money::parse("0.5"));
  CHECK(odd->model.empty());
  CHECK(odd->is_cancelled);
  const auto byok = reconcile::read_generation(R"({"data":{"total_cost":0.5,"upstream_inference_cost":1,"is_byok":true,"cancelled":false}})");
  REQUIRE(byok);
  CHECK(byok->cost == *Money::parse("1.5"));
  const auto costless = reconcile::read_generation(R"({"data":{"total_cost":"0.5"}})");
  REQUIRE(costless);
  CHECK(reconcile::compare(unknown(), *costless) == reconcile::Agreement::unknown);
}

TEST_CASE("an id is written as itself or as percent signs") {
  CHECK(reconcile::request(unknown("aZ09-._~/ \xC3\xBC")).path == "/generation?id=aZ09-._~%2F%20%C3%BC");
}
