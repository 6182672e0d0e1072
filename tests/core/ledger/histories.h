// Legal histories for the audit's tests: random moves of the ledger on the reference table, and the audit of a table.
#pragma once

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "orthink/ledger/audit.h"
#include "orthink/ledger/chain.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/memory_table.h"
#include "orthink/ledger/window.h"

namespace orthink::test {

// What a table holds, as plain maps that a test may damage.
struct Books {
  std::map<std::string, StoredRow> rows;
  std::map<std::string, int64_t> counters;
  std::map<std::string, std::vector<std::string>> journals;
  std::map<std::string, std::map<uint64_t, std::string>> seals;  // by account and number
  std::map<std::string, uint64_t> made;                          // the marks
};

inline Findings audit(const Books& books) {
  Audit audit;
  Findings all;
  const auto take = [&all](const Findings& found) {
    for (const Finding& each : found.list) all.add(each.code, each.key, each.text);
  };
  for (const auto& [account, lines] : books.journals)
    for (size_t i = 0; i < lines.size(); ++i) audit.line(account, i + 1, lines[i]);
  audit.begin_rows();
  for (const auto& [key, row] : books.rows) audit.row(key, &row);
  for (const auto& [key, value] : books.counters) audit.counter(key, value);
  take(audit.finish());
  for (const auto& [account, made] : books.made) {
    std::vector<chain::Check::Numbered> seals;
    if (const auto found = books.seals.find(account); found != books.seals.end()) seals.assign(found->second.begin(), found->second.end());
    chain::Check check(account, seals, made);
    if (const auto lines = books.journals.find(account); lines != books.journals.end())
      for (size_t i = 0; i < lines->second.size(); ++i) check.line(i + 1, lines->second[i]);
    take(check.finish());
  }
  return all;
}

// Random calls of a few users of two tenants and of nobody's: reserved, sent, noted, bound anew, left unknown, postponed, settled in or
// above the bound, released; some never end. Then the journals are sealed in pieces, but for their last lines.
class History {
 public:
  explicit History(uint64_t seed) : dice_(seed) {
    for (uint32_t i = 0; i < 6 + pick(10); ++i) calls_.push_back(begin(i));
    for (uint32_t step = 0; step < 200; ++step) move(calls_[pick(static_cast<uint32_t>(calls_.size()))]);
  }

  uint32_t pick(uint32_t below) { return static_cast<uint32_t>(dice_() % below); }

  Books books() {
    Books books{table_.rows(), table_.counters(), table_.journals(), {}, {}};
    for (const auto& [account, lines] : books.journals) {
      std::optional<chain::Seal> last;
      uint64_t& made = books.made[account];
      while (true) {
        const size_t from = last ? last->to : 0;
        const size_t count = 1 + pick(8);
        if (from + count + 2 > lines.size()) break;
        last = chain::seal(last ? &*last : nullptr, account,
                           {lines.begin() + static_cast<ptrdiff_t>(from), lines.begin() + static_cast<ptrdiff_t>(from + count)});
        books.seals[account][++made] = last->to_json();
      }
    }
    return books;
  }

 private:
  struct Call {
    HoldRecord record;
    ledger::ScopeList limits;
    HoldState state = HoldState::none;
  };

  Call begin(uint32_t number) {
    Call call;
    call.record.call_id = "call-" + std::to_string(number / 2);
    call.record.row = 1 + number % 2;
    call.limits.push_back({Scope{}, *Limits::parse(R"({"usd_per_day":"1"})")});
    if (const uint32_t tenant = pick(3); tenant > 0) call.limits.push_back({{ScopeKind::tenant, "t" + std::to_string(tenant)}, Limits{}});
    call.limits.push_back({{ScopeKind::user, "u" + std::to_string(pick(3))}, Limits{}});
    for (const ScopeLimits& each : call.limits) call.record.scopes.push_back(each.scope);
    now_ = now_ + Duration::seconds(pick(40'000));
    call.record.created = now_;
    call.record.day = window::day_of(now_);
    call.record.month = window::month_of(now_);
    call.record.bound = {1 + static_cast<int64_t>(pick(1'000))};
    return call;
  }

  bool apply(const StoreBatch& batch) { return table_.apply(batch).verdict == StoreReply::Verdict::applied; }

  void move(Call& call) {
    now_ = now_ + Duration::millis(pick(60'000));
    HoldRecord& record = call.record;
    switch (call.state) {
      case HoldState::none:
        if (apply(ledger::reserve(record, call.limits, "e", now_))) call.state = HoldState::reserved;
        return;
      case HoldState::reserved:
        if (pick(5) == 0)
          end(call, HoldState::released);
        else if (apply(ledger::mark_sent(record, "e", now_)))
          call.state = HoldState::sent;
        return;
      case HoldState::sent:
        return move_sent(call);
      case HoldState::unknown:
        if (pick(2) == 0)
          apply(ledger::postpone(record, now_, now_));
        else
          end(call, pick(2) == 0 ? HoldState::released : HoldState::settled);
        return;
      case HoldState::settled:
      case HoldState::released:
        return;
    }
  }

  void move_sent(Call& call) {
    HoldRecord& record = call.record;
    const uint32_t what = pick(8);
    if (what == 0) record.generation_id = "gen";
    if (what <= 1) {
      apply(ledger::note(record, "e", now_));
    } else if (what == 2) {
      const NanoUsd bound{record.bound.nano + 1 + pick(100)};
      if (apply(ledger::rebound(record, bound, call.limits, "e", now_))) record.bound = bound;
    } else if (what == 3 && record.bound.nano > 1) {
      const NanoUsd bound{record.bound.nano - 1};
      if (apply(ledger::rebound(record, bound, call.limits, "e", now_))) record.bound = bound;
    } else if (what == 4) {
      if (apply(ledger::leave_unknown(record, now_, now_))) call.state = HoldState::unknown;
    } else if (what == 5) {
      end(call, pick(2) == 0 ? HoldState::released : HoldState::settled);
    }
  }

  void end(Call& call, HoldState how) {
    HoldRecord record = call.record;
    if (how == HoldState::settled) {
      record.actual = {pick(10) == 0 ? record.bound.nano + 5 : static_cast<int64_t>(pick(static_cast<uint32_t>(record.bound.nano) + 1))};
      record.source = AmountSource::provider;
    }
    if (apply(how == HoldState::settled ? ledger::settle(record, call.state, call.limits, now_) : ledger::release(record, call.state, call.limits, now_)))
      call.state = how;
  }

  std::mt19937_64 dice_;
  MemoryTable table_;
  Instant now_{1'795'900'000'000'000};  // 2026-11-28: days and a month turn
  std::vector<Call> calls_;
};

}  // namespace orthink::test
