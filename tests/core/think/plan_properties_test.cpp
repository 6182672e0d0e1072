// Properties over every row of the catalogue and every kind of setting: either a plan that the model honours or a refusal
// that says what it does allow. Prints how many were refused, by code.
#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/catalog.h"
#include "orthink/think/plan.h"

using namespace orthink;

namespace {

struct Case {
  const char* name;
  std::optional<uint64_t> max_tokens;
  std::optional<uint64_t> answer_tokens;
  bool is_lenient = false;
  uint64_t thinking_tokens_max = limits::kThinkingMaxDefaultTokens;
  uint64_t prompt_tokens_bound = 1'000;
};

constexpr std::array<const char*, 16> kSettings = {"default", "off",  "minimal", "low", "medium", "high",    "xhigh",     "max",
                                                   "500",     "1024", "4k",      "8k",  "100k",   "0.05usd", "0.0001usd", "9usd"};

const std::vector<Case> kCases = {
    {"plain", {}, {}},
    {"lenient", {}, {}, true},
    {"max_tokens 300", 300, {}},
    {"max_tokens 300, lenient", 300, {}, true},
    {"max_tokens 2000", 2000, {}},
    {"max_tokens 1100, answer 10", 1100, 10},
    {"max_tokens 6000, lenient", 6000, {}, true},
    {"max_tokens 40000", 40'000, {}},
    {"answer 9000", {}, 9000},
    {"no limit configured", {}, {}, false, 0},
    {"no limit configured, lenient", {}, {}, true, 0},
    {"long prompt", {}, {}, false, limits::kThinkingMaxDefaultTokens, 7'500},
};

Setting setting(const char* text) {
  Result<Setting> parsed = parse_setting(text);
  REQUIRE(parsed.ok());
  return *parsed;
}

std::vector<std::string> g_violations;

void must(bool holds, const ModelCard& card, const char* asked, const Case& c, const char* rule) {
  if (!holds) g_violations.push_back(card.id + " " + asked + " (" + c.name + "): " + rule);
}

void check_reasoning(const ModelCard& card, const char* asked, const Case& c, const ThinkPlan& plan) {
  const ReasoningField& r = plan.reasoning;
  const ThinkingTraits& t = card.thinking;
  const bool is_off = r.enabled == false || r.effort == Effort::none;
  must(!(r.effort && r.max_tokens), card, asked, c, "never both effort and max_tokens");
  must(!(is_off && t.is_mandatory), card, asked, c, "never off on a mandatory model");
  must(r.is_empty() || t.lists_parameter, card, asked, c, "nothing about reasoning where the row does not list it");
  must(r.is_empty() || t.control != Control::none, card, asked, c, "nothing about reasoning where there is none");
  must(!r.effort || t.efforts.has(*r.effort), card, asked, c, "only efforts that the row or family lists");
  must(!r.max_tokens || t.takes_budget, card, asked, c, "a number only where it is honoured");
  must(!(r.enabled == true && t.control == Control::always), card, asked, c, "no switch where there is none");
  if (!r.max_tokens) return;
  must(*r.max_tokens < plan.output_cap_tokens, card, asked, c, "a budget is below the total cap");
  must(*r.max_tokens + plan.answer_floor_tokens < plan.output_cap_tokens, card, asked, c, "a budget leaves the answer floor");
  must(*r.max_tokens >= t.budget_min_tokens, card, asked, c, "never below the vendor's minimum");
  must(t.budget_max_tokens == 0 || *r.max_tokens <= t.budget_max_tokens, card, asked, c, "never above the vendor's maximum");
  must(c.thinking_tokens_max == 0 || *r.max_tokens <= c.thinking_tokens_max, card, asked, c, "never above the configured limit");
  must(plan.budget_tokens == r.max_tokens && plan.promise == Promise::soft, card, asked, c, "a vendor budget is a soft promise");
}

void check_cap(const ModelCard& card, const char* asked, const Case& c, const ThinkPlan& plan) {
  must(plan.output_cap_tokens > 0, card, asked, c, "the cap is always sent");
  must(c.is_lenient || (plan.cap_name == CapName::max_tokens ? card.caps_by_max_tokens : card.caps_by_max_completion_tokens), card, asked, c,
       "the cap goes out under a name that the row lists");
  must(!card.output_max_tokens || plan.output_cap_tokens <= *card.output_max_tokens, card, asked, c, "the cap is within the row's");
  must(!card.context_tokens || plan.output_cap_tokens + c.prompt_tokens_bound <= *card.context_tokens, card, asked, c, "cap and prompt fit the context");
  must(!c.max_tokens || plan.output_cap_tokens <= *c.max_tokens, card, asked, c, "the cap is not above the caller's");
}

void check_words(const ModelCard& card, const char* asked, const Case& c, const ThinkPlan& plan) {
  must(!plan.reasons.empty(), card, asked, c, "a plan has reasons");
  must(!plan.sent.empty() && !plan.asked.empty(), card, asked, c, "asked and sent are said");
  for (const std::vector<Note>* notes : {&plan.reasons, &plan.warnings}) {
    for (const Note& note : *notes) must(!note.code.empty() && note.text.size() > 20 && note.text.ends_with('.'), card, asked, c, "a note is a sentence");
  }
  const bool is_off = plan.reasoning.enabled == false || plan.reasoning.effort == Effort::none;
  const bool is_by_cap = c.is_lenient && plan.budget_tokens == plan.output_cap_tokens;
  must((is_off || is_by_cap) == (plan.promise == Promise::hard), card, asked, c, "hard is off, or a limit that the cap enforces");
  must(!is_off || (plan.sent == "off" && plan.expected == ThinkingExpected::no), card, asked, c, "off is said as off");
}

void check_asked(const ModelCard& card, const char* asked, const Case& c, const ThinkRequest& ask, const ThinkPlan& plan) {
  const ReasoningField& r = plan.reasoning;
  using Kind = Setting::Kind;
  if (ask.setting.kind == Kind::off) must(plan.sent == "off" || plan.sent == "none" || c.is_lenient, card, asked, c, "off is off");
  if (ask.setting.kind == Kind::effort && !c.is_lenient) {
    must(r.effort == ask.setting.effort || r.max_tokens.has_value(), card, asked, c, "an effort goes out as itself or by its ratio");
  }
  if (ask.setting.kind == Kind::tokens && !c.is_lenient) {
    must(r.max_tokens == std::max(ask.setting.tokens, card.thinking.budget_min_tokens), card, asked, c, "tokens go out as asked, or raised to the minimum");
  }
  if (ask.setting.kind == Kind::tokens && c.is_lenient && r.max_tokens) {
    must(*r.max_tokens <= std::max(ask.setting.tokens, card.thinking.budget_min_tokens), card, asked, c, "lenient never raises");
  }
  if (ask.setting.kind == Kind::dollars && r.max_tokens) {
    const Money out = dearest(card.price, {.prompt_tokens = c.prompt_tokens_bound, .from = ask.now, .until = ask.now + limits::kCallDeadline}).completion;
    must(out.times(*r.max_tokens) <= ask.setting.usd, card, asked, c, "dollars are never exceeded");
  }
  if (ask.setting.kind == Kind::effort && r.max_tokens && ask.setting.effort < Effort::xhigh) {
    must(*r.max_tokens * 100 <= plan.output_cap_tokens * limits::kThinkingSharePercentMax, card, asked, c, "at most 80 % of the output unless asked");
  }
}

void check_refusal(const ModelCard& card, const char* asked, const Case& c, const ThinkRequest& ask, const Error& error) {
  must(error.kind == Kind::validation_error || error.errc == Errc::price_unknown, card, asked, c, "a refusal is a validation error");
  must(error.message.size() > 30 && error.message.ends_with('.'), card, asked, c, "a refusal is a sentence");
  must(error.remedy.size() > 15 && error.remedy.ends_with('.'), card, asked, c, "a refusal says what is allowed");
  if (const std::optional<ThinkRequest> nearest = nearest_thinking(card, ask)) {
    must(plan_thinking(card, *nearest).ok(), card, asked, c, "the nearest arguments pass");
  } else {
    must(error.errc == Errc::context_too_small, card, asked, c, "something passes");
  }
}

}  // namespace

TEST_CASE("every row with every setting is honoured or refused") {
  const std::vector<ModelCard> cards = Catalog::snapshot().all();
  REQUIRE(cards.size() == 421);
  std::map<std::string, int> refused;
  std::map<std::string, int> refused_plain;
  int plans = 0;
  int plain_plans = 0;
  for (const Case& c : kCases) {
    const bool is_plain = c.name == std::string("plain");
    for (const ModelCard& card : cards) {
      for (const char* asked : kSettings) {
        ThinkRequest ask;
        ask.setting = setting(asked);
        ask.max_tokens = c.max_tokens;
        ask.answer_tokens = c.answer_tokens;
        ask.is_lenient = c.is_lenient;
        ask.thinking_tokens_max = c.thinking_tokens_max;
        ask.prompt_tokens_bound = c.prompt_tokens_bound;
        ask.now = Instant::from_ms(1'787'385'960'000);
        const Result<ThinkPlan> plan = plan_thinking(card, ask);
        ++plans;
        plain_plans += is_plain ? 1 : 0;
        if (!plan) {
          ++refused[plan.error().code];
          if (is_plain) ++refused_plain[plan.error().code];
          check_refusal(card, asked, c, ask, plan.error());
          continue;
        }
        check_reasoning(card, asked, c, *plan);
        check_cap(card, asked, c, *plan);
        check_words(card, asked, c, *plan);
        check_asked(card, asked, c, ask, *plan);
      }
    }
  }
  std::printf("%d plans over %zu models, %zu settings, %zu circumstances\n", plans, cards.size(), kSettings.size(), kCases.size());
  std::printf("refused without circumstances (of %d):\n", plain_plans);
  for (const auto& [code, count] : refused_plain) std::printf("  %-24s %6d\n", code.c_str(), count);
  std::printf("refused in all (of %d):\n", plans);
  for (const auto& [code, count] : refused) std::printf("  %-24s %6d\n", code.c_str(), count);
  std::printf("violations: %zu\n", g_violations.size());
  for (size_t i = 0; i < g_violations.size() && i < 20; ++i) std::printf("  %s\n", g_violations[i].c_str());
  CHECK(g_violations.empty());
}
