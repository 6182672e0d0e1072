// The planning rules one by one, on rows of the compiled-in catalogue.
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/catalog.h"
#include "orthink/think/plan.h"

using namespace orthink;

namespace {

struct Given {
  const char* model;
  const char* think;
  std::optional<uint64_t> max_tokens = {};
  std::optional<uint64_t> answer_tokens = {};
  bool is_lenient = false;
};

ModelCard card_of(const char* model) {
  std::optional<ModelCard> card = Catalog::snapshot().find(model);
  REQUIRE(card.has_value());
  return *card;
}

ThinkRequest request_of(const Given& given) {
  const Result<Setting> setting = parse_setting(given.think);
  REQUIRE(setting.ok());
  ThinkRequest request;
  request.setting = *setting;
  request.max_tokens = given.max_tokens;
  request.answer_tokens = given.answer_tokens;
  request.is_lenient = given.is_lenient;
  request.prompt_tokens_bound = 1'000;
  request.now = Instant::from_ms(1'787'385'960'000);
  return request;
}

Result<ThinkPlan> plan(const Given& given) { return plan_thinking(card_of(given.model), request_of(given)); }

// "sent cap promise", or the code of the refusal.
std::string brief(const Given& given) {
  const Result<ThinkPlan> p = plan(given);
  if (!p) return p.error().code;
  return p->sent + ' ' + std::to_string(p->output_cap_tokens) + ' ' + std::string(name(p->promise));
}

bool warns(const ThinkPlan& p, const std::string& code) {
  for (const Note& note : p.warnings) {
    if (note.code == code) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the default is the model's own, written out") {
  CHECK(brief({"anthropic/claude-haiku-4.5", "default"}) == "off 8192 hard");
  CHECK(brief({"anthropic/claude-opus-5", "default"}) == "high 8192 level");
  CHECK(brief({"anthropic/claude-opus-4.8", "default"}) == "off 8192 hard");
  CHECK(brief({"openai/gpt-5.5", "default"}) == "medium 8192 level");
  CHECK(brief({"openai/gpt-5.1", "default"}) == "off 8192 hard");
  CHECK(brief({"google/gemini-2.5-pro", "default"}) == "4096 8192 soft");
  CHECK(brief({"moonshotai/kimi-k2.6", "default"}) == "on 8192 level");
  CHECK(brief({"deepseek/deepseek-r1", "default"}) == "default 8192 none");
  CHECK(brief({"minimax/minimax-m3", "default"}) == "default 8192 none");
  CHECK(brief({"openai/gpt-4o", "default"}) == "none 8192 none");
  CHECK(brief({"openrouter/auto", "default"}) == "default 8192 none");
}

TEST_CASE("off is said in the words the row knows") {
  const Result<ThinkPlan> listed = plan({"openai/gpt-5.5", "off"});
  REQUIRE(listed.ok());
  CHECK(listed->reasoning.effort == Effort::none);
  CHECK(!listed->reasoning.enabled);
  const Result<ThinkPlan> unlisted = plan({"anthropic/claude-opus-5", "off"});
  REQUIRE(unlisted.ok());
  CHECK(unlisted->reasoning.enabled == false);
  CHECK(!unlisted->reasoning.effort);
  CHECK((unlisted->forbidden & bit(Sampling::temperature)) == 0);
  CHECK(brief({"openai/gpt-4o", "off"}) == "none 8192 none");
  CHECK(plan({"openai/gpt-4o", "off"})->reasoning.is_empty());
  CHECK(warns(*plan({"minimax/minimax-m3", "off"}), "off_unproven"));
}

TEST_CASE("off on a model that always thinks is refused, lenient or not") {
  for (const char* model : {"openai/o3", "openai/gpt-5-mini", "google/gemini-3.7-flash", "google/gemini-2.5-pro", "deepseek/deepseek-r1", "anthropic/claude-fable-5"}) {
    INFO(model);
    CHECK(brief({model, "off"}) == "thinking_mandatory");
    CHECK(brief({model, "off", {}, {}, true}) == "thinking_mandatory");
  }
  CHECK(plan({"openai/o3", "off"}).error().remedy.find("low, medium, high") != std::string::npos);
}

TEST_CASE("an effort on a budget model goes out by the ratios") {
  CHECK(brief({"anthropic/claude-haiku-4.5", "minimal"}) == "1024 5120 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "low"}) == "1024 5120 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "medium"}) == "4096 8192 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "high"}) == "16384 20480 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "max"}) == "16384 20480 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "medium", 10'000}) == "5000 10000 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "high", 4'000}) == "2975 4000 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "high", 2'000}) == "budget_out_of_range");
}

