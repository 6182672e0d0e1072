#include "orthink/think/budget.h"

#include <algorithm>

#include "orthink/think/words.h"

namespace orthink {

namespace {

using Origin = BudgetWish::Origin;

struct Bound {
  uint64_t tokens = UINT64_MAX;
  std::string why;  // "the configured limit is 16,384 tokens"
};

void lower_to(Bound& bound, uint64_t tokens, const std::string& why) {
  if (tokens < bound.tokens) bound = {tokens, why};
}

// The lowest of: what the model can think, what is configured, what the total cap leaves beside the answer, and the share rule.
Bound upper_bound(const ModelCard& card, const ThinkRequest& request, const Room& room, bool keeps_share) {
  Bound bound;
  if (card.thinking.budget_max_tokens != 0) {
    lower_to(bound, card.thinking.budget_max_tokens, card.id + " thinks at most " + tokens_text(card.thinking.budget_max_tokens));
  }
  if (request.thinking_tokens_max != 0) {
    lower_to(bound, request.thinking_tokens_max, "the configured limit of thinking is " + tokens_text(request.thinking_tokens_max));
  }
  if (const std::optional<uint64_t> beside = room.budget_max()) {
    const uint64_t cap = room.fixed ? *room.fixed : *room.ceiling;
    lower_to(bound, *beside, "a total cap of " + tokens_text(cap) + " with an answer floor of " + grouped(room.floor) + " leaves " +
                                 tokens_text(*beside) + " of thinking below it");
  }
  if (keeps_share) {
    const uint64_t share = room.budget_by_share();
    lower_to(bound, share, "thinking takes at most 80 % of the output unless more is asked for, here " + tokens_text(share));
  }
  return bound;
}

std::string wish_text(const BudgetWish& wish, const ThinkRequest& request, uint64_t tokens) {
  switch (wish.origin) {
    case Origin::tokens: return tokens_text(tokens) + " of thinking were asked for";
    case Origin::effort: return "effort " + std::string(name(wish.effort)) + " is " + tokens_text(tokens) + " of thinking here";
    case Origin::dollars: return request.setting.to_text() + " buys " + tokens_text(tokens) + " of thinking";
    case Origin::model_default: return "a budget of " + tokens_text(tokens) + " is the default";
  }
  return {};
}

uint64_t wished_tokens(const BudgetWish& wish, const Room& room) {
  return wish.origin == Origin::effort ? effort_budget_tokens(wish.effort, room.cap_for_effort(wish.effort)) : wish.tokens;
}

Error no_room(const ModelCard& card, const Bound& bound, uint64_t needs) {
  return make_error(Errc::budget_out_of_range,
                    card.id + " thinks with at least " + tokens_text(card.thinking.budget_min_tokens) + ", but " + bound.why + ".",
                    "Raise max_tokens to " + std::to_string(needs) + " or more, lower the answer floor, or turn thinking off.");
}

void explain_effort(const BudgetWish& wish, const Room& room, ThinkPlan& plan) {
  const uint64_t cap = room.cap_for_effort(wish.effort);
  const uint64_t permille = effort_permille(wish.effort);
  const std::string effort(name(wish.effort));
  plan.reasons.push_back({"budget_from_effort", "This model takes a number, not a level: effort " + effort + " is " + std::to_string(permille / 10) +
                                                    " % of a total of " + tokens_text(cap) + ", between 1,024 and 128,000."});
}

}  // namespace

bool BudgetWish::asks_for_more_than_share() const {
  if (origin == Origin::effort) return effort == Effort::xhigh || effort == Effort::max;
  return origin == Origin::tokens;
}

Result<Bought> tokens_for_dollars(const ModelCard& card, const ThinkRequest& request) {
  if (!card.price.is_known()) {
    return make_error(Errc::price_unknown, "The price of " + card.id + " is not known, so " + request.setting.to_text() + " cannot be turned into tokens.",
                      "Ask for tokens or an effort, or name a model with a price.");
  }
  WorstCase worst;
  worst.prompt_tokens = request.prompt_tokens_bound;
  worst.from = request.now;
  worst.until = request.now + limits::kCallDeadline;
  const Money price = dearest(card.price, worst).completion;
  Bought bought;
  bought.price = price;
  if (price > Money::zero()) bought.tokens = static_cast<uint64_t>(request.setting.usd.pico / price.pico);
  return bought;
}

Result<> plan_budget(const ModelCard& card, const ThinkRequest& request, const Room& room, const BudgetWish& wish, ThinkPlan& plan) {
  const uint64_t least = card.thinking.budget_min_tokens;
  const uint64_t wished = wished_tokens(wish, room);
  const bool is_raised = wished < least;
  if (is_raised && wish.origin == Origin::dollars) {
    return make_error(Errc::budget_out_of_range,
                      card.id + " thinks with at least " + tokens_text(least) + ", but " + wish_text(wish, request, wished) + ".",
                      "Give more dollars, ask for " + std::to_string(least) + " tokens, or turn thinking off.");
  }
  const Bound bound = upper_bound(card, request, room, is_raised || !wish.asks_for_more_than_share());
  if (bound.tokens < least) return no_room(card, bound, room.floor + least + 1);

  uint64_t budget = std::max(wished, least);
  if (wish.origin == Origin::effort) explain_effort(wish, room, plan);
  if (is_raised) {
    plan.reasons.push_back({"budget_raised", "The least that " + card.id + " takes is " + tokens_text(least) + "; " + wish_text(wish, request, wished) +
                                                 ", so it was raised to that."});
  }
  if (budget > bound.tokens) {
    const std::string why = wish_text(wish, request, budget) + ", but " + bound.why;
    if (wish.origin == Origin::tokens && !request.is_lenient) {
      return make_error(Errc::budget_out_of_range, why + ".", "Ask for " + std::to_string(bound.tokens) + " tokens or fewer.");
    }
    std::vector<Note>& notes = wish.origin == Origin::tokens ? plan.warnings : plan.reasons;
    notes.push_back({"budget_lowered", why + "; it was lowered to " + grouped(bound.tokens) + "."});
    budget = bound.tokens;
  }
  plan.reasoning.max_tokens = budget;
  plan.budget_tokens = budget;
  plan.output_cap_tokens = room.cap_for_budget(budget);
  plan.sent = std::to_string(budget);
  plan.promise = Promise::soft;
  plan.expected = ThinkingExpected::yes;
  plan.reasons.push_back({"budget_sent", "A budget of " + tokens_text(budget) + " is sent; vendors may overrun it a little, so the promise is soft and only the total cap of " +
                                             grouped(plan.output_cap_tokens) + " is hard."});
  return {};
}

}  // namespace orthink
