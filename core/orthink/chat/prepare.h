// prepare(): from an Ask to the exact body that would be sent, what it promises, what it costs at most, and why.
// The same function serves `plan` (nothing is sent) and every paid call.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"
#include "orthink/cost/price.h"
#include "orthink/think/plan.h"

namespace orthink {

struct PrepareOptions {
  Instant now;
  uint64_t thinking_tokens_max = limits::kThinkingMaxDefaultTokens;
  Duration call_deadline = limits::kCallDeadline;   // price windows up to then count
  bool is_paid = false;      // a real call: stale prices (over seven days) and the compiled-in snapshot are refused
  bool allows_stale_prices = false;
};

struct Prepared {
  std::string asked_model;
  ModelCard card;                       // of the first model
  ThinkPlan think;
  std::string body;                     // JSON of POST /chat/completions
  bool streams = true;
  uint64_t prompt_tokens_expected = 0;
  uint64_t prompt_tokens_bound = 0;
  WorstCase worst_case;
  std::optional<Money> worst;           // nothing when prices are unknown (then max_cost is the bound)
  std::optional<Money> expected;        // expected prompt, half the room of the output
  Money hold;                           // what is reserved: worst, or max_cost when prices are unknown
  std::string price_source;             // "catalogue", "snapshot", "max_cost"
  std::optional<int64_t> price_age_s;
  std::vector<Note> reasons;            // thinking, cap and money, in the order of the decisions
  std::vector<Note> warnings;
};

Result<Prepared> prepare(const Ask& ask, const Catalog& catalog, const PrepareOptions& options);

// The ask with the largest cap and thinking that cost at most `ceiling`, or take at most `cap_tokens` of output; nothing when none do.
std::optional<Ask> lowered(const Ask& ask, const Catalog& catalog, const PrepareOptions& options, Money ceiling);
std::optional<Ask> lowered(const Ask& ask, const Catalog& catalog, const PrepareOptions& options, uint64_t cap_tokens);

// The `plan` document of the public interface, schema 1, on one line without newline: {"schema":1,"ok":true,...} or
// {"schema":1,"ok":false,"error":{...},"nearest":{...}|null}.
std::string plan_document(const Ask& ask, const Catalog& catalog, const PrepareOptions& options);
std::string plan_document(const Prepared& prepared);
// A document that could not even be read as an ask.
std::string plan_document(const Error& refusal);

}  // namespace orthink
