#include "orthink/exchange/receipt.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/render.h"
#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

Answer answer_of(uint64_t prompt, uint64_t completion, std::optional<const char*> cost) {
  Answer answer;
  answer.model = "anthropic/claude-haiku-4.5";
  answer.provider = "Anthropic";
  answer.usage.state = UsageState::final_;
  answer.usage.prompt_tokens = prompt;
  answer.usage.completion_tokens = completion;
  if (cost) answer.usage.cost = Money::parse(*cost).value();
  return answer;
}

Receipt accounted(const Answer& answer, const std::optional<ModelCard>& card = golden_catalog().find("anthropic/claude-haiku-4.5")) {
  Receipt receipt;
  account(receipt, answer, card, Instant::zero());
  return receipt;
}

}  // namespace

TEST_CASE("the provider's cost is the truth, ours the check") {
  const Receipt same = accounted(answer_of(100, 20, "0.0002"));
  CHECK(same.cost->to_decimal() == "0.0002");
  CHECK(same.cost_source == CostSource::provider);
  CHECK_FALSE(same.difference_reason);

  const Receipt moved = accounted(answer_of(100, 20, "0.0004"));
  CHECK(moved.cost->to_decimal() == "0.0004");
  CHECK(moved.computed_cost->to_decimal() == "0.0002");
  CHECK(moved.difference_reason->rfind("Price moved", 0) == 0);
  CHECK(receipt_json(moved).find(R"("difference_usd":"0.0002")") != std::string::npos);
}

TEST_CASE("each difference has its reason") {
  Answer elsewhere = answer_of(100, 20, "0.0003");
  elsewhere.provider = "Some Cloud";
  CHECK(accounted(elsewhere).difference_reason->rfind("Other provider: Some Cloud", 0) == 0);

  Answer file = answer_of(100, 20, "0.0022");
  file.annotations_raw = R"([{"type":"file","file":{}}])";
  CHECK(accounted(file).difference_reason->rfind("Plugin fees", 0) == 0);

  Answer tools = answer_of(100, 20, "0.05");
  tools.usage.other_tool_requests = 2;
  CHECK(accounted(tools).difference_reason->rfind("Server tool fees", 0) == 0);

  Answer own_key = answer_of(100, 20, "0.00001");
  own_key.usage.is_byok = true;
  own_key.usage.upstream_cost = Money::parse("0.0002").value();
  const Receipt byok = accounted(own_key);
  CHECK(byok.cost->to_decimal() == "0.00021");
  CHECK(byok.difference_reason->rfind("Own provider key", 0) == 0);
}

TEST_CASE("absent is not zero") {
  const Receipt computed = accounted(answer_of(100, 20, std::nullopt));
  CHECK(computed.cost_source == CostSource::computed);
  CHECK(computed.cost->to_decimal() == "0.0002");

  const Receipt unknown = accounted(answer_of(100, 20, std::nullopt), std::nullopt);
  CHECK_FALSE(unknown.cost);
  CHECK(unknown.cost_source == CostSource::unknown);
  CHECK(receipt_json(unknown).find(R"("cost":{"usd":null,"source":"unknown","provider_usd":null,"computed_usd":null)") !=
        std::string::npos);

  Answer partial = answer_of(100, 20, "0.0002");
  partial.usage.state = UsageState::partial;
  CHECK_FALSE(accounted(partial).cost);

  Answer odd = answer_of(100, 20, std::nullopt);
  odd.usage.cost_unusable = true;
  CHECK(accounted(odd).cost_source == CostSource::computed);
  CHECK(accounted(odd).difference_reason->find("no amount of money") != std::string::npos);

  // The vendor's bill is not on the wire: the fee alone would be too little.
  Answer own_key = answer_of(100, 20, "0");
  own_key.usage.is_byok = true;
  CHECK(accounted(own_key).cost_source == CostSource::computed);
}

TEST_CASE("the receipt has the published keys in order") {
  CHECK(
      receipt_json(Receipt{}) ==
      R"({"call_id":null,"generation_id":null,"asked_model":null,"model":null,"provider":null,)"
      R"("think":{"asked":null,"sent":null,"promise":null,"budget_tokens":null,"contradiction":null},)"
      R"("usage":{"state":"none","prompt_tokens":null,"cached_tokens":null,"cache_write_tokens":null,"completion_tokens":null,"thinking_tokens":null,)"
      R"("visible_tokens":null},)"
      R"("cost":{"usd":null,"source":"unknown","provider_usd":null,"computed_usd":null,"difference_usd":null,"difference_reason":null,"held_usd":null},)"
      R"("attempts":0,"first_token_ms":null,"total_ms":null,"reasons":[],"warnings":[]})");
}

