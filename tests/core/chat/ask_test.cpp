#include "orthink/chat/ask.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <set>
#include <sstream>

using namespace orthink;

namespace {

Ask good(std::string_view document) {
  const Result<Ask> ask = parse_ask(document);
  INFO(document);
  if (!ask) FAIL(ask.error().message);
  return *ask;
}

Error refused(std::string_view document) {
  const Result<Ask> ask = parse_ask(document);
  INFO(document);
  REQUIRE_FALSE(ask.ok());
  CHECK(ask.error().kind == Kind::validation_error);
  CHECK_FALSE(ask.error().message.empty());
  CHECK_FALSE(ask.error().remedy.empty());
  return ask.error();
}

json::Value schema() {
  std::ifstream in(ORTHINK_SOURCE_DIR "/docs/ask.schema.json");
  std::stringstream text;
  text << in.rdbuf();
  const Result<json::Value> document = json::parse(text.str());
  REQUIRE(document.ok());
  return *document;
}

}  // namespace

TEST_CASE("the smallest ask takes the defaults") {
  const Ask ask = good(R"({"prompt":"Why?"})");
  CHECK(ask.model == kDefaultModel);
  CHECK(ask.think.kind == Setting::Kind::model_default);
  CHECK(ask.streams);
  CHECK(json::dump(ask.messages) == R"([{"role":"user","content":"Why?"}])");
}

TEST_CASE("every own field arrives where it belongs") {
  const Ask ask =
      good(R"({"model":"a/b","models":["a/b","c/d","e/f","c/d"],"system":"Be short.","prompt":"Why?","think":"8k","answer_tokens":2000,
    "max_tokens":12000,"max_cost_usd":"0.05","fit":true,"lenient":true,"stream":false,"hide_thinking":true,"user":"u","tenant":"t","session":"s","deadline_s":1.5})");
  CHECK(ask.model == "a/b");
  CHECK(ask.fallbacks == std::vector<std::string>{"c/d", "e/f"});
  CHECK(json::dump(ask.messages) == R"([{"role":"system","content":"Be short."},{"role":"user","content":"Why?"}])");
  CHECK(ask.think.tokens == 8000);
  CHECK(ask.answer_tokens == 2000);
  CHECK(ask.max_tokens == 12000);
  CHECK(ask.max_cost->to_decimal() == "0.05");
  CHECK((ask.fits && ask.is_lenient && !ask.streams && ask.hides_thinking));
  CHECK((ask.user == "u" && ask.tenant == "t" && ask.session == "s"));
  CHECK(ask.deadline->us == 1'500'000);
}

TEST_CASE("without model the first of models is the model") {
  const Ask ask = good(R"({"models":["c/d","e/f"],"prompt":"Why?"})");
  CHECK(ask.model == "c/d");
  CHECK(ask.fallbacks == std::vector<std::string>{"e/f"});
}

TEST_CASE("passed-on parameters keep order and number characters") {
  const Ask ask = good(R"({"top_p":0.90,"prompt":"x","seed":-3,"temperature":1e0,"tools":[{"type":"function","function":{"name":"f"}}]})");
  REQUIRE(ask.passed_on.size() == 4);
  CHECK(ask.passed_on[0].key == "top_p");
  CHECK(ask.passed_on[0].value.text() == "0.90");
  CHECK(ask.passed_on[2].value.text() == "1e0");
  CHECK(ask.passed_on[3].key == "tools");
}

TEST_CASE("assistant messages go back as they came") {
  const std::string messages =
      R"([{"role":"user","content":"rate?"},{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"a","signature":"Eq==","index":0,"odd":[1.50]}],)"
      R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"rate","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"1.08"}])";
  CHECK(json::dump(good("{\"messages\":" + messages + "}").messages) == messages);
}

TEST_CASE("unknown fields are refused with what was probably meant") {
  CHECK(refused(R"({"promt":"x"})").remedy == "Did you mean \"prompt\"?");
  CHECK(refused(R"({"prompt":"x","temprature":1})").remedy == "Did you mean \"temperature\"?");
  CHECK(refused(R"({"prompt":"x","reasoning":{"effort":"high"}})").remedy.find("think") != std::string::npos);
  CHECK(refused(R"({"prompt":"x","max_completion_tokens":3})").remedy.find("max_tokens") != std::string::npos);
  CHECK(refused(R"({"prompt":"x","zzzzzzzzzz":1})").remedy.find("ask.schema.json") != std::string::npos);
}

