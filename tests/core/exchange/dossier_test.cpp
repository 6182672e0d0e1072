// What is kept of a call beside its rows: the dossier in the batch that closes it.
#include "orthink/exchange/dossier.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

constexpr std::string_view kAsk = R"({"prompt":"Why?","think":"2000","user":"alice","max_cost_usd":"0.5"})";
constexpr std::string_view kAnswer =
    "data: {\"id\":\"gen-1\",\"provider\":\"Anthropic\",\"model\":\"anthropic/claude-haiku-4.5\",\"choices\":[{\"index\":0,\"delta\":{"
    "\"content\":\"So.\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":14,\"completion_tokens\":6,\"total_tokens\":20,\"cost\":0.000044}}\n\n"
    "data: [DONE]\n\n";

ScriptedWorld opened(ExchangeOptions options = {}) {
  options.witness = open_dossier;
  return ScriptedWorld::open(kAsk, std::move(options));
}

json::Value dossier_of(const ScriptedWorld& world) {
  const Result<json::Value> document = json::parse(world.documents.at("call/call"));
  REQUIRE(document.ok());
  return *document;
}

std::vector<std::string> codes_of(const json::Value& dossier) {
  std::vector<std::string> codes;
  for (const json::Member& decision : dossier.find("decisions")->members()) codes.push_back(decision.value.find("code")->text());
  return codes;
}

const json::Value& decision(const json::Value& dossier, std::string_view code) {
  for (const json::Member& each : dossier.find("decisions")->members())
    if (each.value.find("code")->text() == code) return each.value;
  FAIL("no decision " << code);
  return dossier;
}

ScriptedWorld failing_twice() {
  ExchangeOptions options;
  options.entropy = 1;
  ScriptedWorld world = opened(std::move(options));
  world.start();
  world.head(429);
  world.bytes(R"({"error":{"code":429,"message":"slow"}})");
  world.end();
  return world;
}

}  // namespace

TEST_CASE("the batch that settles a call carries its dossier, and the last event is the one that is polled") {
  ScriptedWorld world = opened();
  world.start();
  world.head(200);
  CHECK(world.documents.empty());
  world.bytes(kAnswer);
  REQUIRE(world.batch.rows.at(0).to == HoldState::settled);
  REQUIRE(world.batch.is_durable);
  REQUIRE(world.batch.documents.size() == 1);
  const DocumentWrite& write = world.batch.documents.front();
  CHECK(write.key == dossier_key("call"));
  CHECK(write.expects == DocumentWrite::Expects::anything);
  CHECK(write.expires == world.now + kDossierKeptFor);
  world.applied();
  const json::Value dossier = dossier_of(world);
  CHECK(codes_of(dossier) == std::vector<std::string>{"planned", "reserved", "sent", "head", "leg_ended", "settled"});
  CHECK(dossier.find("asked")->find("user")->text() == "alice");
  CHECK(dossier.find("asked")->find("max_cost_usd")->text() == "0.5");
  std::string line = json::dump(*dossier.find("complete"));
  line.erase(1, std::string_view("\"schema\":1,").size());  // the line of a whole stream has it in its first one alone
  CHECK(line == world.lines.back());
}

TEST_CASE("a reservation's decision names where every limit stands") {
  ExchangeOptions options;
  Limits limits;
  limits.set(LimitKind::usd_per_day, 1'000'000'000);
  options.ledger.scopes = {{Scope{}, Limits{}}, {Scope{ScopeKind::user, "alice"}, limits}};
  ScriptedWorld world = opened(std::move(options));
  StoreReply reply;
  reply.ticket = world.ticket;
  reply.values = {0, 0, 0, 0, 0, 40'000'000, 30'000'000, 0, 0, 1};
  world.handle(reply);
  world.handle(input::Cancel{});
  world.applied();
  world.applied();
  const json::Value dossier = dossier_of(world);
  CHECK(decision(dossier, "reserved").find("inputs")->find("user:alice usd_per_day")->text() ==
        "user:alice may use $1 a day: $0.01 spent, $0.03 held");
  CHECK(codes_of(dossier) == std::vector<std::string>{"planned", "reserved", "cancelled", "released"});
  CHECK(dossier.find("error")->find("error")->find("code")->text() == "cancelled");
}

TEST_CASE("a call that goes on is not closed; cancelled while it waits, its end is kept alone") {
  ScriptedWorld world = failing_twice();
  CHECK(world.batch.rows.at(0).to == HoldState::released);
  CHECK(world.batch.documents.empty());
  world.applied();
  world.handle(input::Cancel{});
  REQUIRE(world.exchange->is_over());
  const json::Value dossier = dossier_of(world);
  CHECK(codes_of(dossier) ==
        std::vector<std::string>{"planned", "reserved", "sent", "head", "leg_ended", "retry", "released", "cancelled"});
  CHECK(json::dump(*dossier.find("error")->find("receipt")) ==
        json::dump(*json::parse(world.lines.back())->find("receipt")));
}

TEST_CASE("a refused reservation is told of, unless there is nowhere to keep it") {
  ScriptedWorld refused = opened();
  refused.refused(StoreReply::Verdict::guard_failed, "b/global");
  REQUIRE(refused.exchange->is_over());
  CHECK(decision(dossier_of(refused), "refused").find("inputs")->find("key")->text() == "b/global");
  ScriptedWorld away = opened();
  away.refused(StoreReply::Verdict::unavailable);
  REQUIRE(away.exchange->is_over());
  CHECK(away.documents.empty());
}

TEST_CASE("a document in the way does not keep a row from being closed") {
  ScriptedWorld world = opened();
  world.start();
  world.head(200);
  world.bytes(kAnswer);
  world.refused(StoreReply::Verdict::document_conflict);
  CHECK_FALSE(world.exchange->is_over());
  CHECK(world.batch.rows.at(0).to == HoldState::settled);
  CHECK(world.batch.documents.empty());
  world.applied();
  CHECK(world.exchange->is_over());
}

TEST_CASE("without a witness nothing is kept") {
  ScriptedWorld world = ScriptedWorld::open(kAsk);
  world.start();
  world.head(401);
  world.end();
  world.applied();
  CHECK(world.exchange->is_over());
  CHECK(world.documents.empty());
}
