// A finding: one thing in a ledger that does not hold, as `orthink ledger verify` lists it.
//
// Codes are stable: programs may match them. The key names the place: a row "call-1/1", a counter "c/global/d20781", a line
// "tenant:acme#17" or a seal "seal/tenant:acme/0000000002".
// Thread rule: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orthink {

struct Finding {
  std::string_view code;  // one of those below
  std::string key;
  std::string text;       // a sentence with the values
  bool operator==(const Finding&) const = default;
};

namespace finding {

// ledger/audit: lines of the journal.
inline constexpr std::string_view journal_gap = "journal_gap";                    // a number is missing or comes twice
inline constexpr std::string_view line_unreadable = "line_unreadable";            // not what the ledger writes
inline constexpr std::string_view line_account = "line_account";                  // in another account's journal
inline constexpr std::string_view line_illegal = "line_illegal";                  // the row was not in the state it begins with
inline constexpr std::string_view line_bound = "line_bound";                      // another bound than stood before
inline constexpr std::string_view closed_twice = "closed_twice";                  // a second end of one row
inline constexpr std::string_view settled_without_source = "settled_without_source";
// ledger/audit: rows against their lines.
inline constexpr std::string_view row_unreadable = "row_unreadable";
inline constexpr std::string_view row_key = "row_key";                            // the record is another row's
inline constexpr std::string_view row_without_lines = "row_without_lines";
inline constexpr std::string_view lines_without_row = "lines_without_row";
inline constexpr std::string_view row_state = "row_state";
inline constexpr std::string_view row_account = "row_account";
inline constexpr std::string_view row_bound = "row_bound";
inline constexpr std::string_view row_actual = "row_actual";
inline constexpr std::string_view row_source = "row_source";
inline constexpr std::string_view row_scopes = "row_scopes";
inline constexpr std::string_view row_changed = "row_changed";                    // the record is not the one its last line sums up
inline constexpr std::string_view row_window = "row_window";                      // day or month
// ledger/audit: counters against rows and lines.
inline constexpr std::string_view committed_wrong = "committed_wrong";
inline constexpr std::string_view held_wrong = "held_wrong";
inline constexpr std::string_view retries_wrong = "retries_wrong";                // what retries hold
inline constexpr std::string_view requests_wrong = "requests_wrong";
inline constexpr std::string_view blocked_wrong = "blocked_wrong";                // more often than calls cost more than their bound
inline constexpr std::string_view over_limit = "over_limit";
// ledger/chain.
inline constexpr std::string_view seal_unreadable = "seal_unreadable";
inline constexpr std::string_view seal_missing = "seal_missing";
inline constexpr std::string_view seal_changed = "seal_changed";
inline constexpr std::string_view lines_changed = "lines_changed";                // changed, inserted or reordered under a seal
inline constexpr std::string_view lines_missing = "lines_missing";                // that a seal covers
inline constexpr std::string_view seal_mismatch = "seal_mismatch";                // the last seal and its lines: one of them changed
// native/money/audit_store.
inline constexpr std::string_view store_damaged = "store_damaged";                // the store's own check

}  // namespace finding

inline constexpr size_t kFindingsMax = 1000;  // that a list keeps; the rest is counted

// The first kFindingsMax, and how many there were.
struct Findings {
  std::vector<Finding> list;
  uint64_t total = 0;
  void add(std::string_view code, std::string key, std::string text) {
    if (++total <= kFindingsMax) list.push_back({code, std::move(key), std::move(text)});
  }
};

}  // namespace orthink
