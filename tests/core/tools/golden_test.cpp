// Calls of tools as text in and text out (tests/golden/tools): what is refused and in which words, what a question becomes, what a result is.
//
//   > call {"tool":T,"arguments":{...},"caller":{"id":T,"user":T,"tenant":T,"models":[T]}}
//   < {"ask":{...}} for thinking_completion that is accepted, else the result
//   > ended {"line":{...},"include":[T],"thinking":T}        what the call's last line becomes
//
// The catalogue is the compiled-in snapshot, the time that of the file.
#include <catch2/catch_test_macros.hpp>

#include "orthink/chat/prepare.h"
#include "orthink/tools/list_models.h"
#include "orthink/tools/question.h"
#include "orthink/tools/tool_result.h"
#include "tests/support/golden.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

std::vector<std::string> texts_at(const json::Value& object, std::string_view key) {
  std::vector<std::string> texts;
  if (const json::Value* list = object.find(key)) {
    for (const json::Member& each : list->members()) texts.push_back(each.value.text());
  }
  return texts;
}

access::Principal caller_of(const json::Value& given) {
  const json::Value* object = given.find("caller");
  if (object == nullptr) return access::Principal::local();
  access::Principal caller;
  caller.id = text_at(*object, "id");
  caller.user = text_at(*object, "user");
  caller.tenant = text_at(*object, "tenant");
  caller.models = texts_at(*object, "models");
  return caller;
}

std::string asked(const Question& question) {
  const Ask& ask = question.ask;
  json::Writer out;
  out.object().key("ask").object().key("model").string(ask.model).key("fallbacks").array();
  for (const std::string& each : ask.fallbacks) out.string(each);
  out.end().key("messages").value(ask.messages).key("think").string(ask.think.to_text());
  out.key("max_cost_usd").string_or_null(ask.max_cost ? std::optional(ask.max_cost->to_decimal()) : std::nullopt);
  out.key("user").string(ask.user).key("tenant").string(ask.tenant).key("session").string(ask.session).end();
  out.key("stream_id").string_or_null(question.stream_id).key("claim_space").string(question.claim_space);
  return out.end().take();
}

std::string called(const json::Value& given, Instant now) {
  const std::optional<Tool> tool = tool_named(text_at(given, "tool"));
  REQUIRE(tool.has_value());
  const access::Principal caller = caller_of(given);
  const Result<json::Value> arguments = check(*tool, *given.find("arguments"));
  if (!arguments) return error_result(arguments.error());
  if (*tool == Tool::list_models) {
    const Result<std::string> list = list_models(*arguments, Catalog::snapshot(), caller);
    return list ? *list : error_result(list.error());
  }
  const Result<Question> asks = question(*arguments, caller);
  if (!asks) return error_result(asks.error());
  if (*tool == Tool::thinking_completion) return asked(*asks);
  REQUIRE(*tool == Tool::plan_request);
  return plan_result(plan_document(asks->ask, Catalog::snapshot(), {.now = now}));
}

std::string ended(const json::Value& given) {
  const std::string line = json::dump(*given.find("line"));
  const std::string thinking = text_at(given, "thinking");
  Ended ended{.line = line, .stream_id = "s-1", .thinking = thinking};
  for (const std::string& each : texts_at(given, "include")) {
    ended.include.thinking = ended.include.thinking || each == "thinking";
    ended.include.message = ended.include.message || each == "message";
  }
  return result_of(ended);
}

}  // namespace

TEST_CASE("calls of tools give what is written") {
  const std::vector<std::string> files = test::golden_files("tools");
  REQUIRE(files.size() >= 4);
  for (const std::string& file : files) {
    DYNAMIC_SECTION(file) {
      test::check_golden(test::read_golden(file), [](const std::string& kind, const std::string& text, int64_t ms) -> std::vector<std::string> {
        const Result<json::Value> given = json::parse(text);
        REQUIRE(given.ok());
        return {kind == "ended" ? ended(*given) : called(*given, Instant::from_ms(ms))};
      });
    }
  }
}
