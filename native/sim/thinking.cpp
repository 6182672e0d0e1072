#include "native/sim/thinking.h"

#include <algorithm>
#include <cstdlib>

namespace orthink::sim {
namespace {

// The `reasoning` part of a request, its synonyms folded in.
struct Wish {
  bool is_given = false;
  std::optional<Effort> effort;
  std::optional<uint64_t> max_tokens;
  std::optional<bool> enabled;
  bool excludes = false;
  bool wants_summary = false;

  [[nodiscard]] bool is_off() const { return enabled == false || effort == Effort::none; }
  [[nodiscard]] bool is_on() const { return !is_off() && (effort || max_tokens || enabled == true); }
};

Reply refuse(std::string_view message) { return error_reply(400, message, {.provider_is_null = true, .error_type = "invalid_request"}); }

const json::Value* present(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value && !value->is_null() ? value : nullptr;
}

std::optional<Reply> read_effort(const json::Value& value, std::string_view path, std::optional<Effort>& out) {
  const std::optional<Effort> effort = value.is_string() ? parse_effort(value.text()) : std::nullopt;
  if (!effort) {
    return refuse(std::string(path) + ": Invalid option: expected one of \"max\"|\"xhigh\"|\"high\"|\"medium\"|\"low\"|\"minimal\"|\"none\"");
  }
  out = effort;
  return std::nullopt;
}

std::optional<Reply> read_object(const json::Value& reasoning, Wish& wish) {
  if (!reasoning.is_object()) return refuse("reasoning: Invalid input: expected object");
  if (reasoning.members().empty()) return refuse("reasoning: must not be empty; give effort, max_tokens or enabled");
  if (const json::Value* effort = present(reasoning, "effort")) {
    if (std::optional<Reply> bad = read_effort(*effort, "reasoning.effort", wish.effort)) return bad;
  }
  if (const json::Value* tokens = present(reasoning, "max_tokens")) {
    wish.max_tokens = tokens->as_u64();
    if (!wish.max_tokens) return refuse("reasoning.max_tokens: Invalid input: expected a whole number");
  }
  for (const auto& [key, target] : {std::pair<std::string_view, bool>{"enabled", true}, {"exclude", false}}) {
    const json::Value* flag = present(reasoning, key);
    if (!flag) continue;
    if (!flag->is_boolean()) return refuse("reasoning." + std::string(key) + ": Invalid input: expected boolean");
    if (target) wish.enabled = flag->as_bool();
    else wish.excludes = flag->as_bool();
  }
  wish.wants_summary = present(reasoning, "summary") != nullptr;
  if (wish.effort && wish.max_tokens) return refuse("Only one of \"reasoning.effort\" and \"reasoning.max_tokens\" can be specified");
  wish.is_given = true;
  return std::nullopt;
}

std::optional<Reply> read_wish(const json::Value& body, Wish& wish) {
  if (const json::Value* reasoning = present(body, "reasoning")) {
    if (std::optional<Reply> bad = read_object(*reasoning, wish)) return bad;
  }
  if (const json::Value* effort = present(body, "reasoning_effort")) {
    std::optional<Effort> shorthand;
    if (std::optional<Reply> bad = read_effort(*effort, "reasoning_effort", shorthand)) return bad;
    if (wish.effort && wish.effort != shorthand) return refuse("reasoning.effort and reasoning_effort must not differ");
    wish.effort = shorthand;
  }
  const json::Value* include = present(body, "include_reasoning");
  if (include && include->is_boolean() && !include->as_bool()) wish.excludes = true;
  return std::nullopt;
}

Effort lowest(const EffortSet& efforts) {
  for (unsigned i = 1; i < kEfforts; ++i) {
    if (efforts.has(static_cast<Effort>(i))) return static_cast<Effort>(i);
  }
  return Effort::low;
}

// The level the model has that is nearest: the next lower one, else the lowest.
Effort nearest(const EffortSet& efforts, Effort wanted) {
  if (efforts.empty() || efforts.has(wanted)) return wanted;
  return efforts.nearest_lower(wanted).value_or(lowest(efforts));
}

// A budget given to a model that knows levels only: the level whose share of the cap is nearest from above.
Effort level_for(uint64_t budget, uint64_t cap) {
  for (unsigned i = 1; i < kEfforts; ++i) {
    if (budget * 1000 <= cap * effort_permille(static_cast<Effort>(i))) return static_cast<Effort>(i);
  }
  return Effort::high;
}

std::optional<Reply> check_budget(const ModelCard& card, uint64_t budget, const ThinkingContext& context) {
  const ThinkingTraits& traits = card.thinking;
  if (budget < traits.budget_min_tokens) {
    return provider_refusal(context.provider,
                            "thinking.budget_tokens: Input should be greater than or equal to " + std::to_string(traits.budget_min_tokens),
                            "thinking.budget_tokens");
  }
  if (traits.budget_max_tokens != 0 && budget > traits.budget_max_tokens) {
    return provider_refusal(context.provider,
                            "The thinking budget " + std::to_string(budget) + " is invalid. Please choose a value between " +
                                std::to_string(traits.budget_min_tokens) + " and " + std::to_string(traits.budget_max_tokens) + ".",
                            "thinking_budget");
  }
  if (budget >= context.cap_tokens) {
    return provider_refusal(context.provider, "`max_tokens` must be greater than `thinking.budget_tokens`.", "max_tokens");
  }
  return std::nullopt;
}

// What a model that was told to think does with how it was told.
std::optional<Reply> set_level(const Wish& wish, const ModelCard& card, const ThinkingContext& context, Thinking& out) {
  const ThinkingTraits& traits = card.thinking;
  if (wish.max_tokens && traits.takes_budget) {
    out.budget_tokens = wish.max_tokens;
    return check_budget(card, *wish.max_tokens, context);
  }
  if (traits.control == Control::budget) {
    const uint64_t budget = effort_budget_tokens(wish.effort.value_or(Effort::medium), context.cap_tokens);
    out.budget_tokens = traits.budget_max_tokens != 0 ? std::min(budget, traits.budget_max_tokens) : budget;
    return check_budget(card, *out.budget_tokens, context);
  }
  if (traits.control == Control::effort || traits.control == Control::adaptive) {
    const Effort usual = traits.default_effort && *traits.default_effort != Effort::none ? *traits.default_effort : Effort::medium;
    Effort wanted = wish.effort.value_or(usual);
    if (wish.max_tokens && traits.control == Control::effort) wanted = level_for(*wish.max_tokens, context.cap_tokens);
    out.effort = nearest(traits.efforts, wanted);
  }
  return std::nullopt;
}

bool thinks_unasked(const ThinkingTraits& traits) {
  if (traits.is_mandatory || traits.control == Control::always) return true;
  return traits.thinks_by_default == ThinkingDefault::on;
}

double number_or(const json::Value& body, std::string_view key, double otherwise) {
  const json::Value* value = present(body, key);
  return value && value->is_number() ? std::strtod(value->text().c_str(), nullptr) : otherwise;
}

// Rules that hold only while the model thinks; may switch thinking off, as OpenRouter does without a word.
std::optional<Reply> check_company(const json::Value& body, const ModelCard& card, const ThinkingContext& context, Thinking& out) {
  const SamplingSet forbidden = card.thinking.forbidden;
  if (context.forces_tool && (forbidden & bit(Sampling::forced_tool_choice)) != 0) {
    if (card.thinking.control == Control::budget) {
      out = Thinking{};
      return std::nullopt;
    }
    return provider_refusal(context.provider, "tool_choice: forced tool use is not possible while the model thinks.", "tool_choice");
  }
  const bool is_claude_with_budget = card.provider == "anthropic" && out.budget_tokens;
  if (is_claude_with_budget && number_or(body, "temperature", 1.0) != 1.0) {
    return provider_refusal(context.provider, "`temperature` may only be set to 1 when thinking is enabled.", "temperature");
  }
  return std::nullopt;
}

}  // namespace

std::variant<Thinking, Reply> resolve_thinking(const json::Value& body, const ModelCard& card, const ThinkingContext& context) {
  Wish wish;
  if (std::optional<Reply> bad = read_wish(body, wish)) return *std::move(bad);
  Thinking out;
  if (card.thinking.control == Control::none) return out;
  if (wish.is_off() && card.thinking.is_mandatory) {
    if (!context.is_alias) return refuse("Reasoning is mandatory for this endpoint and cannot be disabled.");
    wish.enabled.reset();
    wish.effort = lowest(card.thinking.efforts);
  }
  out.was_asked_off = wish.is_off();
  out.is_on = wish.is_on() || (!wish.is_off() && thinks_unasked(card.thinking));
  if (!out.is_on) return out;
  out.excludes = wish.excludes;
  out.wants_summary = wish.wants_summary;
  // A budget model left alone chooses for itself; it has no budget to overrun.
  const bool is_left_alone = !wish.is_on() && card.thinking.control == Control::budget;
  if (!is_left_alone) {
    if (std::optional<Reply> bad = set_level(wish, card, context, out)) return *std::move(bad);
  }
  if (std::optional<Reply> bad = check_company(body, card, context, out)) return *std::move(bad);
  return out;
}

}  // namespace orthink::sim
