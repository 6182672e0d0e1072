#include "orthink/tools/tool_result.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "orthink/chat/prepare.h"
#include "orthink/exchange/render.h"
#include "orthink/ledger/budget.h"
#include "orthink/ledger/report.h"
#include "orthink/tools/progress_text.h"
#include "orthink/tools/wording.h"
#include "tests/core/tools/schema_check.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

// A result as a client sees it; fails where it does not fit the tool's output schema or has no twin.
json::Value seen(Tool tool, const std::string& text) {
  const Result<json::Value> result = json::parse(text, {.bytes_max = text.size()});
  INFO(text.substr(0, 2000));
  REQUIRE(result.ok());
  for (const Definition& each : definitions()) {
    if (each.name != name(tool)) continue;
    const Result<json::Value> definition = json::parse(each.json);
    CHECK(test::misfit(*definition->find("outputSchema"), *result->find("structuredContent")).empty());
  }
  return *result;
}

std::string content(const json::Value& result, size_t index) { return result.find("content")->members()[index].value.find("text")->text(); }
bool is_error(const json::Value& result) { return result.find("isError") != nullptr && result.find("isError")->as_bool(); }
const json::Value& structured(const json::Value& result) { return *result.find("structuredContent"); }

Receipt receipt() {
  Receipt receipt;
  receipt.call_id = "call-1";
  receipt.model = "anthropic/claude-haiku-4.5";
  receipt.provider = "Anthropic";
  receipt.promise = Promise::soft;
  receipt.cost = Money{12'300'000'000};
  receipt.cost_source = CostSource::provider;
  receipt.warnings.push_back({"w", "A warning."});
  return receipt;
}

std::string complete(const Answer& answer, Outcome outcome, const Receipt& receipt) {
  return render::complete(render::Position::later, answer, outcome, receipt);
}

Answer answer_of(std::string text) {
  Answer answer;
  answer.output = std::move(text);
  answer.has_content_null = false;
  answer.finish_reason = "stop";
  return answer;
}

}  // namespace

TEST_CASE("an answer comes first as it is, then what it was and cost") {
  const std::string line = complete(answer_of("Because."), Outcome::answered, receipt());
  const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line, .stream_id = "s"}));
  CHECK_FALSE(is_error(result));
  REQUIRE(result.find("content")->members().size() == 2);
  CHECK(content(result, 0) == "Because.");
  const json::Value& all = structured(result);
  CHECK(all.find("state")->text() == "done");
  CHECK(all.find("stream_id")->text() == "s");
  CHECK(all.find("text")->text() == "Because.");
  CHECK(all.find("outcome")->text() == "answered");
  CHECK(all.find("finish_reason")->text() == "stop");
  CHECK(all.find("cost_usd")->text() == "0.0123");
  CHECK(json::dump(*all.find("receipt")) == receipt_json(receipt()));
  CHECK(all.find("message") == nullptr);
  json::Value without = all;
  without.erase("text");
  CHECK(content(result, 1) == json::dump(without));
}

TEST_CASE("a cost that is not known is null, never 0") {
  Receipt unknown = receipt();
  unknown.cost.reset();
  unknown.cost_source = CostSource::unknown;
  const std::string line = complete(answer_of("x"), Outcome::answered, unknown);
  const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line}));
  CHECK(structured(result).find("cost_usd")->is_null());
  CHECK(structured(result).find("receipt")->find("cost")->find("usd")->is_null());
}

TEST_CASE("thinking and message come where they are asked for") {
  Answer answer = answer_of("x");
  const std::string line = complete(answer, Outcome::answered, receipt());
  const json::Value result =
      seen(Tool::get_result, result_of(Ended{.line = line, .include = {.thinking = true, .message = true}, .thinking = "Hm."}));
  CHECK(structured(result).find("thinking")->text() == "Hm.");
  CHECK(structured(result).find("message")->find("role")->text() == "assistant");
  CHECK(content(result, 1).find("Hm.") == std::string::npos);
}

TEST_CASE("tool calls are told in words and whole, with the message to send back") {
  Answer answer;
  answer.tool_calls.push_back({.index = 0, .id = "c1", .name = "rate", .arguments = "{\"a\":1}"});
  answer.finish_reason = "tool_calls";
  const std::string line = complete(answer, Outcome::tool_calls, receipt());
  const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line}));
  CHECK_FALSE(is_error(result));
  CHECK(content(result, 0) == "The model calls rate({\"a\":1}).");
  CHECK(structured(result).find("tool_calls")->members().size() == 1);
  CHECK(structured(result).find("message")->find("tool_calls") != nullptr);
}

