// What is asked in place of a call that a limit stands against, and how its refusal reads: one rule for every host.
//
//   std::optional<ShortOf> by = short_of(batch, reply, scopes, prepared);
//   std::optional<Ask> less = less_for(ask, *by, {catalog, planning});
//
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"
#include "orthink/ledger/ledger.h"

namespace orthink {

// What stood against a call's first reservation: money, or tokens a minute.
struct ShortOf {
  ledger::LimitState limit;
  NanoUsd affordable;                      // money: what would have passed
  std::optional<uint64_t> tokens_bound{};  // tokens a minute: what the call may need, the prompt's share in `prompt_tokens`
  uint64_t prompt_tokens = 0;
};
// Nothing when the batch was applied, when it is not a call's first reservation, when no limit stood against it, or when the limit is 0 and
// nothing of it can be left. `limits` are those of the call's scopes.
std::optional<ShortOf> short_of(const StoreBatch& batch, const StoreReply& reply, const ledger::ScopeList& limits, const Prepared& prepared);

// How a host's callers write settings. Null where one is asked for: as the fields of the ask document.
struct Spelling {
  std::string (*difference)(const Ask& ask, const Ask& lower);  // "--think off --max-tokens 3814"
  std::string_view fit;                                         // "--fit"
  std::string_view max_cost;                                    // "--max-cost"
};

struct LessOptions {
  const Catalog& catalog;
  const PrepareOptions& planning;
};

// The largest settings that pass what is left now; it tells what was lowered and why. Nothing when none pass.
std::optional<Ask> less_for(const Ask& ask, const ShortOf& by, const LessOptions& options);
// What to do about the limit instead of what its refusal says; empty: as it says.
std::string remedy_for(const Ask& ask, const ShortOf& by, const LessOptions& options, const Spelling* spelling);
// The refusal of a call above its max_cost with a remedy in the caller's spelling; any other error as it is.
Error spelled(Error error, const Ask& ask, const LessOptions& options, const Spelling& spelling);

}  // namespace orthink
