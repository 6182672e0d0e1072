// JournalMove: one line of the journal, read back.
//
//   {"row":"call-1/1","from":"none","to":"reserved","at":17955,"bound":800,"scopes":["global"],"day":20781,"month":682}
//   {"row":"call-1/1","from":"sent","to":"settled","at":17960,"bound":800,"actual":300,"source":"provider","sum":"9f86d081884c7d65"}
//
// ledger/ledger writes them: one for each move of a row. Scopes, day and month are there when it begins with none, actual and source
// when it ends with settled, and never else. The sum is that of the record the row ends with, settled or released; lines of before
// there were sums have none.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/ledger/batch.h"
#include "orthink/ledger/record.h"

namespace orthink {

struct JournalMove {
  std::string row;
  HoldState from = HoldState::none;
  HoldState to = HoldState::none;
  Instant at;
  NanoUsd bound;                 // as it is after the move
  std::vector<Scope> scopes;
  int64_t day = 0;
  int64_t month = 0;
  NanoUsd actual;
  AmountSource source = AmountSource::none;
  std::string sum;               // empty: the line has none

  // Errc::internal, in words, for anything but such a line.
  static Result<JournalMove> parse(std::string_view line);
};

// The first 16 hex digits of the SHA-256 of a row's record, as it is stored.
std::string record_sum(std::string_view record);

}  // namespace orthink
