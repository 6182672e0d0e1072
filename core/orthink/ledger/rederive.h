// Rederive: what every committed and held counter must be, from the rows alone.
//
//   Rederived rederived;
//   for each row of the store: if (Result<void> added = rederived.add(state, record); !added) return added.error();
//   for (const auto& [key, value] : rederived.corrections(counters_of_the_store)) ...   // must become `value`
//
// Rows are the facts, counters follow from them (ledger/ledger): an open row (reserved, sent, unknown) counts with its bound as
// committed and held (and as held by retries, unless it is its call's first), a settled one with what it cost as committed, a released
// one not at all; each in the windows it was reserved in. Requests of the day (n/) and blocks (b/) do not follow from rows and stay as
// they are. A sum that would pass NanoUsd::kMax stays there: whoever reads it finds nothing left.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "orthink/base/result.h"
#include "orthink/ledger/batch.h"

namespace orthink::ledger {

using Counters = std::map<std::string, int64_t>;

class Rederived {
 public:
  // A row in `state`. An error when its record cannot be read (HoldRecord::parse): then nothing may be concluded.
  Result<void> add(HoldState state, std::string_view record);

  [[nodiscard]] const Counters& counters() const { return counters_; }
  // Of the counters that follow from rows: those that are not what they must be, as they must be. Absent counts as 0.
  [[nodiscard]] Counters corrections(const Counters& found) const;

 private:
  void count(const std::string& key, int64_t amount);
  Counters counters_;
};

// Whether a counter follows from the rows: committed or held money, or what retries hold.
bool is_derived(std::string_view counter_key);

}  // namespace orthink::ledger
