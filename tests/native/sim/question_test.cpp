#include "native/sim/question.h"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace orthink;
using namespace orthink::sim;

namespace {

const Instant kNow = Catalog::snapshot().fetched_at();

std::variant<Question, Reply> read(std::string_view body) { return read_question(body, Catalog::snapshot(), kNow); }

std::string ask(std::string_view model, std::string_view more = {}) {
  return R"({"model":")" + std::string(model) + R"(","messages":[{"role":"user","content":"Why?"}])" + std::string(more) + "}";
}

Question good(const std::string& body) {
  std::variant<Question, Reply> outcome = read(body);
  if (const Reply* reply = std::get_if<Reply>(&outcome)) FAIL(body << " was refused: " << reply->body);
  return std::get<Question>(std::move(outcome));
}

// "400 the message"
std::string refusal(const std::string& body) {
  const std::variant<Question, Reply> outcome = read(body);
  const Reply* reply = std::get_if<Reply>(&outcome);
  if (!reply) return "not refused";
  const Result<json::Value> document = json::parse(reply->body);
  const json::Value* error = document ? document->find("error") : nullptr;
  if (!error) return "no error object";
  CHECK(error->find("code")->as_u64() == static_cast<uint64_t>(reply->status));
  std::string text = std::to_string(reply->status) + " " + error->find("message")->text();
  const json::Value* metadata = error->find("metadata");
  if (const json::Value* raw = metadata ? metadata->find("raw") : nullptr) text += " | " + raw->text();
  return text;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("what the real one refuses is refused in its words") {
  CHECK(refusal("{") .starts_with("400 Invalid JSON"));
  CHECK(refusal("[]").starts_with("400 "));
  CHECK(refusal(R"({"messages":[]})") == "400 No models provided");
  CHECK(refusal(ask("nonexistent/model")) == "400 nonexistent/model is not a valid model ID");
  CHECK(refusal(R"({"models":["nonexistent/fake-model","openai/gpt-5"],"messages":[{"role":"user","content":"x"}]})") ==
        "400 nonexistent/fake-model is not a valid model ID");
  CHECK(refusal(R"({"model":"openai/gpt-5","messages":[]})").starts_with("400 Input required"));
  CHECK(holds(refusal(R"({"model":"openai/gpt-5","messages":[{"role":"robot","content":"x"}]})"), "messages.0.role"));
  CHECK(refusal(ask("openai/gpt-4o-mini", R"(,"temperature":5)")) == "400 Expected temperature to be at most 2, received 5");
  CHECK(refusal(ask("openai/gpt-4o-mini", R"(,"temperature":-1)")) == "400 Expected temperature to be at least 0, received -1");
  CHECK(refusal(ask("openai/gpt-5", R"(,"max_tokens":0)")).starts_with("400 Expected max_tokens to be at least 1"));
}

TEST_CASE("a reasoning object that means nothing or two things is refused") {
  const std::string haiku = "anthropic/claude-haiku-4.5";
  CHECK(holds(refusal(ask(haiku, R"(,"reasoning":{})")), "must not be empty"));
  CHECK(refusal(ask(haiku, R"(,"reasoning":{"effort":"high","max_tokens":2000})")) ==
        "400 Only one of \"reasoning.effort\" and \"reasoning.max_tokens\" can be specified");
  CHECK(holds(refusal(ask(haiku, R"(,"reasoning":{"effort":"enormous"})")), "Invalid option"));
  CHECK(holds(refusal(ask(haiku, R"(,"reasoning":{"max_tokens":"2000"})")), "reasoning.max_tokens"));
  CHECK(holds(refusal(ask(haiku, R"(,"reasoning":{"enabled":"yes"})")), "reasoning.enabled"));
  CHECK(holds(refusal(ask(haiku, R"(,"reasoning":"high")")), "expected object"));
  CHECK(holds(refusal(ask(haiku, R"(,"reasoning":{"effort":"high"},"reasoning_effort":"low")")), "differ"));
}

TEST_CASE("off cannot be had where thinking is mandatory, but an alias softens it") {
  for (const char* model : {"openai/gpt-5", "deepseek/deepseek-r1", "google/gemini-2.5-pro", "z-ai/glm-5.3"}) {
    INFO(model);
    for (const char* off : {R"(,"reasoning":{"enabled":false})", R"(,"reasoning":{"effort":"none"})", R"(,"reasoning_effort":"none")"}) {
      CHECK(refusal(ask(model, off)) == "400 Reasoning is mandatory for this endpoint and cannot be disabled.");
    }
  }
  CHECK(good(ask("~z-ai/glm-latest", R"(,"reasoning":{"enabled":false})")).thinking.is_on);
}

TEST_CASE("a budget is held against its range and the cap") {
  const std::string haiku = "anthropic/claude-haiku-4.5";
  CHECK(holds(refusal(ask(haiku, R"(,"max_tokens":2000,"reasoning":{"max_tokens":2000})")), "must be greater than"));
  CHECK(holds(refusal(ask(haiku, R"(,"max_tokens":1024,"reasoning":{"effort":"low"})")), "must be greater than"));
  CHECK(holds(refusal(ask(haiku, R"(,"max_tokens":4000,"reasoning":{"max_tokens":1023})")), "greater than or equal to 1024"));
  CHECK(holds(refusal(ask("google/gemini-2.5-pro", R"(,"max_tokens":60000,"reasoning":{"max_tokens":40000})")), "32768"));
  CHECK(good(ask(haiku, R"(,"max_tokens":2001,"reasoning":{"max_tokens":2000})")).thinking.budget_tokens == 2000);
}

TEST_CASE("each family understands a setting in its own way") {
  SECTION("budget: effort by ratio") {
    const Question q = good(ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":10000,"reasoning":{"effort":"high"})"));
    CHECK(q.thinking.budget_tokens == 8000);
    CHECK_FALSE(good(ask("anthropic/claude-haiku-4.5")).thinking.is_on);
    CHECK_FALSE(good(ask("anthropic/claude-haiku-4.5", R"(,"reasoning":{"enabled":false})")).thinking.is_on);
  }
  SECTION("effort: nearest level, tokens become a level") {
    CHECK(good(ask("openai/gpt-5", R"(,"reasoning":{"effort":"high"})")).thinking.effort == Effort::high);
    CHECK(good(ask("openai/gpt-5", R"(,"reasoning":{"effort":"max"})")).thinking.effort == Effort::high);
    CHECK(good(ask("openai/gpt-5", R"(,"max_tokens":10000,"reasoning":{"max_tokens":4000})")).thinking.effort == Effort::medium);
    CHECK(good(ask("openai/gpt-5")).thinking.is_on);
  }
  SECTION("adaptive: a budget is ignored") {
    const Question q = good(ask("anthropic/claude-opus-4.8", R"(,"max_tokens":9000,"reasoning":{"max_tokens":4000})"));
    CHECK(q.thinking.is_on);
    CHECK_FALSE(q.thinking.budget_tokens);
    CHECK(q.thinking.effort == Effort::high);
    CHECK_FALSE(good(ask("anthropic/claude-opus-4.8")).thinking.is_on);
    CHECK(good(ask("anthropic/claude-opus-5")).thinking.is_on);
  }
  SECTION("toggle and always") {
    CHECK(good(ask("moonshotai/kimi-k2.6", R"(,"reasoning":{"enabled":true})")).thinking.is_on);
    CHECK_FALSE(good(ask("moonshotai/kimi-k2.6", R"(,"reasoning":{"enabled":false})")).thinking.is_on);
    CHECK(good(ask("deepseek/deepseek-r1")).thinking.is_on);
  }
  SECTION("a model without thinking does not start to") {
    CHECK_FALSE(good(ask("openai/gpt-4o-mini", R"(,"reasoning":{"effort":"high"})")).thinking.is_on);
  }
}

TEST_CASE("what a family forbids while it thinks") {
  const std::string thinking = R"(,"max_tokens":4000,"reasoning":{"max_tokens":2000})";
  CHECK(holds(refusal(ask("anthropic/claude-haiku-4.5", thinking + R"(,"temperature":0.2)")), "may only be set to 1"));
  CHECK(good(ask("anthropic/claude-haiku-4.5", thinking + R"(,"temperature":1)")).thinking.is_on);
  const std::string forced = R"(,"tool_choice":"required","tools":[{"type":"function","function":{"name":"f","parameters":{}}}])";
  const Question silently = good(ask("anthropic/claude-haiku-4.5", thinking + forced));
  CHECK_FALSE(silently.thinking.is_on);
  CHECK(silently.tool_name == "f");
}

TEST_CASE("routing: prices, parameters and providers") {
  CHECK(holds(refusal(ask("anthropic/claude-haiku-4.5", R"(,"provider":{"max_price":{"completion":4.9}})")), "max_price.completion"));
  CHECK(good(ask("anthropic/claude-haiku-4.5", R"(,"provider":{"max_price":{"prompt":1,"completion":5}})")).provider == "Anthropic");
  CHECK(holds(refusal(ask("openai/gpt-4o-mini", R"(,"reasoning":{"effort":"low"},"provider":{"require_parameters":true})")), "No endpoints found"));
  CHECK(good(ask("anthropic/claude-haiku-4.5", R"(,"provider":{"only":["amazon-bedrock"]})")).provider == "Amazon Bedrock");
  CHECK(refusal(ask("anthropic/claude-haiku-4.5", R"(,"max_tokens":64001)")).starts_with("404 "));
}

TEST_CASE("the context is a limit") {
  std::string long_text;
  for (int i = 0; i < 210'000; ++i) long_text += "word ";
  const std::string body = R"({"model":"anthropic/claude-haiku-4.5","messages":[{"role":"user","content":")" + long_text + R"("}]})";
  CHECK(refusal(body).starts_with("400 This endpoint's maximum context length is 200000 tokens. However, you requested about "));
}

TEST_CASE("a tool is called where it is forced or meant, once") {
  const std::string tools =
      R"(,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}])";
  CHECK(good(ask("openai/gpt-5", tools)).tool_name.empty());
  CHECK(good(ask("openai/gpt-5", tools + R"(,"tool_choice":"required")")).tool_name == "get_weather");
  CHECK(good(ask("openai/gpt-5", tools + R"(,"tool_choice":{"type":"function","function":{"name":"get_weather"}})")).tool_name == "get_weather");
  const std::string meant = R"({"model":"openai/gpt-5","messages":[{"role":"user","content":"use get_weather"}])" + tools;
  CHECK(json::dump(good(meant + "}").tool_arguments) == R"({"city":"simulated"})");
  CHECK(good(meant + R"(,"tool_choice":"none"})").tool_name.empty());
  const Question after = good(R"({"model":"openai/gpt-5","messages":[{"role":"user","content":"use get_weather"},{"role":"tool","content":"9 degrees"}])" +
                              tools + "}");
  CHECK(after.tool_name.empty());
  CHECK(after.tool_result == "9 degrees");
}

TEST_CASE("an answer with a shape has it") {
  const Question q = good(ask("openai/gpt-5", R"(,"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":)"
                                              R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}})"));
  CHECK(json::dump(q.json_answer) == R"({"n":1})");
}

TEST_CASE("every model and setting: an answer within the cap or a refusal, never off where mandatory") {
  constexpr std::array<std::string_view, 14> kSettings = {
      "",
      R"(,"reasoning":{"enabled":false})",
      R"(,"reasoning":{"enabled":true})",
      R"(,"reasoning":{"effort":"none"})",
      R"(,"reasoning":{"effort":"minimal"})",
      R"(,"reasoning":{"effort":"low"})",
      R"(,"reasoning":{"effort":"medium"})",
      R"(,"reasoning":{"effort":"high"})",
      R"(,"reasoning":{"effort":"xhigh"})",
      R"(,"reasoning":{"effort":"max"})",
      R"(,"reasoning":{"max_tokens":1024})",
      R"(,"reasoning":{"max_tokens":3000})",
      R"(,"reasoning":{"exclude":true})",
      R"(,"reasoning_effort":"low")",
  };
  uint64_t refused = 0;
  uint64_t thinking = 0;
  for (const ModelCard& card : Catalog::snapshot().all()) {
    for (const std::string_view setting : kSettings) {
      INFO(card.id << setting);
      const std::variant<Question, Reply> outcome = read(ask(card.id, std::string(setting) + R"(,"max_tokens":4000)"));
      if (const Reply* reply = std::get_if<Reply>(&outcome)) {
        CHECK((reply->status == 400 || reply->status == 404));
        CHECK(json::parse(reply->body));
        ++refused;
        continue;
      }
      const Question& q = std::get<Question>(outcome);
      const bool is_off = setting.find("none") != std::string_view::npos || setting.find("false") != std::string_view::npos;
      if (q.card.thinking.control == Control::none) CHECK_FALSE(q.thinking.is_on);
      if (is_off) CHECK((!q.thinking.is_on || card.id.starts_with('~')));
      if (q.card.thinking.is_mandatory) CHECK(q.thinking.is_on);
      if (q.thinking.budget_tokens) CHECK(*q.thinking.budget_tokens < q.cap_tokens);
      if (q.thinking.effort && !q.card.thinking.efforts.empty()) CHECK(q.card.thinking.efforts.has(*q.thinking.effort));
      thinking += q.thinking.is_on ? 1 : 0;
    }
  }
  CHECK(refused > 200);
  CHECK(thinking > 2'000);
}
