// Family rules: what a row leaves unsaid, one model of each family.
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/catalog.h"
#include "orthink/catalog/family.h"

using namespace orthink;

namespace {

struct Expected {
  const char* id;
  Control control;
  const char* efforts;
  ThinkingDefault thinks;
  bool is_mandatory;
  bool takes_budget;
};

constexpr ThinkingDefault on = ThinkingDefault::on;
constexpr ThinkingDefault off = ThinkingDefault::off;
constexpr ThinkingDefault unknown = ThinkingDefault::unknown;

constexpr Expected kExpected[] = {
    {"anthropic/claude-haiku-4.5", Control::budget, "", off, false, true},
    {"anthropic/claude-sonnet-4.5", Control::budget, "", off, false, true},
    {"anthropic/claude-opus-4.1:batch", Control::budget, "", off, false, true},
    {"anthropic/claude-sonnet-4", Control::budget, "", off, false, true},
    {"anthropic/claude-3-haiku", Control::none, "", off, false, false},
    {"anthropic/claude-sonnet-4.6", Control::adaptive, "low, medium, high, max", off, false, true},
    {"anthropic/claude-opus-4.6", Control::adaptive, "low, medium, high, max", off, false, true},
    {"anthropic/claude-opus-4.7", Control::adaptive, "low, medium, high, xhigh, max", off, false, false},
    {"anthropic/claude-opus-4.8-fast", Control::adaptive, "low, medium, high, xhigh, max", off, false, false},
    {"anthropic/claude-opus-5", Control::adaptive, "low, medium, high, xhigh, max", on, false, false},
    {"anthropic/claude-sonnet-5:batch", Control::adaptive, "low, medium, high, xhigh, max", on, false, false},
    {"anthropic/claude-fable-5", Control::adaptive, "low, medium, high, xhigh, max", on, true, false},
    {"~anthropic/claude-haiku-latest", Control::budget, "", off, false, true},
    {"openai/o1", Control::effort, "low, medium, high", on, true, false},
    {"openai/o3", Control::effort, "low, medium, high", on, true, false},
    {"openai/o4-mini:batch", Control::effort, "low, medium, high", on, true, false},
    {"openai/o3-mini-high", Control::effort, "high", on, true, false},
    {"openai/gpt-5-mini", Control::effort, "minimal, low, medium, high", on, true, false},
    {"openai/gpt-5-codex:batch", Control::effort, "low, medium, high", on, true, false},
    {"openai/gpt-5.1", Control::effort, "low, medium, high", off, false, false},
    {"openai/gpt-5.2", Control::effort, "low, medium, high, xhigh", on, false, false},
    {"openai/gpt-5.4", Control::effort, "low, medium, high, xhigh", off, false, false},
    {"openai/gpt-5.5", Control::effort, "low, medium, high, xhigh", on, false, false},
    {"openai/gpt-5.6-sol", Control::effort, "low, medium, high, xhigh, max", on, false, false},
    {"openai/gpt-oss-120b", Control::effort, "low, medium, high", on, true, false},
    {"openai/gpt-4o", Control::none, "", off, false, false},
    {"google/gemini-2.5-pro", Control::budget, "", on, true, true},
    {"google/gemini-2.5-flash", Control::budget, "", off, false, true},
    {"google/gemini-2.5-flash-lite", Control::budget, "", off, false, true},
    {"google/gemini-2.5-flash-image", Control::none, "", off, false, false},
    {"google/gemini-3-flash-preview", Control::effort, "minimal, low, medium, high", on, true, false},
    {"google/gemini-3.7-flash", Control::effort, "low, medium, high", on, true, false},
    {"google/gemma-4-31b-it", Control::toggle, "", off, false, false},
    {"x-ai/grok-4.3", Control::effort, "low, medium, high", on, false, false},
    {"x-ai/grok-4.6", Control::effort, "low, medium, high, xhigh", on, true, false},
    {"x-ai/grok-4.20", Control::toggle, "", off, false, false},
    {"deepseek/deepseek-r1", Control::always, "", on, true, false},
    {"deepseek/deepseek-r1-distill-llama-70b", Control::always, "", on, true, false},
    {"deepseek/deepseek-v3.2", Control::toggle, "", off, false, false},
    {"deepseek/deepseek-v4-pro", Control::effort, "high, xhigh", on, false, false},
    {"qwen/qwen3.7-flash", Control::budget, "", on, false, true},
    {"qwen/qwen3.8-max", Control::effort, "minimal, low, medium, high, xhigh", on, true, false},
    {"qwen/qwen3-235b-a22b-thinking-2507", Control::always, "", on, true, false},
    {"qwen/qwen-plus-2025-07-28:thinking", Control::always, "", on, true, false},
    {"qwen/qwen3.6-flash", Control::toggle, "", unknown, false, false},
    {"moonshotai/kimi-k2-thinking", Control::always, "", on, true, false},
    {"moonshotai/kimi-k2.6", Control::toggle, "", on, false, false},
    {"moonshotai/kimi-k3", Control::effort, "low, high, max", on, false, false},
    {"z-ai/glm-4.6", Control::toggle, "", on, false, false},
    {"z-ai/glm-5.3", Control::effort, "low, high, max", on, true, false},
    {"minimax/minimax-m2.5", Control::always, "", on, true, false},
    {"minimax/minimax-m3", Control::toggle, "", unknown, false, false},
    {"mistralai/mistral-medium-3-5", Control::effort, "high", unknown, false, false},
    {"nvidia/nemotron-3-ultra-550b-a55b", Control::effort, "medium, high", on, false, true},
    {"perplexity/sonar-deep-research", Control::always, "", on, true, false},
};

}  // namespace

