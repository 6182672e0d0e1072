#include "orthink/catalog/family.h"

#include <array>
#include <initializer_list>

#include "orthink/base/limits.h"

namespace orthink {

namespace {

constexpr uint8_t efforts(std::initializer_list<Effort> list) {
  EffortSet set;
  for (Effort e : list) set.add(e);
  return set.bits();
}

constexpr SamplingSet sampling(std::initializer_list<Sampling> list) {
  SamplingSet set = 0;
  for (Sampling s : list) set = static_cast<SamplingSet>(set | bit(s));
  return set;
}

using enum Effort;

constexpr uint8_t kLowToHigh = efforts({low, medium, high});
constexpr uint8_t kMinimalToHigh = efforts({minimal, low, medium, high});
constexpr uint8_t kLowToMax = efforts({low, medium, high, xhigh, max});
constexpr uint8_t kClaude46Efforts = efforts({low, medium, high, max});

constexpr SamplingSet kClaudeBudget =
    sampling({Sampling::temperature, Sampling::top_p, Sampling::top_k, Sampling::forced_tool_choice, Sampling::prefill});
constexpr SamplingSet kClaudeAdaptive = sampling({Sampling::temperature, Sampling::top_p, Sampling::top_k});
constexpr SamplingSet kClaude5 = sampling({Sampling::temperature, Sampling::top_p, Sampling::top_k, Sampling::forced_tool_choice});
constexpr SamplingSet kForcedTool = sampling({Sampling::forced_tool_choice});
// From 4.6 on the vendor answers 400 to a prefill, thinking or not (Anthropic, Migration guide).
constexpr SamplingSet kPrefill = sampling({Sampling::prefill});
constexpr SamplingSet kOpenAi =
    sampling({Sampling::temperature, Sampling::top_p, Sampling::penalties, Sampling::logprobs, Sampling::logit_bias});
constexpr SamplingSet kDeepSeek = sampling({Sampling::temperature, Sampling::top_p, Sampling::penalties});
constexpr SamplingSet kGrok = sampling({Sampling::penalties, Sampling::stop});

enum class Off : uint8_t { by_row, never };

struct Rule {
  std::string_view prefix;
  Control control = Control::toggle;
  Off off = Off::by_row;
  ThinkingDefault thinks = ThinkingDefault::unknown;
  uint8_t efforts = 0;
  uint32_t budget_min = 0;
  uint32_t budget_max = 0;
  SamplingSet forbidden = 0;
  bool hides_text = false;
  uint16_t prompt_permille = 0;
  SamplingSet by_budget = 0;
  SamplingSet always = 0;
};

constexpr ThinkingDefault kOn = ThinkingDefault::on;
constexpr ThinkingDefault kOffByDefault = ThinkingDefault::off;
constexpr ThinkingDefault kSilent = ThinkingDefault::unknown;

// The longest prefix wins. GPT-5.2 and GLM 4.6 are on by default on the wire although their rows do not say so.
constexpr std::array kRules = {
    Rule{"anthropic/claude", Control::adaptive, Off::by_row, kSilent, kLowToMax, 0, 0, kClaudeAdaptive, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-fable", Control::adaptive, Off::never, kOn, kLowToMax, 0, 0, kClaude5, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-opus-5.5", Control::adaptive, Off::never, kOn, kLowToMax, 0, 0, kClaude5, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-sonnet-5.5", Control::adaptive, Off::never, kOn, kLowToMax, 0, 0, kClaude5, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-haiku-5.5", Control::adaptive, Off::by_row, kOn, kLowToMax, 0, 0, kClaude5, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-3", Control::budget, Off::by_row, kOffByDefault, 0, 1024, 0, kClaudeBudget, false, 1150},
    Rule{"anthropic/claude-4", Control::budget, Off::by_row, kOffByDefault, 0, 1024, 0, kClaudeBudget, false, 1150},
    Rule{"anthropic/claude-haiku-4", Control::budget, Off::by_row, kOffByDefault, 0, 1024, 0, kClaudeBudget, false, 1150},
    Rule{"anthropic/claude-sonnet-4", Control::budget, Off::by_row, kOffByDefault, 0, 1024, 0, kClaudeBudget, false, 1150},
    Rule{"anthropic/claude-opus-4", Control::budget, Off::by_row, kOffByDefault, 0, 1024, 0, kClaudeBudget, false, 1150},
    Rule{"anthropic/claude-sonnet-4.6", Control::adaptive, Off::by_row, kOffByDefault, kClaude46Efforts, 1024, 0, kClaudeAdaptive, false, 1150, kForcedTool, kPrefill},
    Rule{"anthropic/claude-opus-4.6", Control::adaptive, Off::by_row, kOffByDefault, kClaude46Efforts, 1024, 0, kClaudeAdaptive, false, 1150, kForcedTool, kPrefill},
    Rule{"anthropic/claude-sonnet-4.7", Control::adaptive, Off::by_row, kOffByDefault, kLowToMax, 0, 0, kClaudeAdaptive, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-opus-4.7", Control::adaptive, Off::by_row, kOffByDefault, kLowToMax, 0, 0, kClaudeAdaptive, false, 1550, 0, kPrefill},
    Rule{"anthropic/claude-opus-4.8", Control::adaptive, Off::by_row, kOffByDefault, kLowToMax, 0, 0, kClaudeAdaptive, false, 1550, 0, kPrefill},
    Rule{"openai/", Control::toggle, Off::by_row, kSilent, 0, 0, 0, 0, false, 1000},
    Rule{"openai/o1", Control::effort, Off::never, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/o3", Control::effort, Off::never, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/o4", Control::effort, Off::never, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-oss", Control::effort, Off::never, kOn, kLowToHigh, 0, 0, 0, false, 1000},
    Rule{"openai/gpt-5", Control::effort, Off::never, kOn, kMinimalToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5-codex", Control::effort, Off::never, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5-image", Control::effort, Off::never, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5.", Control::effort, Off::by_row, kSilent, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5.2", Control::effort, Off::by_row, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5.4", Control::effort, Off::by_row, kOffByDefault, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5.5", Control::effort, Off::by_row, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-5.6", Control::effort, Off::by_row, kOn, kLowToHigh, 0, 0, kOpenAi, true, 1000},
    Rule{"openai/gpt-6", Control::effort, Off::by_row, kSilent, kLowToMax, 0, 0, kOpenAi, true, 1000},
    Rule{"google/", Control::toggle, Off::by_row, kSilent, 0, 0, 0, 0, false, 1150},
    Rule{"google/gemini-2.5-pro", Control::budget, Off::never, kOn, 0, 128, 32768, 0, false, 1150},
    Rule{"google/gemini-2.5-flash", Control::budget, Off::by_row, kOffByDefault, 0, 1, 24576, 0, false, 1150},
    Rule{"google/gemini-2.5-flash-lite", Control::budget, Off::by_row, kOffByDefault, 0, 512, 24576, 0, false, 1150},
    Rule{"google/gemini-3", Control::effort, Off::never, kOn, efforts({low, high}), 0, 0, 0, false, 1150},
    Rule{"google/gemini-3-pro-image", Control::always, Off::never, kOn, 0, 0, 0, 0, false, 1150},
    Rule{"x-ai/grok", Control::toggle, Off::by_row, kSilent, 0, 0, 0, kGrok, true, 0},
    Rule{"x-ai/grok-3-mini", Control::effort, Off::never, kOn, efforts({low, high}), 0, 0, kGrok, false, 0},
    Rule{"x-ai/grok-4", Control::always, Off::never, kOn, 0, 0, 0, kGrok, true, 0},
    Rule{"x-ai/grok-4.", Control::toggle, Off::by_row, kSilent, 0, 0, 0, kGrok, true, 0},
    Rule{"deepseek/", Control::toggle, Off::by_row, kSilent, 0, 0, 0, kDeepSeek, false, 0},
    Rule{"deepseek/deepseek-r1", Control::always, Off::never, kOn, 0, 0, 0, kDeepSeek, false, 0},
    Rule{"deepseek/deepseek-v3.2", Control::toggle, Off::by_row, kOffByDefault, 0, 0, 0, kDeepSeek, false, 0},
    Rule{"deepseek/deepseek-v4", Control::effort, Off::by_row, kOn, efforts({low, high, max}), 0, 0, kDeepSeek, false, 0},
    Rule{"minimax/minimax-m1", Control::always, Off::never, kOn, 0, 0, 0, 0, false, 0},
    Rule{"minimax/minimax-m2", Control::always, Off::never, kOn, 0, 0, 0, 0, false, 0},
    Rule{"perplexity/sonar-deep-research", Control::always, Off::never, kOn, 0, 0, 0, 0, false, 0},
    Rule{"perplexity/sonar-reasoning", Control::always, Off::never, kOn, 0, 0, 0, 0, false, 0},
    Rule{"z-ai/glm-4.6", Control::toggle, Off::by_row, kOn, 0, 0, 0, 0, false, 0},
};

const Rule* rule_of(std::string_view slug) {
  const Rule* best = nullptr;
  for (const Rule& rule : kRules) {
    if (slug.starts_with(rule.prefix) && (best == nullptr || rule.prefix.size() > best->prefix.size())) best = &rule;
  }
  return best;
}

// "mandatory: false" and nothing else means that nothing is known; a model named for its thinking then thinks.
bool is_thinking_by_name(std::string_view id, const ReasoningFacts& facts) {
  if (facts.default_enabled || facts.efforts || facts.supports_max_tokens) return false;
  return id.find("thinking") != id.npos || id.find("-think") != id.npos || id.find("reasoning") != id.npos;
}

Control control_of(const ThinkingTraits& traits, const Rule& rule, bool is_known_family, const ReasoningFacts& facts, bool by_name) {
  if (is_known_family && (rule.control == Control::adaptive || rule.control == Control::budget)) return rule.control;
  if (facts.efforts) return Control::effort;
  if (facts.supports_max_tokens) return Control::budget;
  if (is_known_family && rule.control != Control::toggle) return rule.control;
  return traits.is_mandatory || by_name ? Control::always : Control::toggle;
}

ThinkingDefault default_of(const ThinkingTraits& traits, const Rule& rule, const ReasoningFacts& facts) {
  if (traits.is_mandatory) return ThinkingDefault::on;
  if (facts.default_effort == Effort::none) return ThinkingDefault::off;
  if (facts.default_enabled) return *facts.default_enabled ? ThinkingDefault::on : ThinkingDefault::off;
  return rule.thinks;
}

EffortSet without_none(EffortSet set) { return EffortSet::from_bits(static_cast<uint8_t>(set.bits() & ~1U)); }

void fill_budget(ThinkingTraits& traits, const Rule& rule, const ReasoningFacts& facts) {
  traits.takes_budget = rule.budget_min != 0 || facts.supports_max_tokens;
  if (!traits.takes_budget) return;
  traits.budget_min_tokens = rule.budget_min != 0 ? rule.budget_min : limits::kVendorBudgetMinTokens;
  traits.budget_max_tokens = rule.budget_max;
}

}  // namespace

ThinkingTraits thinking_traits(std::string_view id, bool is_router, const ReasoningFacts& facts) {
  if (id.starts_with('~')) id.remove_prefix(1);
  const std::string_view slug = id.substr(0, id.find(':'));
  static constexpr Rule kNoFamily{};
  const Rule* found = rule_of(slug);
  const Rule& rule = found != nullptr ? *found : kNoFamily;

  ThinkingTraits traits;
  traits.prompt_permille = rule.prompt_permille;
  traits.has_object = facts.has_object;
  traits.lists_parameter = facts.lists_parameter;
  traits.contradicts_itself = facts.has_object != facts.lists_parameter && !is_router;
  if (!facts.has_object) {
    traits.thinks_by_default = is_router || facts.lists_parameter ? ThinkingDefault::unknown : ThinkingDefault::off;
    return traits;
  }
  const bool by_name = is_thinking_by_name(id, facts);
  traits.is_mandatory = facts.is_mandatory || rule.off == Off::never || by_name;
  traits.control = control_of(traits, rule, found != nullptr, facts, by_name);
  traits.has_effort_list = facts.efforts.has_value();
  traits.efforts = facts.efforts ? *facts.efforts : EffortSet::from_bits(rule.efforts);
  if (traits.is_mandatory) traits.efforts = without_none(traits.efforts);
  traits.default_effort = facts.default_effort;
  if (!traits.default_effort && traits.is_mandatory && traits.efforts.has(Effort::medium)) traits.default_effort = Effort::medium;
  traits.thinks_by_default = default_of(traits, rule, facts);
  traits.forbidden = rule.forbidden;
  traits.forbidden_by_budget = rule.by_budget;
  traits.forbidden_always = rule.always;
  traits.hides_text = rule.hides_text;
  fill_budget(traits, rule, facts);
  return traits;
}

}  // namespace orthink
