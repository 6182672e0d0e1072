// Audit: whether the rows, the lines of the journal and the counters of a ledger tell one story.
//
//   Audit audit;
//   audit.line("global", 1, text); ...          // every account's journal, in its order
//   audit.begin_rows();
//   audit.row("call-1/1", &row); ...            // every row
//   audit.counter("c/global/d20781", 5); ...    // every counter
//   Findings findings = audit.finish();
//
// The lines are replayed by the ledger's rules: each move begins in the state the row was in, no amount changes but by a line that says
// so, and a row ends once. Each row must be what its lines made of it. Each balance is added up anew from the rows (c/, h/, x/; of n/ what
// was released unsent is known from the lines) and must be the counter's value; a block (b/) may count at most the calls that cost more than
// their bound. A counter of 0 without rows is as good as none.
// A row that has ended is bound to the byte by the sum in its last line. What no line holds is not bound by it: an open row's model,
// provider, generation, usage and due time, and blocks that were cleared. Neither are, until ledger/chain seals them, the time of a line, the order of lines of different rows, and a bound that a later line changed once more.
//
// A ledger that is written to: feed the lines that came meanwhile, then ask again() for what does not agree and moved; feed that once
// more, as often as wanted. What moved is held against the lines, which are exact at every point, no longer against all rows.
// Memory: some 200 bytes for each row, a little for each counter. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "orthink/ledger/finding.h"
#include "orthink/ledger/journal_line.h"
#include "orthink/ledger/memory_table.h"

namespace orthink {

class Audit {
 public:
  void line(const std::string& account, uint64_t number, std::string_view text);
  void begin_rows();
  // As the store has it now; null: it has no such row. Given once more, it replaces what was given before.
  void row(const std::string& key, const StoredRow* row);
  void counter(const std::string& key, int64_t value);

  struct Again {
    std::vector<std::string> rows;
    std::vector<std::string> counters;
    [[nodiscard]] bool empty() const { return rows.empty() && counters.empty(); }
  };
  // What did not agree when it was given last, and moved since begin_rows() or the last call.
  Again again();

  // What does not hold. `moving` is left out; with `limits`, what is committed in that day and month is held against them (I1).
  Findings finish(const Again& moving = {}, const std::vector<ScopeLimits>& limits = {}, int64_t day = 0, int64_t month = 0);

 private:
  // One counter: what it must be by the rows and by the lines, and what it was.
  struct Balance {
    std::string key;
    uint64_t by_rows = 0;   // sums wrap, so that no amount is undefined
    uint64_t by_lines = 0;
    int64_t value = 0;
    bool is_moved = false;  // by a line after begin_rows()
    bool is_touched = false;
    bool agrees = false;
    [[nodiscard]] int64_t expected() const { return static_cast<int64_t>(is_moved ? by_lines : by_rows); }
    [[nodiscard]] bool holds(int64_t found) const;
  };
  // Who is charged and when: shared by all rows that have the same.
  struct Place {
    std::vector<Scope> scopes;
    int64_t day = 0;
    int64_t month = 0;
    std::string account;
    std::vector<Balance*> committed, held, retries, requests;
    Balance* blocked = nullptr;
  };
  struct Entry {
    HoldState state = HoldState::none;
    AmountSource source = AmountSource::none;
    bool is_unsent = false;    // released from reserved: the request counts as not made
    bool is_retry = false;
    bool is_seen = false;      // a row of that key was given
    bool is_touched = false;
    const Place* place = nullptr;  // null: no line says it
    int64_t bound = 0;
    int64_t actual = 0;
    std::string sum;           // of the record it ended with; empty: no line says it
  };
  enum class Side : uint8_t { rows, lines };

  void apply(const JournalMove& move, const std::string& account, const std::string& where);
  void begin(Entry& entry, const JournalMove& move, const std::string& account, const std::string& where);
  void go_on(Entry& entry, const JournalMove& move, const std::string& account, const std::string& where);
  void touch(const std::string& key, Entry& entry);
  void add(Side side, Balance& balance, int64_t amount);
  void add_all(Side side, const std::vector<Balance*>& balances, int64_t amount);
  void count_row(const Place& place, HoldState state, const HoldRecord& record, bool is_unsent);
  Balance& balance(const std::string& key);
  const Place& place(const std::vector<Scope>& scopes, int64_t day, int64_t month);
  std::vector<Finding> check(const std::string& key, Entry* entry, const StoredRow& row);
  void finish_rows(const Again& moving);
  void finish_counters(const Again& moving);
  void finish_limits(const std::vector<ScopeLimits>& limits, int64_t day, int64_t month);

  std::unordered_map<std::string, Entry> entries_;
  std::unordered_map<std::string, Place> places_;
  std::unordered_map<std::string, Balance> balances_;
  std::unordered_map<std::string, uint64_t> last_numbers_;        // of each account
  std::map<std::string, std::vector<Finding>> doubtful_rows_;
  std::vector<std::string> touched_rows_;
  std::vector<Balance*> touched_balances_;
  bool has_begun_rows_ = false;
  bool is_again_ = false;
  Findings findings_;
};

}  // namespace orthink