TEST_CASE("wrong documents are refused by the place that is wrong") {
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", "the document"},
      {R"({"prompt":"x",})", ""},
      {R"({})", "neither prompt nor messages"},
      {R"({"prompt":"  \n"})", "prompt is empty"},
      {R"({"prompt":7})", "prompt is number"},
      {R"({"prompt":"x","messages":[]})", "both"},
      {R"({"messages":[]})", "empty list"},
      {R"({"messages":"x"})", "not a list"},
      {R"({"messages":[{"role":"system","content":"x"}]})", "no user message"},
      {R"({"messages":[{"role":"usr","content":"x"}]})", "messages[0].role"},
      {R"({"messages":[{"role":"user"}]})", "messages[0].content is missing"},
      {R"({"messages":[{"role":"user","content":""}]})", "messages[0].content is empty"},
      {R"({"messages":[{"role":"user","content":[]}]})", "empty list"},
      {R"({"messages":[{"role":"user","content":[{"type":"image","url":"x"}]}]})", "content[0].type"},
      {R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"cat.png"}}]}]})", "neither an http(s) address"},
      {R"({"messages":[{"role":"user","content":[{"type":"file","file":{}}]}]})", "neither file_data nor file_url"},
      {R"({"messages":[{"role":"user","content":"x"},{"role":"assistant"}]})", "messages[1].content is missing"},
      {R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","function":{"name":"f"}}]}]})",
       "arguments"},
      {R"({"messages":[{"role":"tool","content":"x"}]})", "tool_call_id"},
      {R"({"prompt":"x","think":true})", "think is boolean"},
      {R"({"prompt":"x","think":"hgih"})", ""},
      {R"({"prompt":"x","max_tokens":0})", "max_tokens is 0"},
      {R"({"prompt":"x","max_tokens":-1})", "max_tokens"},
      {R"({"prompt":"x","max_tokens":1.5})", "max_tokens"},
      {R"({"prompt":"x","max_cost_usd":"-1"})", "max_cost_usd"},
      {R"({"prompt":"x","max_cost_usd":"cheap"})", "max_cost_usd"},
      {R"({"prompt":"x","stream":"no"})", "stream is string"},
      {R"({"prompt":"x","deadline_s":0})", "deadline_s"},
      {R"({"prompt":"x","deadline_s":"5"})", "deadline_s"},
      {R"({"prompt":"x","user":""})", "user is empty"},
      {R"({"prompt":"x","models":["a/b",7]})", "models"},
      {R"({"prompt":"x","tools":[{"type":"function"}]})", "tools[0].function.name"},
      {R"({"prompt":"x","tools":[{}]})", "tools[0].type"},
      {R"({"prompt":"x","temperature":"hot"})", "temperature is string"},
      {R"({"prompt":"x","stop":["a","b","c","d","e"]})", "stop has 5"},
      {R"({"prompt":"x","metadata":{"a":1}})", "metadata.a"},
      {R"({"prompt":"x","response_format":{}})", "response_format.type"},
      {R"({"prompt":"x","prompt":"y"})", ""},
  };
  for (const auto& [document, words] : cases) CHECK(refused(document).message.find(words) != std::string::npos);
  CHECK(refused("{\"prompt\":\"x\",\"session\":\"" + std::string(257, 's') + "\"}").errc == Errc::too_large);
}

TEST_CASE("the published schema and the parser know the same fields") {
  const json::Value document = schema();
  const json::Value* properties = document.find("properties");
  REQUIRE(properties != nullptr);
  std::vector<std::string> published, parsed;
  for (const json::Member& property : properties->members()) published.push_back(property.key);
  for (const std::string_view field : ask_fields()) parsed.emplace_back(field);
  CHECK(published == parsed);
}

TEST_CASE("the schema's examples pass and a wrong type does not") {
  const json::Value document = schema();
  for (const json::Member& property : document.find("properties")->members()) {
    INFO(property.key);
    const json::Value* examples = property.value.find("examples");
    const bool is_question = property.key == "prompt" || property.key == "messages";
    if (examples != nullptr) {
      for (const json::Member& example : examples->members()) {
        json::Value ask = json::Value::object();
        if (!is_question) ask.set("prompt", json::Value::string("x"));
        ask.set(property.key, example.value);
        if (property.key == "fit") ask.set("max_cost_usd", json::Value::string("1"));
        const Result<Ask> read = ask_from(ask);
        INFO(json::dump(ask) << (read ? "" : " " + read.error().message));
        CHECK(read.ok());
      }
    } else {
      CHECK(property.key == "stream");
    }
    json::Value wrong = json::Value::object();
    if (!is_question) wrong.set("prompt", json::Value::string("x"));
    wrong.set(property.key, json::Value());
    CHECK_FALSE(ask_from(wrong).ok());
  }
}

TEST_CASE("closest_name finds typing slips only") {
  const std::string_view known[] = {"system", "user", "assistant"};
  CHECK(closest_name("systme", known) == "system");
  CHECK(closest_name("usr", known) == "user");
  CHECK(closest_name("", known).empty());
  CHECK(closest_name("banana", known).empty());
}