TEST_CASE("more than 80 percent goes to thinking only when asked for") {
  ThinkRequest request = request_of({"anthropic/claude-haiku-4.5", "max", 40'000, 100});
  request.thinking_tokens_max = 0;
  CHECK(plan_thinking(card_of("anthropic/claude-haiku-4.5"), request)->budget_tokens == 38'000U);
  request.setting = *parse_setting("1usd");
  CHECK(plan_thinking(card_of("anthropic/claude-haiku-4.5"), request)->budget_tokens == 32'000U);
  request.setting = *parse_setting("39000");
  CHECK(plan_thinking(card_of("anthropic/claude-haiku-4.5"), request)->budget_tokens == 39'000U);
  CHECK(brief({"anthropic/claude-haiku-4.5", "minimal", 1'100, 10}) == "budget_out_of_range");
}

TEST_CASE("tokens go out as asked, with their room") {
  CHECK(brief({"anthropic/claude-haiku-4.5", "8k"}) == "8000 12096 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "500"}) == "1024 5120 soft");
  CHECK(brief({"google/gemini-2.5-flash", "500"}) == "500 4596 soft");
  CHECK(brief({"google/gemini-2.5-flash-lite", "500"}) == "512 4608 soft");
  CHECK(brief({"anthropic/claude-opus-4.6", "8k"}) == "8000 12096 soft");
  CHECK(brief({"nvidia/nemotron-3-ultra-550b-a55b", "8k"}) == "8000 12096 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "100k"}) == "budget_out_of_range");
  CHECK(brief({"anthropic/claude-haiku-4.5", "100k", {}, {}, true}) == "16384 20480 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "8k", {}, 9'000}) == "8000 17001 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "8k", 9'024}) == "budget_out_of_range");
  CHECK(brief({"anthropic/claude-haiku-4.5", "8k", 9'025}) == "8000 9025 soft");
  CHECK(brief({"google/gemini-2.5-pro", "100k", {}, {}, true}) == "16384 20480 soft");
}

TEST_CASE("a budget may exceed the configured limit only when there is none") {
  ThinkRequest request = request_of({"google/gemini-2.5-pro", "40k"});
  request.thinking_tokens_max = 0;
  const Result<ThinkPlan> refused = plan_thinking(card_of("google/gemini-2.5-pro"), request);
  REQUIRE(!refused.ok());
  CHECK(refused.error().message.find("32,768") != std::string::npos);
  request.setting = *parse_setting("30k");
  CHECK(plan_thinking(card_of("google/gemini-2.5-pro"), request)->budget_tokens == 30'000U);
}

TEST_CASE("levels are refused or lowered, never passed on to be ignored") {
  CHECK(brief({"openai/gpt-5.5", "high"}) == "high 8192 level");
  CHECK(brief({"openai/gpt-5.5", "max"}) == "effort_unsupported");
  CHECK(brief({"openai/gpt-5.5", "max", {}, {}, true}) == "xhigh 8192 level");
  CHECK(brief({"openai/gpt-5.5", "minimal", {}, {}, true}) == "effort_unsupported");
  CHECK(brief({"openai/gpt-5.5", "8k"}) == "budget_unsupported");
  CHECK(brief({"openai/gpt-5.5", "8k", {}, {}, true}) == "medium 12096 level");
  CHECK(brief({"openai/gpt-5.5", "8k", 8'000, {}, true}) == "xhigh 8000 hard");
  CHECK(brief({"anthropic/claude-opus-5", "8k"}) == "budget_unsupported");
  CHECK(brief({"openai/gpt-5.5", "high", 500}) == "budget_out_of_range");
  CHECK(brief({"openai/gpt-5.5", "default", 500}) == "medium 500 level");
  CHECK(warns(*plan({"openai/gpt-5.5", "default", 500}), "no_room_for_answer"));
}

TEST_CASE("enabled stands beside an effort only where thinking is optional") {
  CHECK(plan({"anthropic/claude-sonnet-4.6", "high"})->reasoning.enabled == true);
  CHECK(!plan({"openai/gpt-5-mini", "high"})->reasoning.enabled);
}

TEST_CASE("switches take no level and no number") {
  CHECK(brief({"moonshotai/kimi-k2.6", "high"}) == "control_unsupported");
  CHECK(brief({"moonshotai/kimi-k2.6", "8k"}) == "control_unsupported");
  CHECK(brief({"moonshotai/kimi-k2.6", "high", {}, {}, true}) == "on 8192 level");
  CHECK(brief({"deepseek/deepseek-r1", "high"}) == "control_unsupported");
  CHECK(brief({"deepseek/deepseek-r1", "8k", {}, {}, true}) == "default 8192 none");
  CHECK(brief({"deepseek/deepseek-r1", "8k", 6'000, {}, true}) == "default 6000 hard");
}

TEST_CASE("a model without thinking refuses to be asked for it") {
  for (const char* think : {"high", "8k", "0.05usd"}) CHECK(brief({"openai/gpt-4o", think}) == "thinking_unsupported");
  CHECK(brief({"openai/gpt-4o", "high", {}, {}, true}) == "thinking_unsupported");
}

TEST_CASE("dollars are turned into tokens at the dearest output price") {
  CHECK(brief({"anthropic/claude-haiku-4.5", "0.05usd"}) == "10000 14096 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "9usd"}) == "16384 20480 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "0.0001usd"}) == "budget_out_of_range");
  CHECK(brief({"anthropic/claude-haiku-4.5", "0.00512usd"}) == "1024 5120 soft");
  CHECK(brief({"anthropic/claude-haiku-4.5", "0.005119usd"}) == "budget_out_of_range");
  CHECK(brief({"openai/gpt-5.5", "0.05usd"}) == "budget_unsupported");
  CHECK(brief({"nvidia/nemotron-3-ultra-550b-a55b:free", "0.05usd"}) == "16384 20480 soft");
  ThinkRequest long_prompt = request_of({"anthropic/claude-sonnet-4.5", "0.1usd"});
  CHECK(plan_thinking(card_of("anthropic/claude-sonnet-4.5"), long_prompt)->budget_tokens == 6'666U);
  long_prompt.prompt_tokens_bound = 300'000;
  CHECK(plan_thinking(card_of("anthropic/claude-sonnet-4.5"), long_prompt)->budget_tokens == 4'444U);
  ModelCard unpriced = card_of("anthropic/claude-haiku-4.5");
  unpriced.price = {};
  CHECK(plan_thinking(unpriced, request_of({"", "0.05usd"})).error().errc == Errc::price_unknown);
}

TEST_CASE("the cap goes out under the name the row lists") {
  ModelCard card = card_of("anthropic/claude-haiku-4.5");
  card.caps_by_max_completion_tokens = true;
  CHECK(plan_thinking(card, request_of({"", "8k"}))->cap_name == CapName::max_tokens);
  card.caps_by_max_tokens = false;
  CHECK(plan_thinking(card, request_of({"", "8k"}))->cap_name == CapName::max_completion_tokens);
  card.caps_by_max_completion_tokens = false;
  CHECK(plan_thinking(card, request_of({"", "8k"})).error().errc == Errc::cap_unsupported);
  CHECK(warns(*plan_thinking(card, request_of({"", "8k", {}, {}, true})), "cap_not_listed"));
}

TEST_CASE("a row that contradicts itself is refused unless lenient, and then nothing is promised") {
  CHECK(brief({"qwen/qwen3-max", "default"}) == "row_contradicts_itself");
  CHECK(brief({"qwen/qwen3-max", "off", {}, {}, true}) == "default 8192 none");
  CHECK(plan({"qwen/qwen3-max", "off", {}, {}, true})->reasoning.is_empty());
  CHECK(brief({"qwen/qwen3-max", "high", {}, {}, true}) == "row_contradicts_itself");
}

TEST_CASE("a router promises nothing about thinking") {
  for (const char* think : {"off", "high", "8k", "0.05usd"}) {
    CHECK(brief({"openrouter/auto", think}) == "control_unsupported");
    CHECK(brief({"openrouter/auto", think, {}, {}, true}) == "control_unsupported");
  }
}

TEST_CASE("row and context bound the cap") {
  CHECK(brief({"perplexity/sonar-pro-search", "default"}) == "default 8000 none");
  CHECK(brief({"anthropic/claude-opus-4.1", "off", 40'000}) == "budget_out_of_range");
  CHECK(brief({"anthropic/claude-opus-4.1", "off", 40'000, {}, true}) == "off 32000 hard");
  CHECK(brief({"anthropic/claude-opus-4.1", "off", 0}) == "invalid_argument");
  CHECK(brief({"anthropic/claude-opus-4.1", "off", 500}) == "off 500 hard");
  CHECK(brief({"anthropic/claude-opus-4.1", "off", 500, 600}) == "budget_out_of_range");
  ThinkRequest request = request_of({"", "off"});
  request.prompt_tokens_bound = 8'000;
  CHECK(plan_thinking(card_of("openai/gpt-4"), request)->output_cap_tokens == 191);
  request.prompt_tokens_bound = 8'191;
  CHECK(plan_thinking(card_of("openai/gpt-4"), request).error().errc == Errc::context_too_small);
}

TEST_CASE("numbers beyond every model are refused, not wrapped around") {
  ModelCard endless = card_of("openai/gpt-5.5");
  endless.context_tokens.reset();
  endless.output_max_tokens.reset();
  for (const uint64_t n : {UINT64_MAX, UINT64_MAX - 1, uint64_t{1} << 63, uint64_t{2'000'000'000}}) {
    CHECK(plan_thinking(endless, request_of({"", "high", n})).error().errc == Errc::budget_out_of_range);
    CHECK(plan_thinking(endless, request_of({"", "high", {}, n})).error().errc == Errc::budget_out_of_range);
    ThinkRequest request = request_of({"", "high", {}, {}, true});
    request.thinking_tokens_max = n;
    request.setting.kind = Setting::Kind::tokens;
    request.setting.tokens = n;
    CHECK(plan_thinking(endless, request).ok());
    CHECK(nearest_thinking(endless, request_of({"", "high", n})).has_value());
  }
}

TEST_CASE("hidden thinking is excluded only where there may be some") {
  ThinkRequest request = request_of({"", "high"});
  request.hides_thinking = true;
  CHECK(plan_thinking(card_of("openai/gpt-5.5"), request)->reasoning.exclude);
  request.setting = *parse_setting("off");
  CHECK(!plan_thinking(card_of("openai/gpt-5.5"), request)->reasoning.exclude);
  request.setting = {};
  CHECK(!plan_thinking(card_of("openai/gpt-4o"), request)->reasoning.exclude);
  CHECK(plan_thinking(card_of("deepseek/deepseek-r1"), request)->reasoning.exclude);
  CHECK(!plan_thinking(card_of("openrouter/auto"), request)->reasoning.exclude);
}

TEST_CASE("what may not go along depends on the plan") {
  auto forbids = [](const Given& given, Sampling what) { return (plan(given)->forbidden & bit(what)) != 0; };
  CHECK(forbids({"anthropic/claude-haiku-4.5", "8k"}, Sampling::forced_tool_choice));
  CHECK(!forbids({"anthropic/claude-haiku-4.5", "off"}, Sampling::temperature));
  CHECK(forbids({"anthropic/claude-opus-4.6", "8k"}, Sampling::forced_tool_choice));
  CHECK(!forbids({"anthropic/claude-opus-4.6", "high"}, Sampling::forced_tool_choice));
  CHECK(forbids({"anthropic/claude-fable-5", "high"}, Sampling::forced_tool_choice));
  CHECK(forbids({"openai/o3", "high"}, Sampling::temperature));
  CHECK(!forbids({"openai/gpt-5.5", "off"}, Sampling::temperature));
}

TEST_CASE("the nearest setting is near") {
  auto nearest = [](const Given& given) {
    const std::optional<ThinkRequest> found = nearest_thinking(card_of(given.model), request_of(given));
    if (!found) return std::string("nothing");
    std::string text = found->setting.to_text();
    if (found->answer_tokens) text += " answer " + std::to_string(*found->answer_tokens);
    if (found->max_tokens) text += " max " + std::to_string(*found->max_tokens);
    return text + (found->is_lenient ? " lenient" : "");
  };
  CHECK(nearest({"openai/o3", "off"}) == "low");
  CHECK(nearest({"google/gemini-2.5-pro", "off"}) == "128");
  CHECK(nearest({"deepseek/deepseek-r1", "off"}) == "default");
  CHECK(nearest({"openai/gpt-5.5", "max"}) == "xhigh");
  CHECK(nearest({"openai/gpt-5.5", "minimal"}) == "low");
  CHECK(nearest({"openai/gpt-5.5", "8k"}) == "medium");
  CHECK(nearest({"anthropic/claude-haiku-4.5", "100k"}) == "16384");
  CHECK(nearest({"anthropic/claude-haiku-4.5", "8k", 4'000}) == "2975 max 4000");
  CHECK(nearest({"anthropic/claude-haiku-4.5", "8k", 500}) == "8000 max 9025");
  CHECK(nearest({"anthropic/claude-haiku-4.5", "high", 500}) == "high max 2049");
  CHECK(nearest({"openai/gpt-5.5", "high", 500}) == "high max 1025");
  CHECK(nearest({"anthropic/claude-opus-4.1", "off", 40'000}) == "off max 32000");
  CHECK(nearest({"anthropic/claude-opus-4.1", "off", 500, 600}) == "off answer 600 max 600");
  CHECK(nearest({"anthropic/claude-opus-4.1", "off", 40'000, 20'000}) == "off answer 20000 max 32000");
  CHECK(nearest({"openai/gpt-4o", "high"}) == "off");
  CHECK(nearest({"moonshotai/kimi-k2.6", "high"}) == "default");
  CHECK(nearest({"google/gemma-4-31b-it", "high"}) == "high lenient");
  CHECK(nearest({"qwen/qwen3-max", "off"}) == "off lenient");
  CHECK(nearest({"openrouter/auto", "high"}) == "default");
}

TEST_CASE("usage that contradicts the plan is told, absence of a count is not") {
  const ThinkPlan off = *plan({"openai/gpt-5.5", "off"});
  const ThinkPlan on = *plan({"openai/gpt-5.5", "high"});
  const ThinkPlan may = *plan({"anthropic/claude-opus-5", "low"});
  Usage none;
  Usage zero;
  zero.thinking_tokens = 0;
  Usage some;
  some.thinking_tokens = 1'234;
  CHECK(!contradiction(off, none, false));
  CHECK(!contradiction(off, zero, false));
  CHECK(contradiction(off, none, true).has_value());
  CHECK(contradiction(off, some, false)->find("1,234") != std::string::npos);
  CHECK(!contradiction(on, some, false));
  CHECK(!contradiction(on, none, false));
  CHECK(!contradiction(on, zero, true));
  CHECK(contradiction(on, zero, false)->find("high") != std::string::npos);
  CHECK(!contradiction(may, zero, false));
  CHECK(contradiction(*plan({"openai/gpt-4o", "off"}), some, false).has_value());
}

TEST_CASE("an alias is told to move, except where off names what it stands for") {
  CHECK(warns(*plan({"~anthropic/claude-opus-latest", "high"}), "alias_moves"));
  const Result<ThinkPlan> off = plan({"~anthropic/claude-opus-latest", "off"});
  CHECK(off->names_alias_target);
  CHECK_FALSE(warns(*off, "alias_moves"));
}