TEST_CASE("an answer that is none is an error with its advice and its price") {
  for (const Outcome outcome : {Outcome::thinking_used_all, Outcome::empty, Outcome::filtered}) {
    const std::string line = complete(answer_of(""), outcome, receipt());
    const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line}));
    CHECK(is_error(result));
    CHECK(content(result, 0) == as_arguments(advice(outcome)));
    CHECK(content(result, 0).find("--") == std::string::npos);
    CHECK(structured(result).find("outcome")->text() == name(outcome));
    CHECK(structured(result).find("cost_usd")->text() == "0.0123");
  }
  const std::string cut = complete(answer_of("Half"), Outcome::truncated, receipt());
  CHECK_FALSE(is_error(seen(Tool::thinking_completion, result_of(Ended{.line = cut}))));
}

TEST_CASE("a failed call tells kind, code, remedy and retry, in words of this interface") {
  Error error = make_error(Errc::cost_above_max, "the call could cost $0.09");
  const json::Value refusal = seen(Tool::thinking_completion, error_result(error));
  CHECK(is_error(refusal));
  CHECK(content(refusal, 0) ==
        "BUDGET_EXCEEDED (cost_above_max): the call could cost $0.09. Raise max_cost_usd, lower the thinking or the total cap, or pass fit: true to have "
        "them lowered. Change the call before you try again.");
  const json::Value& told = *structured(refusal).find("error");
  CHECK(told.find("blame")->text() == "policy");
  CHECK(told.find("retry")->text() == "changed");
  CHECK(told.find("retry_after_ms")->is_null());

  Error limited = make_error(Errc::rate_limited, "user:alice has made 20 requests this minute");
  limited.retry_after = Duration::millis(2'500);
  const std::string line = render::failed(render::Position::later, limited, receipt());
  const json::Value failure = seen(Tool::thinking_completion, result_of(Ended{.line = line, .stream_id = "s"}));
  CHECK(is_error(failure));
  CHECK(structured(failure).find("state")->text() == "failed");
  CHECK(structured(failure).find("cost_usd")->text() == "0.0123");
  CHECK(structured(failure).find("error")->find("retry_after_ms")->text() == "2500");
  CHECK(content(failure, 0).ends_with("Ask again after 3 s."));

  const json::Value away = seen(Tool::thinking_completion, error_result(make_error(Errc::store_unavailable, "Redis is away", "See to it.")));
  CHECK(content(away, 0).ends_with("See to it. Ask again later."));
}

TEST_CASE("every error of every tool fits the schema of its results, and speaks of no flag") {
  for (const ErrorRow& row : error_rows()) {
    const Error error = make_error(row.errc, "it went wrong");
    for (const ToolRow& tool : tool_rows()) {
      const json::Value result = seen(tool.tool, error_result(error));
      CHECK(is_error(result));
      INFO(content(result, 0));
      std::string said = content(result, 0);
      if (const size_t command = said.find("`orthink models --refresh` on the server"); command != std::string::npos) said.erase(command, 26);
      CHECK(said.find("--") == std::string::npos);
    }
  }
}

TEST_CASE("a replay says that nothing was bought now, in the data, the text and the twin") {
  const std::string line = complete(answer_of("Because."), Outcome::answered, receipt());
  const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line, .stream_id = "s", .is_replayed = true}));
  REQUIRE(structured(result).find("replayed") != nullptr);
  CHECK(structured(result).find("replayed")->as_bool());
  REQUIRE(result.find("content")->members().size() == 3);
  CHECK(content(result, 0) == "Because.");
  CHECK(content(result, 1) ==
        "This is how the earlier call with the same idempotency_key ended: nothing was bought now, and cost_usd is what that call cost.");
  CHECK(content(result, 2).find("\"replayed\":true") != std::string::npos);

  const std::string failure = render::failed(render::Position::later, make_error(Errc::stream_truncated, "it broke off"), receipt());
  const json::Value failed = seen(Tool::thinking_completion, result_of(Ended{.line = failure, .is_replayed = true}));
  CHECK(structured(failed).find("replayed")->as_bool());
}

TEST_CASE("thinking that was lowered or contradicted shows in the text and among the warnings") {
  Receipt lowered = receipt();
  lowered.reasons.push_back({"fitted", "Thinking was lowered from 16000 to 2000, to fit the max_cost of $0.04."});
  lowered.contradiction = "Thinking was asked for (2000), but none came back and none was counted.";
  const std::string line = complete(answer_of("Because."), Outcome::answered, lowered);
  const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line}));
  CHECK(content(result, 1) ==
        "Thinking was lowered from 16000 to 2000, to fit the max_cost_usd of $0.04. Thinking was asked for (2000), but none came back and none was "
        "counted.");
  const json::Value& warnings = *structured(result).find("receipt")->find("warnings");
  REQUIRE(warnings.members().size() == 3);
  CHECK(warnings.members()[1].value.find("code")->text() == "fitted");
  CHECK(warnings.members()[2].value.find("code")->text() == "thinking_contradicted");
}

