// Budget: where every limit of every scope stands now.
//
//   budget::Keys keys = budget::keys(limits, now);
//   std::vector<budget::ScopeState> states = budget::states(limits, counters, arrivals, now);   // what a store has at those keys
//   budget::json(states); budget::text(states, 80);
//
// A counter or arrival time that is not in its map counts as 0: never added to.
// A rate has no counter. What is used of it follows from its arrival time: ceil((arrival - now) * limit / 60 s), 0 to limit; it is
// all back at the arrival time.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "orthink/ledger/ink.h"
#include "orthink/ledger/ledger.h"

namespace orthink::budget {

using Values = std::map<std::string, int64_t>;

struct Keys {
  std::vector<std::string> counters;
  std::vector<std::string> rates;
};
Keys keys(const ledger::ScopeList& limits, Instant now);

struct ScopeState {
  Scope scope;
  bool is_blocked = false;
  std::vector<ledger::LimitState> limits;  // those that are set, in the order of kLimitKinds
  int64_t spent_this_month = 0;            // nano-dollars, whether a limit is set or not
  int64_t held_this_month = 0;
};
std::vector<ScopeState> states(const ledger::ScopeList& limits, const Values& counters, const Values& arrivals, Instant now);

// The `budget` document of the contract: money as decimal strings, counts as integers; an id of "" is null.
std::string json(const std::vector<ScopeState>& states);
// For people: lines ended by LF, none wider than `width` (at least 40) but for their amounts; in the bars '#' is spent, '=' held and
// '.' left. Nothing in it steers a terminal but what `paint` adds.
std::string text(const std::vector<ScopeState>& states, size_t width, const Paint& paint = {});

}  // namespace orthink::budget
