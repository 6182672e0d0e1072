// Fitting an ask under its max_cost, and the nearest ask that would pass in place of a refused one. Both only propose asks; that they
// pass is checked by planning them whole.
//
// Order of what is given up: first the total cap, as it alone carries the cost, then thinking, which must leave the answer floor
// under that cap. So the largest thinking that fits the largest affordable cap is found, by bisection, always the same.
// Thread rule: pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"

namespace orthink {

// Plans one ask as it stands (no fitting).
using Plan = std::function<Result<Prepared>(const Ask&)>;

// The largest settings with at most `cap_tokens` of output for which `plan` passes; nothing when none do.
std::optional<Ask> largest_under_cap(const Ask& ask, const ModelCard& card, uint64_t cap_tokens, const Plan& plan);

// Keeps in `lower` what `ask` asked for. `why`: "to fit the max_cost of $1".
void tell_lowered(const Ask& ask, Ask& lower, std::string_view why);

// What differs in `near`, as the document's own fields: {"think":"high","max_tokens":4096}.
std::string difference_json(const Ask& ask, const Ask& near);

}  // namespace orthink