TEST_CASE("remedies name arguments, and nobody is told two things about trying again") {
  CHECK(as_arguments("Raise max_tokens above 10, lower the answer floor, or turn thinking off.") ==
        "Raise max_tokens above 10, lower answer_tokens, or turn thinking off.");
  CHECK(as_arguments("No smaller setting fits: raise max_cost, shorten the prompt.") == "No smaller setting fits: raise max_cost_usd, shorten the prompt.");
  CHECK(as_arguments("Leave it out, or be lenient to have it dropped.") == "Leave it out, or pass lenient: true to have it dropped.");
  CHECK(as_arguments("Wait, or raise it: `orthink budget set user:a --usd-per-day USD`.") ==
        "Wait, or have it raised on the server: `orthink budget set user:a --usd-per-day USD`.");
  const json::Value stopped = seen(Tool::thinking_completion, error_result(make_error(Errc::cancelled, "the call was cancelled")));
  CHECK(content(stopped, 0).find("try again") == std::string::npos);
}

TEST_CASE("an answer above the cap is cut between characters and says so") {
  std::string text(limits::kToolTextBytesMax - 1, 'x');
  text += "\xc3\xa9tail";
  const std::string line = complete(answer_of(text), Outcome::answered, receipt());
  const json::Value result = seen(Tool::thinking_completion, result_of(Ended{.line = line}));
  CHECK(structured(result).find("text")->text().size() == limits::kToolTextBytesMax - 1);
  CHECK(structured(result).find("text_is_cut")->as_bool());
  const std::string whole = complete(answer_of(text.substr(0, limits::kToolTextBytesMax - 1)), Outcome::answered, receipt());
  CHECK(structured(seen(Tool::thinking_completion, result_of(Ended{.line = whole}))).find("text_is_cut") == nullptr);
}

TEST_CASE("a line that is none of ours is an internal error, not a crash") {
  for (const std::string_view line : {"", "{}", "[]", "null", R"({"type":"complete"})", R"({"type":"error","error":3})", R"({"type":"complete","outcome":"odd"})"}) {
    const json::Value result = seen(Tool::get_result, result_of(Ended{.line = line}));
    CHECK(is_error(result));
    CHECK(structured(result).find("error")->find("code")->text() == "internal");
  }
}

