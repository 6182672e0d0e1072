#include "orthink/ledger/audit.h"

#include <algorithm>
#include <set>

#include "orthink/ledger/ledger.h"

namespace orthink {
namespace {

bool is_open(HoldState state) { return state == HoldState::reserved || state == HoldState::sent || state == HoldState::unknown; }
bool is_closed(HoldState state) { return state == HoldState::settled || state == HoldState::released; }

// The machine of ledger/ledger, of a row that is there. A move from sent to sent changes the bound.
bool is_legal(HoldState from, HoldState to) {
  if (from == HoldState::reserved) return to == HoldState::sent || to == HoldState::released;
  if (from == HoldState::sent) return to == HoldState::sent || to == HoldState::unknown || is_closed(to);
  return from == HoldState::unknown && is_closed(to);
}

// Rows after their call's first: HoldRecord::key() is call_id/row.
bool is_retry_key(std::string_view key) { return !key.ends_with("/1"); }

std::string states(HoldState from, HoldState to) { return std::string(name(from)) + " to " + std::string(name(to)); }

std::string differs(std::string_view what, std::string_view in_row, std::string_view in_lines) {
  return "the row's " + std::string(what) + " is " + std::string(in_row) + "; its lines say " + std::string(in_lines);
}

std::string scopes_text(const std::vector<Scope>& scopes) {
  std::string text;
  for (const Scope& scope : scopes) text += (text.empty() ? "" : ", ") + scope.to_text();
  return text;
}

std::string_view code_of(std::string_view counter_key) {
  switch (counter_key.front()) {
    case 'c':
      return finding::committed_wrong;
    case 'h':
      return finding::held_wrong;
    case 'x':
      return finding::retries_wrong;
    case 'n':
      return finding::requests_wrong;
    default:
      return finding::blocked_wrong;
  }
}

bool is_audited(std::string_view counter_key) { return counter_key.size() > 2 && counter_key[1] == '/' && std::string_view("chxnb").find(counter_key[0]) != std::string_view::npos; }

}  // namespace

bool Audit::Balance::holds(int64_t found) const {
  return key.front() == 'b' ? found >= 0 && found <= expected() : found == expected();
}

Audit::Balance& Audit::balance(const std::string& key) {
  const auto [it, is_new] = balances_.try_emplace(key);
  if (is_new) it->second.key = key;
  return it->second;
}

const Audit::Place& Audit::place(const std::vector<Scope>& scopes, int64_t day, int64_t month) {
  const std::string name = std::to_string(day) + "/" + std::to_string(month) + "/" + scopes_text(scopes);
  const auto [it, is_new] = places_.try_emplace(name);
  Place& place = it->second;
  if (!is_new) return place;
  HoldRecord record;
  record.scopes = scopes;
  place.scopes = scopes;
  place.day = day;
  place.month = month;
  place.account = record.account();
  place.blocked = &balance(ledger::blocked_key(ledger::blocked_scope(record)));
  for (const Scope& scope : scopes) {
    for (const bool is_month : {false, true}) {
      const int64_t window = is_month ? month : day;
      place.committed.push_back(&balance(ledger::committed_key(scope, is_month, window)));
      place.held.push_back(&balance(ledger::held_key(scope, is_month, window)));
      place.retries.push_back(&balance(ledger::retries_key(scope, is_month, window)));
    }
    place.requests.push_back(&balance(ledger::requests_key(scope, day)));
  }
  return place;
}

void Audit::add(Side side, Balance& balance, int64_t amount) {
  if (side == Side::rows) {
    balance.by_rows += static_cast<uint64_t>(amount);
    return;
  }
  balance.by_lines += static_cast<uint64_t>(amount);
  if (!has_begun_rows_) return;
  balance.is_moved = true;
  if (!balance.is_touched) touched_balances_.push_back(&balance);
  balance.is_touched = true;
}

void Audit::add_all(Side side, const std::vector<Balance*>& balances, int64_t amount) {
  for (Balance* each : balances) add(side, *each, amount);
}

void Audit::touch(const std::string& key, Entry& entry) {
  if (!has_begun_rows_ || entry.is_touched) return;
  entry.is_touched = true;
  touched_rows_.push_back(key);
}

void Audit::line(const std::string& account, uint64_t number, std::string_view text) {
  const std::string where = account + "#" + std::to_string(number);
  uint64_t& last = last_numbers_[account];
  if (number != last + 1)
    findings_.add(finding::journal_gap, where, "line " + std::to_string(number) + " follows line " + std::to_string(last));
  last = number;
  const Result<JournalMove> move = JournalMove::parse(text);
  if (!move) {
    findings_.add(finding::line_unreadable, where, "the line cannot be read: " + move.error().message);
    return;
  }
  apply(*move, account, where);
}

void Audit::apply(const JournalMove& move, const std::string& account, const std::string& where) {
  const auto [it, is_new] = entries_.try_emplace(move.row);
  Entry& entry = it->second;
  touch(move.row, entry);
  if (is_new) entry.is_retry = is_retry_key(move.row);
  if (move.from == HoldState::none) {
    if (is_new && move.to == HoldState::reserved) return begin(entry, move, account, where);
    findings_.add(finding::line_illegal, where,
                  move.row + " cannot go from " + states(move.from, move.to) + ": it is " + std::string(name(entry.state)));
    return;
  }
  if (is_new) {
    findings_.add(finding::line_illegal, where, move.row + " goes from " + states(move.from, move.to) + "; no line reserved it");
    entry.state = move.to;
    entry.bound = move.bound.nano;
    entry.actual = move.actual.nano;
    entry.source = move.source;
    entry.sum = move.sum;
    return;
  }
  go_on(entry, move, account, where);
}

void Audit::begin(Entry& entry, const JournalMove& move, const std::string& account, const std::string& where) {
  const Place& charged = place(move.scopes, move.day, move.month);
  if (charged.account != account)
    findings_.add(finding::line_account, where, move.row + " is charged to " + charged.account + "; the line is in the journal of " + account);
  entry.place = &charged;
  entry.state = move.to;
  entry.bound = move.bound.nano;
  add_all(Side::lines, charged.committed, entry.bound);
  add_all(Side::lines, charged.held, entry.bound);
  if (entry.is_retry) add_all(Side::lines, charged.retries, entry.bound);
  add_all(Side::lines, charged.requests, 1);
}

void Audit::go_on(Entry& entry, const JournalMove& move, const std::string& account, const std::string& where) {
  const HoldState before = entry.state;
  if (before != move.from || !is_legal(move.from, move.to)) {
    const bool is_second_end = is_closed(before) && is_closed(move.to);
    findings_.add(is_second_end ? finding::closed_twice : finding::line_illegal, where,
                  move.row + " is " + std::string(name(before)) + " and cannot go from " + states(move.from, move.to));
  }
  if (entry.place != nullptr && entry.place->account != account)
    findings_.add(finding::line_account, where, move.row + " is charged to " + entry.place->account + "; the line is in the journal of " + account);
  const bool is_rebound = move.from == HoldState::sent && move.to == HoldState::sent;
  if ((move.bound.nano != entry.bound) != is_rebound)
    findings_.add(finding::line_bound, where,
                  is_rebound ? "the line changes the bound of " + move.row + " to what it was"
                             : "the bound of " + move.row + " is " + std::to_string(entry.bound) + "; the line says " + std::to_string(move.bound.nano));
  if (move.to == HoldState::settled && move.source == AmountSource::none)
    findings_.add(finding::settled_without_source, where, move.row + " is settled, and no source of the amount is named");
  if (is_open(before) && entry.place != nullptr) {
    const Place& charged = *entry.place;
    const int64_t held = is_open(move.to) ? move.bound.nano : 0;
    const int64_t spent = move.to == HoldState::settled ? move.actual.nano : 0;
    add_all(Side::lines, charged.committed, held + spent - entry.bound);
    add_all(Side::lines, charged.held, held - entry.bound);
    if (entry.is_retry) add_all(Side::lines, charged.retries, held - entry.bound);
    if (move.to == HoldState::settled && move.actual > move.bound) add(Side::lines, *charged.blocked, 1);
    entry.is_unsent = move.from == HoldState::reserved && move.to == HoldState::released;
    if (entry.is_unsent) add_all(Side::lines, charged.requests, -1);
  }
  entry.state = move.to;
  entry.bound = move.bound.nano;
  entry.actual = move.actual.nano;
  entry.source = move.source;
  entry.sum = move.sum;
}

void Audit::begin_rows() { has_begun_rows_ = true; }

void Audit::row(const std::string& key, const StoredRow* row) {
  doubtful_rows_.erase(key);
  const auto found = entries_.find(key);
  Entry* entry = found == entries_.end() ? nullptr : &found->second;
  if (entry != nullptr) entry->is_seen = row != nullptr;
  if (row == nullptr) return;
  std::vector<Finding> findings = check(key, entry, *row);
  if (!findings.empty()) doubtful_rows_.emplace(key, std::move(findings));
}

void Audit::count_row(const Place& charged, HoldState state, const HoldRecord& record, bool is_unsent) {
  const int64_t held = is_open(state) ? record.bound.nano : 0;
  const int64_t spent = state == HoldState::settled ? record.actual.nano : 0;
  add_all(Side::rows, charged.committed, held + spent);
  add_all(Side::rows, charged.held, held);
  if (record.row > 1) add_all(Side::rows, charged.retries, held);
  add_all(Side::rows, charged.requests, state == HoldState::released && is_unsent ? 0 : 1);
  if (state == HoldState::settled && record.actual > record.bound) add(Side::rows, *charged.blocked, 1);
}

std::vector<Finding> Audit::check(const std::string& key, Entry* entry, const StoredRow& row) {
  std::vector<Finding> found;
  const auto say = [&](std::string_view code, std::string text) { found.push_back({code, key, std::move(text)}); };
  const Result<HoldRecord> record = HoldRecord::parse(row.record);
  if (!record) {
    say(finding::row_unreadable, record.error().message);
    return found;
  }
  const Place& charged = place(record->scopes, record->day, record->month);
  if (!is_again_) count_row(charged, row.state, *record, entry != nullptr && entry->is_unsent);
  if (record->key() != key) say(finding::row_key, "the record is that of " + record->key());
  if (row.account != charged.account) say(finding::row_account, "the row is in account " + row.account + "; its scopes are of " + charged.account);
  if (row.state == HoldState::settled && record->source == AmountSource::none)
    say(finding::settled_without_source, "the row is settled, and no source of the amount is named");
  if (entry == nullptr) {
    say(finding::row_without_lines, "no line of a journal tells of the row");
    return found;
  }
  if (row.state != entry->state) say(finding::row_state, differs("state", name(row.state), name(entry->state)));
  if (record->bound.nano != entry->bound)
    say(finding::row_bound, differs("bound", std::to_string(record->bound.nano), std::to_string(entry->bound)));
  if (row.state == HoldState::settled && entry->state == HoldState::settled) {
    if (record->actual.nano != entry->actual)
      say(finding::row_actual, differs("amount", std::to_string(record->actual.nano), std::to_string(entry->actual)));
    if (record->source != entry->source) say(finding::row_source, differs("source", name(record->source), name(entry->source)));
  }
  if (found.empty() && !entry->sum.empty() && record_sum(row.record) != entry->sum)
    say(finding::row_changed, "the row's record is not the one that it ended with");
  if (found.empty() && row.created != record->created) say(finding::row_changed, "the row's time is not that of its record");
  if (entry->place == nullptr || entry->place == &charged) return found;
  const Place& told = *entry->place;
  if (charged.scopes != told.scopes) say(finding::row_scopes, differs("scopes", scopes_text(charged.scopes), scopes_text(told.scopes)));
  if (charged.day != told.day) say(finding::row_window, differs("day", std::to_string(charged.day), std::to_string(told.day)));
  if (charged.month != told.month) say(finding::row_window, differs("month", std::to_string(charged.month), std::to_string(told.month)));
  return found;
}

void Audit::counter(const std::string& key, int64_t value) {
  if (!is_audited(key)) return;
  Balance& given = balance(key);
  given.value = value;
  given.agrees = given.holds(value);
}

Audit::Again Audit::again() {
  is_again_ = true;
  Again again;
  for (const std::string& key : touched_rows_) {
    Entry& entry = entries_[key];
    entry.is_touched = false;
    if (!entry.is_seen || doubtful_rows_.contains(key)) again.rows.push_back(key);
  }
  for (Balance* each : touched_balances_) {
    each->is_touched = false;
    if (!each->agrees) again.counters.push_back(each->key);
  }
  touched_rows_.clear();
  touched_balances_.clear();
  return again;
}

void Audit::finish_rows(const Again& moving) {
  for (const std::string& key : moving.rows) doubtful_rows_.erase(key);
  const std::set<std::string> left_out(moving.rows.begin(), moving.rows.end());
  for (const auto& [key, entry] : entries_)
    if (!entry.is_seen && !left_out.contains(key))
      doubtful_rows_[key].push_back({finding::lines_without_row, key, "the journal tells of the row; it is not there"});
  for (auto& [key, found] : doubtful_rows_)
    for (Finding& each : found) findings_.add(each.code, std::move(each.key), std::move(each.text));
}

void Audit::finish_counters(const Again& moving) {
  const std::set<std::string> left_out(moving.counters.begin(), moving.counters.end());
  std::vector<const Balance*> wrong;
  for (const auto& [key, each] : balances_)
    if (!each.agrees && !each.holds(each.value) && !left_out.contains(key)) wrong.push_back(&each);
  std::sort(wrong.begin(), wrong.end(), [](const Balance* a, const Balance* b) { return a->key < b->key; });
  for (const Balance* each : wrong) {
    const std::string_view code = code_of(each->key);
    std::string text = "the counter is " + std::to_string(each->value) + "; its " + (each->is_moved ? "lines" : "rows") +
                       (code == finding::blocked_wrong ? " allow 0 to " : " make it ") + std::to_string(each->expected());
    findings_.add(code, each->key, std::move(text));
  }
}

void Audit::finish_limits(const std::vector<ScopeLimits>& limits, int64_t day, int64_t month) {
  const auto hold = [this](const std::string& key, const std::optional<int64_t>& limit) {
    const auto found = balances_.find(key);
    if (!limit || found == balances_.end() || found->second.value <= *limit) return;
    findings_.add(finding::over_limit, key, "the counter is " + std::to_string(found->second.value) + "; the limit is " + std::to_string(*limit));
  };
  for (const ScopeLimits& each : limits) {
    hold(ledger::committed_key(each.scope, false, day), each.limits.get(LimitKind::usd_per_day));
    hold(ledger::committed_key(each.scope, true, month), each.limits.get(LimitKind::usd_per_month));
    hold(ledger::requests_key(each.scope, day), each.limits.get(LimitKind::requests_per_day));
  }
}

Findings Audit::finish(const Again& moving, const std::vector<ScopeLimits>& limits, int64_t day, int64_t month) {
  finish_rows(moving);
  finish_counters(moving);
  finish_limits(limits, day, month);
  return std::move(findings_);
}

}  // namespace orthink
