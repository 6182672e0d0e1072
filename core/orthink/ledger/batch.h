// Store batches: what core asks of a store, as plain data.
//
// A store applies a batch all or nothing, in this order, and names the first thing that stood against it:
//   1 marks        a high-water mark may not lie above the value by more than the slack         clock_behind
//   2 documents    a text at a key is in the state the write expects                            document_conflict
//   3 rows         a row is in one of its `from` states                                         row_conflict
//   4 additions    a counter stays at or under its limit                                        guard_failed
//   5 rates        a rate (GCRA, integer microseconds) still has room                           rate_limited
// Then all of it is kept: marks raised, texts written, rows replaced, counters moved, journal lines appended with the next
// number of their account. A later line of a batch sees the earlier ones. The store knows no rule about money; what the keys mean
// is the business of ledger/account.
// Integers are at most 2^53 - 1 in size, so that every store and JavaScript hold the same; what would pass that is guard_failed.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink {

enum class HoldState : uint8_t { none, reserved, sent, settled, released, unknown };
std::string_view name(HoldState state);
std::optional<HoldState> hold_state(std::string_view name);

// A set of states, for `from`.
class HoldStates {
 public:
  constexpr HoldStates(HoldState state) : bits_(bit(state)) {}  // NOLINT(google-explicit-constructor): one state is a set
  [[nodiscard]] constexpr HoldStates or_(HoldState state) const { return HoldStates(static_cast<uint8_t>(bits_ | bit(state))); }
  [[nodiscard]] constexpr bool has(HoldState state) const { return (bits_ & bit(state)) != 0; }
  constexpr bool operator==(const HoldStates&) const = default;

 private:
  constexpr explicit HoldStates(uint8_t bits) : bits_(bits) {}
  static constexpr uint8_t bit(HoldState state) { return static_cast<uint8_t>(1U << static_cast<uint8_t>(state)); }
  uint8_t bits_;
};

// A row: one hold, of one leg of a call. The store finds rows by key, state, creation and due time; `record` is opaque to it.
struct RowWrite {
  std::string key;                    // call_id + "/" + row number
  HoldStates from = HoldState::none;  // none = must not exist yet
  HoldState to = HoldState::reserved;
  std::string account;                // whose journal tells of it
  std::string epoch;                  // the process that answers for it while it is open
  Instant created;                    // kept from the first write; later ones are ignored
  Instant due = Instant::never();     // unknown rows: when /generation is to be asked next
  std::string record;                 // ledger/record, whole
};

// Adds to counter `key`. With a limit, the sum must stay at or under it.
struct GuardedAddition {
  std::string key;
  int64_t add = 0;
  std::optional<int64_t> limit;
};

// GCRA: the theoretical arrival time at `key` moves by `cost_us` from max(itself, batch.at), and may then lie at most
// `tolerance_us` after batch.at. A negative cost gives back and never fails.
struct RateUpdate {
  std::string key;
  int64_t cost_us = 0;
  int64_t tolerance_us = 0;
};

struct DocumentWrite {
  std::string key;
  enum class Expects : uint8_t { anything, absence, this_text } expects = Expects::anything;
  std::string expected;               // this_text: what must be there now
  std::optional<std::string> text;    // absent: the document is removed
  Instant expires = Instant::never(); // at batch.at and later than this it counts as absent
};

// The mark at `key` becomes max(mark, value); refused when it lies above value + slack.
struct MarkRaise {
  std::string key;
  int64_t value = 0;
  int64_t slack = 0;
};

struct JournalLine {
  std::string account;
  std::string text;                   // one line, no newline
};

struct StoreBatch {
  uint64_t ticket = 0;                // the answer names it
  Instant at;                         // the time it is applied at, for rates and expiry
  bool is_durable = false;            // must be on disk before the answer (mark sent, settle)
  std::vector<MarkRaise> marks;
  std::vector<DocumentWrite> documents;
  std::vector<RowWrite> rows;
  std::vector<GuardedAddition> additions;
  std::vector<RateUpdate> rates;
  std::vector<JournalLine> journal;
  std::vector<std::string> reads;     // counters whose values the answer carries, applied or not
};

struct StoreReply {
  uint64_t ticket = 0;
  enum class Verdict : uint8_t { applied, clock_behind, document_conflict, row_conflict, guard_failed, rate_limited, unavailable };
  Verdict verdict = Verdict::applied;
  std::string failed_key;
  HoldState found_state = HoldState::none;  // row_conflict: what the row is
  std::string found_text;                   // document_conflict: what is there; unavailable: the store's own words
  int64_t found_value = 0;                  // guard_failed: the counter before; rate_limited: microseconds until it would pass
  std::vector<int64_t> values;              // of `reads`; as they are after the batch
};
std::string_view name(StoreReply::Verdict verdict);

// Errc::store_unavailable for a batch whose verdict nobody expected: in the store's own words, or that it did not take `what`.
Error not_taken(const StoreReply& reply, std::string_view what);

}  // namespace orthink
