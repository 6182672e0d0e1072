// The books of a store, recomputed: every balance from the rows, every row from the journal.
//
//   rig::Books books = rig::recompute(store);
//   verdict.add(books.compare(store, limits));
//
// This is counting by hand, apart from the code that keeps the balances: it shares with it the names of keys and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "native/store/store.h"
#include "orthink/ledger/ledger.h"

namespace orthink::rig {

struct Books {
  struct Row {
    HoldState state = HoldState::none;
    HoldRecord record;
  };
  std::map<std::string, Row> rows;
  std::map<std::string, int64_t> counters;  // as they must stand; 0 where there is none
  std::vector<std::string> violations;      // met while reading: rows or journal lines that cannot be

  // What in `store` is other than it must be: a counter, or money committed above a limit of `limits`.
  [[nodiscard]] std::vector<std::string> compare(Store& store, const ledger::ScopeList& limits = {}) const;
  [[nodiscard]] uint64_t count(HoldState state) const;
};

Books recompute(Store& store);

// What the program's own audit finds, the store's own check included: a second opinion, which must come to the same.
std::vector<std::string> audit(Store& store, const ledger::ScopeList& limits = {});

}  // namespace orthink::rig
