// Planner: one ask against one catalogue; plans it as it stands, fits it under its max_cost, or finds the nearest ask that would pass.
// What does not change while settings are tried (rows, token counts) is looked up once. Behind prepare(); hosts use that.
// Thread rule: one thread at a time; `catalog` and `options` must outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"
#include "orthink/chat/prompt_tokens.h"
#include "orthink/chat/request.h"

namespace orthink {

class Planner {
 public:
  Planner(const Catalog& catalog, const PrepareOptions& options) : catalog_(catalog), options_(options) {}

  // Finds the rows of the ask's models and counts its prompt for each. To be called once, first.
  Result<void> look_up(const Ask& ask);
  // The ask as it stands. Asks may differ from the one looked up in settings and limits, not in models or messages.
  Result<Prepared> plan(const Ask& ask) const;
  // The same, lowered to its max_cost where the ask says `fit`.
  Result<Prepared> plan_or_fit(const Ask& ask) const;
  // The largest settings whose worst case is at most `ceiling`, or whose total cap is at most `cap_tokens`; nothing when none pass.
  [[nodiscard]] std::optional<Ask> fitted(const Ask& ask, Money ceiling) const;
  [[nodiscard]] std::optional<Ask> fitted(const Ask& ask, uint64_t cap_tokens) const;
  // The closest ask that passes in place of one refused with `error`; nothing when none was found.
  [[nodiscard]] std::optional<Ask> nearest(const Ask& ask, const Error& error) const;

 private:
  struct Candidate {
    ModelCard card;
    PromptTokens prompt;
  };
  Result<Candidate> candidate(const Ask& ask, const std::string& id) const;
  [[nodiscard]] ThinkRequest think_request(const Ask& ask, const Candidate& of) const;
  Result<void> honours(const Ask& ask, const Candidate& fallback, Prepared& prepared, const AcceptedParameters& accepted) const;
  Result<std::vector<const Candidate*>> usable_fallbacks(const Ask& ask, Prepared& prepared, const AcceptedParameters& accepted) const;
  void bound(const Ask& ask, const std::vector<const Candidate*>& models, Prepared& prepared, std::optional<MaxPrice>& max_price) const;
  void raise_to_target(const Candidate& model, const ThinkPlan& think, const WorstCase& worst, DearestPrices& prices) const;
  Result<void> refuse_uncovered(const Ask& ask, const std::vector<const Candidate*>& models, Prepared& prepared) const;
  Result<void> refuse_softened_off(const std::vector<const Candidate*>& models, const Prepared& prepared) const;
  static void explain_fit(const Ask& ask, Prepared& prepared);
  static void lower_promise(const Ask& ask, Prepared& prepared);
  [[nodiscard]] std::string price_doubt(const Ask& ask, const std::vector<const Candidate*>& models, const Prepared& prepared) const;
  Result<void> judge_price(const Ask& ask, const std::vector<const Candidate*>& models, Prepared& prepared, std::optional<MaxPrice>& max_price) const;
  void stand_in(const Ask& ask, const Error& doubt, Prepared& prepared, std::optional<MaxPrice>& max_price) const;
  void explain_routing(const Ask& ask, const RequestParts& parts, Prepared& prepared) const;
  void explain(const Ask& ask, const RequestParts& parts, Prepared& prepared) const;

  const Catalog& catalog_;
  const PrepareOptions& options_;
  std::optional<Candidate> first_;
  std::vector<Candidate> others_;
  std::vector<Note> dropped_;  // fallbacks left out because the ask is lenient
};

}  // namespace orthink
