// What is asked in place of a call that a limit stands against, and how its refusal reads.
//
//   std::optional<Ask> less = less_for(ask, short_of, plan);
//   error = as_spoken(error, now);
//
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>

#include "native/cli/call_audience.h"
#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"

namespace orthink::cli {

struct LessOptions {
  const Catalog& catalog;
  const PrepareOptions& planning;
};

// The largest settings that pass what is left now; it tells what was lowered and why. Nothing when none pass.
std::optional<Ask> less_for(const Ask& ask, const ShortOf& by, const LessOptions& options);
// What to do about the limit instead of what its refusal says; empty: as it says.
std::string remedy_for(const Ask& ask, const ShortOf& by, const LessOptions& options, bool is_spoken);

// "--think off --max-tokens 3814": what differs in `lower`, as it is typed.
std::string flags_of(const Ask& ask, const Ask& lower);
// The members of a difference, as `difference_json` and the plan document have them.
std::string flags_of(const json::Value& difference);
// "; resets at 00:00 UTC tomorrow" behind the message of a limit of days or months.
Error as_spoken(Error error, Instant now);
// The same for a call above its max_cost: its remedy is typed, not a document.
Error as_spoken(Error error, const Ask& ask, const LessOptions& options);

}  // namespace orthink::cli