TEST_CASE("lines carry the schema once, in the first") {
  using render::Position;
  CHECK(render::output(Position::first, "a\n", 1) == R"({"schema":1,"type":"output","text":"a\n","tokens":1})");
  CHECK(render::output(Position::later, "a", 1) == R"({"type":"output","text":"a","tokens":1})");
  CHECK(render::thinking(Position::later, "h", 2, ThinkingKind::summary) ==
        R"({"type":"thinking","text":"h","tokens":2,"kind":"summary"})");
  CHECK(render::heartbeat(Position::later, "waiting", Duration::millis(10'500)) ==
        R"({"type":"heartbeat","phase":"waiting","elapsed_ms":10500})");
  CHECK(render::tool_call(Position::later, {1, "c", "f", "{}"}) ==
        R"({"type":"tool_call","index":1,"id":"c","name":"f","arguments":"{}"})");
  CHECK(render::error_json(make_error(Errc::cancelled, "m", "r")) ==
        R"({"kind":"CANCELLED","code":"cancelled","message":"m","remedy":"r","blame":"caller","retry":"no","retry_after_ms":null,)"
        R"("http_status":null,"provider":null,"scope":null,"resets_at":null})");
}

TEST_CASE("exit codes as published") {
  for (const Outcome outcome : {Outcome::answered, Outcome::tool_calls, Outcome::truncated}) CHECK(exit_code(outcome) == 0);
  for (const Outcome outcome : {Outcome::thinking_used_all, Outcome::empty, Outcome::filtered}) CHECK(exit_code(outcome) == 4);
  const std::pair<Errc, int> cases[] = {
      {Errc::invalid_argument, 2},    {Errc::thinking_mandatory, 2},   {Errc::not_a_chat_body, 2},
      {Errc::model_unknown, 2},       {Errc::price_unknown, 3},        {Errc::price_stale, 3},
      {Errc::cost_above_max, 3},      {Errc::budget_refused, 3},       {Errc::upstream_rate_limited, 1},
      {Errc::upstream_payment, 3},    {Errc::upstream_bad_request, 1}, {Errc::upstream_auth, 1},
      {Errc::first_token_timeout, 1}, {Errc::connect_failed, 1},       {Errc::internal, 1},
      {Errc::store_unavailable, 1},   {Errc::key_missing, 1},          {Errc::cancelled, 130},
      {Errc::upstream_key_limit, 3},  {Errc::upstream_free_tier, 1},   {Errc::upstream_call_too_dear, 3},
  };
  for (const auto& [errc, code] : cases) CHECK(exit_code(make_error(errc, "x")) == code);
}

TEST_CASE("an exchange tells its phase and what it has spent so far") {
  ScriptedWorld world = ScriptedWorld::open(R"({"prompt":"Why?","think":"2000"})");
  CHECK(world.exchange->phase() == "waiting");
  CHECK(world.exchange->spent_estimate() == Money::zero());
  world.start();
  world.head(200);
  world.bytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Let me think about it.\"}}]}\n\n");
  CHECK(world.exchange->phase() == "thinking");
  const Money while_thinking = world.exchange->spent_estimate();
  CHECK(while_thinking > Money::zero());
  CHECK(world.exchange->receipt().held == world.exchange->prepared().hold);
  world.bytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Because.\"}}]}\n\n");
  CHECK(world.exchange->phase() == "answering");
  CHECK(world.exchange->spent_estimate() > while_thinking);
  CHECK(world.exchange->spent_estimate() < world.exchange->prepared().hold);
}

TEST_CASE("an exchange may be moved in the middle of a call") {
  ScriptedWorld world = ScriptedWorld::open(R"({"prompt":"Why?","think":"off"})");
  world.start();
  world.head(200);
  ScriptedWorld moved = std::move(world);
  moved.bytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Because.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
  CHECK(moved.applied().back().find("\"type\":\"complete\"") != std::string::npos);
}
