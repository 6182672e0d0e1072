// Store batches: what core asks of a store, as plain data. A store applies a batch all or nothing and names the first
// guard that failed; it knows no rule about money (the limits that become guards come with the ledger).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orthink/base/money.h"

namespace orthink {

enum class HoldState : uint8_t { none, reserved, sent, settled, released, unknown };
std::string_view name(HoldState state);

// One hold row: a leg of a call. `from` is the state the row must be in (none = must not exist yet).
struct RowWrite {
  std::string key;              // call_id + "/" + leg number
  HoldState from = HoldState::none;
  HoldState to = HoldState::reserved;
  NanoUsd bound;                // what the leg may cost at most
  NanoUsd actual;               // settled: what it did cost
  bool is_exact = false;        // settled from final usage
  std::string generation_id;
};

// Adds `add_nano` to counter `key` if the result stays <= `limit_nano`; a negative limit is no limit.
struct GuardedAddition {
  std::string key;
  int64_t add_nano = 0;
  int64_t limit_nano = -1;
};

struct StoreBatch {
  uint64_t ticket = 0;          // the answer names it
  bool is_durable = false;      // must be on disk before the answer (mark sent, settle)
  std::vector<RowWrite> rows;
  std::vector<GuardedAddition> additions;
};

struct StoreReply {
  uint64_t ticket = 0;
  enum class Verdict : uint8_t { applied, guard_failed, row_conflict, unavailable };
  Verdict verdict = Verdict::applied;
  std::string failed_key;
};

}  // namespace orthink
