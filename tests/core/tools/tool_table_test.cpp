#include "orthink/tools/tool_table.h"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "orthink/chat/ask.h"
#include "tests/core/tools/schema_check.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

json::Value parsed(std::string_view text) {
  Result<json::Value> value = json::parse(text);
  INFO(text);
  REQUIRE(value.ok());
  return *value;
}

json::Value schema_of(Tool tool, std::string_view which) {
  for (const Definition& each : definitions()) {
    if (each.name == name(tool)) return *parsed(each.json).find(which);
  }
  FAIL("no such tool");
  return {};
}

Error refused(Tool tool, std::string_view arguments) {
  const Result<json::Value> checked = check(tool, parsed(arguments));
  INFO(arguments);
  REQUIRE_FALSE(checked.ok());
  CHECK(checked.error().kind == Kind::validation_error);
  CHECK_FALSE(checked.error().remedy.empty());
  return checked.error();
}

void check_plain(const json::Value& schema, const std::string& place) {
  INFO(place);
  CHECK(test::unknown_keyword(schema).empty());
  if (const json::Value* type = schema.find("type")) CHECK(type->is_string());
  if (const json::Value* properties = schema.find("properties")) {
    for (const json::Member& each : properties->members()) check_plain(each.value, place + "." + each.key);
  }
}

}  // namespace

// One text serves thinking_completion and plan_request; it said of both that they heed the limits.
TEST_CASE("what fit lowers for the limits it lowers at the purchase, not at the plan") {
  const json::Value schema = schema_of(Tool::thinking_completion, "inputSchema");
  CHECK(schema.find("properties")->find("fit")->find("description")->text().find("when bought, the limits") != std::string::npos);
}

