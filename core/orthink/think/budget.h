// Budgets: from a wish (a number, an effort, dollars, the default) to reasoning.max_tokens and the total cap.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "orthink/think/plan.h"
#include "orthink/think/room.h"

namespace orthink {

struct BudgetWish {
  enum class Origin : uint8_t { tokens, effort, dollars, model_default };
  Origin origin = Origin::tokens;
  uint64_t tokens = 0;                     // not for efforts
  Effort effort = Effort::medium;          // for efforts

  // xhigh, max and plain numbers ask for more than the usual share of the output; nobody else does.
  [[nodiscard]] bool asks_for_more_than_share() const;
};

struct Bought {
  std::optional<uint64_t> tokens;  // nothing when output is free
  Money price;                     // per token
};

// What the dollars of the setting buy at the dearest output price that can apply. price_unknown where none is known.
Result<Bought> tokens_for_dollars(const ModelCard& card, const ThinkRequest& request);

// Sets reasoning.max_tokens, the budget, the cap, sent and promise. REQUIRES: card.thinking.takes_budget.
Result<> plan_budget(const ModelCard& card, const ThinkRequest& request, const Room& room, const BudgetWish& wish, ThinkPlan& plan);

}  // namespace orthink
