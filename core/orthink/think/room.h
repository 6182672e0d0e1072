// Room: how many tokens a whole answer may have, thinking included, and how many of them are kept for the visible part.
//
// Contract, planning rules: default cap = min(row's cap, context - prompt bound, budget + 4,096; without a budget 8,192).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "orthink/think/plan.h"

namespace orthink {

struct Room {
  std::optional<uint64_t> ceiling;  // the most that row and context allow; nothing when neither is known
  bool is_context_ceiling = false;  // the context sets it, not the row
  std::optional<uint64_t> fixed;    // the caller's own total cap
  uint64_t floor = 0;               // kept for the answer
  uint64_t answer_room = 0;         // what the default cap adds to a budget

  // The total cap for this thinking budget, or without one.
  [[nodiscard]] uint64_t cap_for_budget(uint64_t budget_tokens) const;
  [[nodiscard]] uint64_t cap_without_budget() const;
  // The largest budget that stays strictly below the cap and leaves the floor; 0 when there is none, nothing without a bound.
  [[nodiscard]] std::optional<uint64_t> budget_max() const;
  // The largest budget that takes at most kThinkingSharePercentMax of the cap.
  [[nodiscard]] uint64_t budget_by_share() const;
  // The cap that an effort is a ratio of.
  [[nodiscard]] uint64_t cap_for_effort(Effort effort) const;
};

// Refuses a caller's cap above the ceiling (lenient lowers it, with a warning), a floor that does not fit, and a prompt that
// fills the context.
Result<Room> find_room(const ModelCard& card, const ThinkRequest& request, std::vector<Note>& warnings);

}  // namespace orthink
