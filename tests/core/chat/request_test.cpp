#include "orthink/chat/request.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/scripted_world.h"

using namespace orthink;
using namespace orthink::test;

namespace {

Ask ask_of(std::string_view document) {
  const Result<Ask> ask = parse_ask(document);
  INFO(document);
  if (!ask) FAIL(ask.error().message);
  return *ask;
}

ModelCard card_of(std::string_view id) {
  return golden_catalog().find(id).value();
}

}  // namespace

TEST_CASE("prices go out as exact dollars per million") {
  CHECK(usd_per_million(Money{1'250'000}) == "1.25");
  CHECK(usd_per_million(Money::zero()) == "0");
  CHECK(usd_per_million(Money{1}) == "0.000001");
  CHECK(usd_per_million(Money::parse("0.0000000833333333333333").value()) == "0.083334");
}

TEST_CASE("a plan that sends nothing leaves reasoning out, never an empty object") {
  const Ask ask = ask_of(R"({"model":"deepseek/deepseek-r1","prompt":"x"})");
  ThinkPlan plan;
  plan.output_cap_tokens = 500;
  plan.cap_name = CapName::max_completion_tokens;
  CHECK(
      request_body({.ask = ask, .model = ask.model, .fallbacks = {}, .think = plan, .passed_on = {}, .max_price = std::nullopt}) ==
      R"({"model":"deepseek/deepseek-r1","messages":[{"role":"user","content":"x"}],"stream":true,"max_completion_tokens":500,"provider":{"require_parameters":true}})");
}

TEST_CASE("what is passed on keeps its characters and its place") {
  const Ask ask = ask_of(R"({"prompt":"x","top_p":0.90,"metadata":{"job":"\u00e9"},"temperature":1.50})");
  ThinkPlan plan;
  plan.output_cap_tokens = 20;
  const std::string body = request_body({.ask = ask,
                                         .model = "a/b",
                                         .fallbacks = {"c/d"},
                                         .think = plan,
                                         .passed_on = ask.passed_on,
                                         .max_price = MaxPrice{Money{1'000'000}, Money{2'500'000}}});
  CHECK(body ==
        "{\"model\":\"a/b\",\"models\":[\"a/b\",\"c/"
        "d\"],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":true,\"max_tokens\":20,"
        "\"provider\":{\"require_parameters\":true,\"max_price\":{\"prompt\":1,\"completion\":2.5}},\"top_p\":0.90,\"metadata\":{\"job\":"
        "\"\xc3\xa9\"},"
        "\"temperature\":1.50}");
}

TEST_CASE("what adds fees is named") {
  const ModelCard claude = card_of("anthropic/claude-haiku-4.5");
  const std::pair<const char*, const char*> cases[] = {
      {R"({"prompt":"x"})", ""},
      {R"({"prompt":"x","tools":[{"type":"function","function":{"name":"f"}}]})", ""},
      {R"({"prompt":"x","plugins":[{"id":"context-compression"},{"id":"response-healing"}]})", ""},
      {R"({"prompt":"x","service_tier":"flex"})", ""},
      {R"({"prompt":"x","modalities":["text"]})", ""},
      {R"({"prompt":"x","plugins":[{"id":"response-healing"},{"id":"web"}]})", "plugin web with the model's own search"},
      {R"({"prompt":"x","plugins":["web"]})", "plugin without an id"},
      {R"({"prompt":"x","tools":[{"type":"openrouter:web_search"}]})", "server tool openrouter:web_search"},
      {R"({"prompt":"x","web_search_options":{}})", "web search"},
      {R"({"prompt":"x","service_tier":"priority"})", "service tier priority"},
      {R"({"prompt":"x","modalities":["text","image"]})", "generated image"},
      {R"({"model":"a/b:online","prompt":"x"})", "web search (:online)"},
  };
  for (const auto& [document, source] : cases) {
    INFO(document);
    CHECK(fee_source(ask_of(document), claude) == source);
  }
  const Ask file = ask_of(R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_url":"https://a.example/c.pdf"}}]}]})");
  CHECK(fee_source(file, claude).empty());
  CHECK(fee_source(file, card_of("deepseek/deepseek-r1")).rfind("file parsing", 0) == 0);
}

TEST_CASE("what is forbidden follows the plan, not the family alone") {
  const ModelCard claude = card_of("anthropic/claude-haiku-4.5");
  const Ask ask = ask_of(R"({"prompt":"x","temperature":0.3,"top_k":5})");
  ThinkPlan plan;
  CHECK(accept_parameters(ask, claude, plan)->passed_on.size() == 2);
  plan.forbidden = bit(Sampling::temperature) | bit(Sampling::top_k);
  const Result<AcceptedParameters> refused = accept_parameters(ask, claude, plan);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message == "anthropic/claude-haiku-4.5 does not take temperature while it thinks");
  Ask lenient = ask;
  lenient.is_lenient = true;
  const Result<AcceptedParameters> dropped = accept_parameters(lenient, claude, plan);
  REQUIRE(dropped.ok());
  CHECK(dropped->passed_on.empty());
  CHECK(dropped->warnings.size() == 2);
}