TEST_CASE("a running call tells how to fetch it") {
  const json::Value result = seen(Tool::thinking_completion, result_of(Running{.stream_id = "s-1",
                                                                              .phase = "thinking",
                                                                              .elapsed = Duration::millis(2500),
                                                                              .thinking_tokens = 1024,
                                                                              .output_tokens = 0,
                                                                              .spent = Money{12'300'000'000},
                                                                              .held = Money{50'000'000'000}}));
  CHECK(content(result, 0) ==
        "Still running (thinking, 1,024 thinking and 0 answer tokens, $0.0123 spent, $0.05 held). Call get_result with stream_id \"s-1\" for the answer.");
  CHECK(content(result, 1) == json::dump(structured(result)));
  CHECK(json::dump(structured(result)) ==
        R"({"state":"running","stream_id":"s-1","phase":"thinking","elapsed_ms":2500,"thinking_tokens":1024,"output_tokens":0,"spent_usd":"0.0123","held_usd":"0.05"})");
}

TEST_CASE("cancelled and health have their schema") {
  const json::Value stopped = seen(Tool::cancel_stream, result_of(Cancelled{.stream_id = "s", .had_ended = false, .spent = Money{1'000'000'000}, .held = {}}));
  CHECK(json::dump(structured(stopped)) == R"({"stream_id":"s","state":"cancelling","spent_usd":"0.001","held_usd":null})");
  const auto ended = [](std::string_view line) {
    return json::dump(structured(seen(Tool::cancel_stream, result_of(Cancelled{.stream_id = "s", .had_ended = true, .spent = {}, .held = {}, .line = line}))));
  };
  CHECK(ended("") == R"({"stream_id":"s","state":"failed","spent_usd":"0","held_usd":"0"})");
  CHECK(ended(complete(answer_of("x"), Outcome::answered, receipt())) == R"({"stream_id":"s","state":"done","spent_usd":"0.0123","held_usd":null})");
  CHECK(ended(render::failed(render::Position::later, make_error(Errc::cancelled, "the call was cancelled"), receipt())) ==
        R"({"stream_id":"s","state":"cancelled","spent_usd":"0.0123","held_usd":null})");
  const json::Value ok = seen(Tool::health, result_of(Health{.version = "1", .uptime = Duration::seconds(5), .calls_running = 2, .problems = {}}));
  CHECK(json::dump(structured(ok)) == R"({"status":"ok","version":"1","uptime_s":5,"calls_running":2,"problems":[]})");
  const json::Value bad = seen(Tool::health, result_of(Health{.version = "1", .uptime = {}, .calls_running = 0, .problems = {"No key."}}));
  CHECK(content(bad, 0) == "degraded: No key.");
}

TEST_CASE("a plan is a sentence and a document without the messages") {
  const Result<Ask> ask = parse_ask(R"({"prompt":"Why?","think":"4k"})");
  const json::Value plan = seen(Tool::plan_request, plan_result(plan_document(*ask, Catalog::snapshot(), {})));
  CHECK_FALSE(is_error(plan));
  CHECK(structured(plan).find("ok")->as_bool());
  CHECK(structured(plan).find("body")->find("messages") == nullptr);
  CHECK(structured(plan).find("body")->find("max_tokens") != nullptr);
  CHECK(content(plan, 0).starts_with("Would ask anthropic/claude-haiku-4.5 with thinking 4000 (promise: soft), for at most $"));

  const Result<Ask> dear = parse_ask(R"({"prompt":"Why?","think":"16k","max_cost_usd":"0.04"})");
  const json::Value refusal = seen(Tool::plan_request, plan_result(plan_document(*dear, Catalog::snapshot(), {})));
  CHECK_FALSE(structured(refusal).find("ok")->as_bool());
  CHECK(content(refusal, 0).starts_with("Would be refused. BUDGET_EXCEEDED (cost_above_max): "));
  REQUIRE(structured(refusal).find("nearest")->is_object());
  CHECK(structured(refusal).find("nearest")->find("think") == nullptr);
  CHECK(structured(refusal).find("nearest")->find("thinking") != nullptr);
}

TEST_CASE("the documents of the ledger fit the schemas of their tools") {
  HoldRecord record;
  record.call_id = "call-1";
  record.row = 1;
  record.scopes = {{ScopeKind::global, ""}, {ScopeKind::user, "alice"}};
  record.model = "a/b";
  record.actual = NanoUsd{1'000'000};
  record.source = AmountSource::provider;
  record.created = Instant::from_ms(1'787'400'000'000);
  for (const HoldState state : {HoldState::settled, HoldState::unknown}) {
    for (const ReportBy by : {ReportBy::model, ReportBy::user, ReportBy::day, ReportBy::tenant}) {
      Report report({.since = {}, .until = {}, .by = by, .now = record.created});
      report.add(record, state);
      const json::Value result = seen(Tool::usage_report, document_result("So far.", report.json()));
      CHECK(content(result, 0) == "So far.");
      CHECK(content(result, 1) == report.json());
    }
  }
  Limits limits;
  limits.set(LimitKind::usd_per_day, 5'000'000'000);
  limits.set(LimitKind::requests_per_minute, 20);
  const ledger::ScopeList scopes{{{ScopeKind::global, ""}, limits}, {{ScopeKind::user, "alice"}, {}}};
  const std::string standing = budget::json(budget::states(scopes, {}, {}, record.created));
  CHECK(content(seen(Tool::budget_status, document_result("Limits.", standing)), 1) == standing);
}

TEST_CASE("progress is one line of phase, tokens and dollars") {
  const Money spent{12'300'000'000};
  const Money held{50'000'000'000};
  CHECK(progress_message({"waiting", 0, 0, Money::zero(), Money::zero()}) == "waiting");
  CHECK(progress_message({"waiting", 0, 0, Money::zero(), held}) == "waiting: $0 spent, $0.05 held");
  CHECK(progress_message({"thinking", 1024, 0, spent, held}) == "thinking: 1,024 tokens, $0.0123 spent, $0.05 held");
  CHECK(progress_message({"answering", 1024, 300, spent, held}) == "answering: 1,024 thinking and 300 answer tokens, $0.0123 spent, $0.05 held");
  CHECK(progress_value({"answering", 1024, 300, spent, held}) == 1324);
}

TEST_CASE("foreign text in a sentence steers nothing and hides nothing") {
  CHECK(seen_text("a\x1b[31mb\xe2\x80\xae"
                  "c\xf3\xa0\x81\x81"
                  "d\ne") == "a\xef\xbf\xbd[31mb\xef\xbf\xbd"
                             "cd e");
}
