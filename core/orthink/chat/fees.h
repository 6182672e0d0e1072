// What a call may cost beside its tokens: plugins, server tools, dearer service tiers, prices a row does not list.
//
// Fees are of three kinds. Known ones have a documented figure and are added to the bound. Doubtful ones have no figure, so a paid
// call needs a max_cost. Uncovered ones may be charged any number of times, so that no max_cost could hold: such an ask is refused,
// or goes through with a warning where it is lenient.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "orthink/base/money.h"
#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"

namespace orthink {

struct Fees {
  Money known;                     // per call, added to the bound
  uint64_t output_tokens = 0;      // billed as output beyond the total cap
  uint32_t tier_halves = 2;        // all prices count this many halves: 2 = as listed, 5 = two and a half times
  bool fills_prompt = false;       // text of unknown length joins the prompt: the whole context counts
  std::string known_text;          // what `known`, `output_tokens` and `tier_halves` stand for; empty when nothing
  std::string doubt;               // "generated audio", empty when none
  std::string uncovered;           // "server tool openrouter:web_search", empty when none
};
Fees fees_of(const Ask& ask, const ModelCard& card);

// `cost` at the tier of `fees`, rounded up, saturating.
Money at_tier(Money cost, const Fees& fees);

// Anything beside tokens at the listed prices, in words; empty when nothing is.
std::string fee_source(const Ask& ask, const ModelCard& card);

}  // namespace orthink
