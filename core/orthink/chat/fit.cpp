#include "orthink/chat/fit.h"

#include <algorithm>

#include "orthink/think/words.h"

namespace orthink {
namespace {

bool passes(const Ask& ask, const Plan& plan) {
  return plan(ask).ok();
}

Ask with_tokens(const Ask& ask, uint64_t tokens) {
  Ask changed = ask;
  changed.think = Setting{};
  changed.think.kind = Setting::Kind::tokens;
  changed.think.tokens = tokens;
  return changed;
}

// The largest budget from `low` to `high` for which the plan passes and does not raise it.
std::optional<Ask> largest_budget(const Ask& ask, uint64_t low, uint64_t high, const Plan& plan) {
  std::optional<Ask> best;
  while (low <= high) {
    const uint64_t middle = low + (high - low) / 2;
    Ask candidate = with_tokens(ask, middle);
    if (passes(candidate, plan)) {
      best = std::move(candidate);
      low = middle + 1;
    } else {
      if (middle == 0) break;
      high = middle - 1;
    }
  }
  return best;
}

std::optional<Ask> highest_effort(const Ask& ask, Effort below, const Plan& plan) {
  for (auto level = static_cast<uint8_t>(below); level > static_cast<uint8_t>(Effort::minimal); --level) {
    Ask candidate = ask;
    candidate.think = Setting{};
    candidate.think.kind = Setting::Kind::effort;
    candidate.think.effort = static_cast<Effort>(level - 1);
    if (passes(candidate, plan)) return candidate;
  }
  return std::nullopt;
}

std::optional<Ask> without_thinking(const Ask& ask, const Plan& plan) {
  Ask candidate = ask;
  candidate.think = Setting{};
  candidate.think.kind = Setting::Kind::off;
  if (passes(candidate, plan)) return candidate;
  return std::nullopt;
}

}  // namespace

std::optional<Ask> largest_under_cap(const Ask& ask, const ModelCard& card, uint64_t cap_tokens, const Plan& plan) {
  if (cap_tokens == 0) return std::nullopt;
  Ask capped = ask;
  capped.max_tokens = std::min(ask.max_tokens.value_or(cap_tokens), cap_tokens);
  if (passes(capped, plan)) return capped;
  const Setting& asked = ask.think;
  const bool has_budget = card.thinking.takes_budget && asked.kind != Setting::Kind::off;
  if (has_budget && asked.kind != Setting::Kind::effort) {
    const uint64_t most = asked.kind == Setting::Kind::tokens ? std::min(asked.tokens, *capped.max_tokens) : *capped.max_tokens;
    const uint64_t least = std::max<uint64_t>(1, card.thinking.budget_min_tokens);
    if (auto found = largest_budget(capped, least, most, plan)) return found;
  }
  if (asked.kind != Setting::Kind::off) {
    const Effort below = asked.kind == Setting::Kind::effort ? asked.effort : Effort::max;
    if (auto found = highest_effort(capped, below, plan)) return found;
  }
  return without_thinking(capped, plan);
}

void tell_lowered(const Ask& ask, Ask& lower, std::string_view why) {
  AskedBefore before = ask.before.value_or(AskedBefore{ask.think.to_text(), ask.max_tokens, {}});
  const std::string think = lower.think.to_text();
  std::string told;
  if (think != before.think) told = "Thinking was lowered from " + before.think + " to " + think;
  if (lower.max_tokens && lower.max_tokens != before.max_tokens)
    told += (told.empty() ? "The total cap was lowered to " : " and the total cap to ") + grouped(*lower.max_tokens) + " tokens";
  if (told.empty() && lower.max_cost) told = "What the call may cost was lowered to $" + lower.max_cost->to_decimal();
  before.told = told + ", " + std::string(why) + ".";
  lower.before = std::move(before);
}

std::string difference_json(const Ask& ask, const Ask& near) {
  json::Writer out;
  out.object();
  if (ask.model != near.model) out.key("model").string(near.model);
  if (ask.fallbacks != near.fallbacks) {
    out.key("models").array().string(near.model);
    for (const std::string& fallback : near.fallbacks) out.string(fallback);
    out.end();
  }
  if (ask.think.to_text() != near.think.to_text()) out.key("think").string(near.think.to_text());
  if (ask.answer_tokens != near.answer_tokens && near.answer_tokens) out.key("answer_tokens").number(*near.answer_tokens);
  if (ask.max_tokens != near.max_tokens && near.max_tokens) out.key("max_tokens").number(*near.max_tokens);
  if (ask.max_cost != near.max_cost && near.max_cost) out.key("max_cost_usd").string(near.max_cost->to_decimal());
  if (ask.is_lenient != near.is_lenient) out.key("lenient").boolean(near.is_lenient);
  out.end();
  return out.take();
}

}  // namespace orthink