TEST_CASE("the list of tools is under 12,000 bytes and its names are those promised") {
  std::string list = "{\"tools\":[";
  std::set<std::string> names;
  for (const Definition& each : definitions()) {
    list += each.json + ",";
    names.insert(std::string(each.name));
  }
  INFO(list.size());
  constexpr size_t kEnvelope = 320;  // what the modern protocol puts around it
  CHECK(list.size() + kEnvelope < 12'000);
  CHECK(names == std::set<std::string>{"thinking_completion", "get_result", "cancel_stream", "plan_request", "list_models", "usage_report",
                                       "budget_status", "health"});
}

TEST_CASE("every definition has title, description, all four hints and plain schemas") {
  for (const Definition& each : definitions()) {
    INFO(each.json);
    const json::Value definition = parsed(each.json);
    CHECK(definition.find("name")->text().size() <= 40);
    CHECK_FALSE(definition.find("title")->text().empty());
    CHECK_FALSE(definition.find("description")->text().empty());
    for (const char* hint : {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}) {
      const json::Value* value = definition.find("annotations")->find(hint);
      REQUIRE(value != nullptr);
      CHECK(value->is_boolean());
    }
    for (const char* which : {"inputSchema", "outputSchema"}) {
      const json::Value* schema = definition.find(which);
      REQUIRE(schema != nullptr);
      CHECK(schema->find("type")->text() == "object");
      CHECK(schema->find("anyOf") == nullptr);
      check_plain(*schema, std::string(each.name) + "." + which);
    }
    CHECK_FALSE(definition.find("inputSchema")->find("additionalProperties")->as_bool());
    CHECK(definition.find("outputSchema")->find("properties")->find("error") != nullptr);
  }
}

TEST_CASE("only what buys says that it changes the world") {
  for (const ToolRow& each : tool_rows()) {
    INFO(each.name);
    CHECK(&row(each.tool) == &each);
    CHECK(tool_named(each.name) == each.tool);
    CHECK(each.annotations.is_open_world == (each.tool == Tool::thinking_completion));
    CHECK_FALSE(each.annotations.is_destructive);
  }
  CHECK_FALSE(tool_named("Health").has_value());
  CHECK_FALSE(tool_named("").has_value());
}

TEST_CASE("the instructions are a few sentences") {
  const std::string text(instructions());
  const auto sentences = std::count(text.begin(), text.end(), '.');
  CHECK(sentences >= 3);
  CHECK(sentences <= 6);
  CHECK(text.size() < 1000);
}

TEST_CASE("everything that an ask can say has a place among the arguments") {
  const json::Value properties = *schema_of(Tool::thinking_completion, "inputSchema").find("properties");
  const std::set<std::string_view> elsewhere = {"models", "think", "stream", "user", "tenant", "session", "metadata"};
  for (const std::string_view field : ask_fields()) {
    INFO(field);
    if (properties.find(field) != nullptr || elsewhere.contains(field)) continue;
    const Error error = refused(Tool::thinking_completion, "{\"prompt\":\"x\",\"" + std::string(field) + "\":1}");
    CHECK(error.remedy == "Give it as options." + std::string(field) + ".");
  }
}

TEST_CASE("defaults are written out, the given ones stand") {
  CHECK(json::dump(*check(Tool::list_models, parsed("{}"))) == R"({"reasoning":false,"sort":"name","limit":20})");
  CHECK(json::dump(*check(Tool::list_models, parsed(R"({"limit":3e0,"search":"x","max_price_usd":1.50})"))) ==
        R"({"limit":3,"search":"x","max_price_usd":"1.50","reasoning":false,"sort":"name"})");
  CHECK(json::dump(*check(Tool::health, parsed("{}"))) == "{}");
  CHECK(json::dump(*check(Tool::usage_report, parsed(R"({"since":null})"))) == R"({"by":"model"})");
}

TEST_CASE("a wrong call is told how to mend it") {
  struct Case {
    Tool tool;
    std::string_view arguments, message, remedy;
  };
  for (const Case& c : {
           Case{Tool::thinking_completion, R"({"promt":"x"})", "unknown argument \"promt\"", "Did you mean prompt?"},
           Case{Tool::thinking_completion, R"({"prompt":"x","reasoning_effort":"high"})", "unknown argument \"reasoning_effort\"",
                "Thinking is set by thinking: off, an effort, a number of tokens or dollars."},
           Case{Tool::thinking_completion, R"({"prompt":"x","user":"u"})", "unknown argument \"user\"", "Give metadata.user."},
           Case{Tool::thinking_completion, R"({"prompt":"x","top_k":4})", "unknown argument \"top_k\"", "Give it as options.top_k."},
           Case{Tool::thinking_completion, R"({"prompt":"x","answer_tokens":"2k"})",
                "answer_tokens is \"2k\", not a whole number from 1",
                "Give answer_tokens as a whole number from 1."},
           Case{Tool::thinking_completion, R"({"prompt":"x","fit":"yes"})", "fit is \"yes\", not true or false", "Give fit as true or false."},
           Case{Tool::thinking_completion, R"({"prompt":"x","stream_id":""})", "stream_id is \"\", which has characters that it cannot have",
                "Use letters, digits, '.', '_' and '-'."},
           Case{Tool::thinking_completion, R"({"prompt":"x","metadata":{"usr":"a"}})", "unknown argument \"metadata.usr\"",
                "Did you mean metadata.user?"},
           Case{Tool::thinking_completion, R"({"prompt":"x","include":["thoughts"]})", "include[0] is \"thoughts\", not one of thinking or message",
                "Give include[0] as one of thinking or message."},
           Case{Tool::thinking_completion, R"({"prompt":"x","stream_id":"a b"})", "stream_id is \"a b\", which has characters that it cannot have",
                "Use letters, digits, '.', '_' and '-'."},
           Case{Tool::thinking_completion, R"({"prompt":"x","thinking":true})", "thinking is true, not a string or a number",
                "Give thinking as a string or a number."},
           Case{Tool::thinking_completion, R"({"max_cost_usd":"cheap","promt":"x"})",
                "2 arguments will not do: (1) max_cost_usd is \"cheap\", not dollars such as 0.05; (2) unknown argument \"promt\"",
                "(1) Give max_cost_usd as dollars such as 0.05. (2) Did you mean prompt?"},
           Case{Tool::list_models, R"({"sort":"prise"})", "sort is \"prise\", not one of name, price or context", "Did you mean \"price\"?"},
           Case{Tool::list_models, R"({"limit":0})", "limit is 0, not a whole number from 1 to 500", "Give limit as a whole number from 1 to 500."},
           Case{Tool::list_models, R"({"limit":2.5})", "limit is 2.5, not a whole number from 1 to 500", "Give limit as a whole number from 1 to 500."},
           Case{Tool::health, R"({"verbose":true})", "unknown argument \"verbose\"", "It takes no arguments."},
           Case{Tool::cancel_stream, R"({})", "stream_id is missing", "Give stream_id: a string. "},
           Case{Tool::cancel_stream, R"({"id":"x"})", "2 arguments will not do: (1) unknown argument \"id\"; (2) stream_id is missing",
                "(1) It takes stream_id. (2) Give stream_id: a string. "},
           Case{Tool::health, "[]", "the arguments are a list, not an object", "Give them as one JSON object."},
       }) {
    const Error error = refused(c.tool, c.arguments);
    CHECK(error.message == c.message);
    CHECK(error.remedy == c.remedy);
  }
}