TEST_CASE("each family has its control, levels, default and budget") {
  for (const Expected& e : kExpected) {
    INFO(e.id);
    const std::optional<ModelCard> card = Catalog::snapshot().find(e.id);
    REQUIRE(card.has_value());
    const ThinkingTraits& t = card->thinking;
    CHECK(std::string(name(t.control)) == std::string(name(e.control)));
    CHECK(t.efforts.to_text() == e.efforts);
    CHECK(t.thinks_by_default == e.thinks);
    CHECK(t.is_mandatory == e.is_mandatory);
    CHECK(t.takes_budget == e.takes_budget);
  }
}

TEST_CASE("ranges of budgets are the vendors'") {
  auto range = [](const char* id) {
    const ThinkingTraits t = Catalog::snapshot().find(id)->thinking;
    return std::pair<uint64_t, uint64_t>(t.budget_min_tokens, t.budget_max_tokens);
  };
  CHECK(range("anthropic/claude-haiku-4.5") == std::pair<uint64_t, uint64_t>(1024, 0));
  CHECK(range("google/gemini-2.5-pro") == std::pair<uint64_t, uint64_t>(128, 32'768));
  CHECK(range("google/gemini-2.5-flash") == std::pair<uint64_t, uint64_t>(1, 24'576));
  CHECK(range("google/gemini-2.5-flash-lite") == std::pair<uint64_t, uint64_t>(512, 24'576));
  CHECK(range("qwen/qwen3.7-flash") == std::pair<uint64_t, uint64_t>(1024, 0));
}

TEST_CASE("the row is believed where it speaks") {
  ReasoningFacts facts;
  facts.has_object = facts.lists_parameter = true;
  facts.default_enabled = false;
  facts.efforts = EffortSet::from_bits(0x0c);
  const ThinkingTraits t = thinking_traits("deepseek/deepseek-v4-new", false, facts);
  CHECK(t.thinks_by_default == ThinkingDefault::off);
  CHECK(t.efforts.to_text() == "low, medium");
  facts.default_effort = Effort::none;
  facts.default_enabled = true;
  CHECK(thinking_traits("a/b", false, facts).thinks_by_default == ThinkingDefault::off);
}

TEST_CASE("no mandatory row can be turned off by an effort") {
  for (const ModelCard& card : Catalog::snapshot().all()) {
    INFO(card.id);
    if (card.thinking.is_mandatory) CHECK(!card.thinking.efforts.has(Effort::none));
    if (card.thinking.control == Control::always) CHECK(card.thinking.is_mandatory);
    if (card.thinking.takes_budget) CHECK(card.thinking.budget_min_tokens > 0);
    if (card.thinking.control == Control::effort || card.thinking.control == Control::adaptive) CHECK(!card.thinking.efforts.empty());
  }
}

TEST_CASE("newer Claude models are adaptive before their rows say so") {
  ReasoningFacts facts;
  facts.has_object = facts.lists_parameter = true;
  for (const char* id : {"anthropic/claude-opus-5.5", "anthropic/claude-sonnet-5.5"}) {
    CHECK(thinking_traits(id, false, facts).control == Control::adaptive);
    CHECK(thinking_traits(id, false, facts).is_mandatory);
  }
  CHECK(!thinking_traits("anthropic/claude-haiku-5.5", false, facts).is_mandatory);
  CHECK(thinking_traits("anthropic/claude-haiku-5.5", false, facts).prompt_permille == 1550);
  CHECK(thinking_traits("anthropic/claude-haiku-4.5", false, facts).prompt_permille == 1150);
  CHECK(thinking_traits("openai/gpt-5.5", false, facts).prompt_permille == 1000);
  CHECK(thinking_traits("unknown/model", false, facts).prompt_permille == 0);
}
