#include "tests/rigs/books.h"

#include <set>

#include "native/money/audit_store.h"
#include "orthink/wire/json.h"

namespace orthink::rig {
namespace {

bool is_open(HoldState state) {
  return state == HoldState::reserved || state == HoldState::sent || state == HoldState::unknown;
}

void count_row(const Books::Row& row, std::map<std::string, int64_t>& counters) {
  const HoldRecord& record = row.record;
  const int64_t held = is_open(row.state) ? record.bound.nano : 0;
  const int64_t spent = row.state == HoldState::settled ? record.actual.nano : 0;
  for (const Scope& scope : record.scopes) {
    for (const bool is_month : {false, true}) {
      const int64_t window = is_month ? record.month : record.day;
      counters[ledger::held_key(scope, is_month, window)] += held;
      counters[ledger::committed_key(scope, is_month, window)] += held + spent;
      if (record.row > 1) counters[ledger::retries_key(scope, is_month, window)] += held;
    }
    counters[ledger::requests_key(scope, record.day)] += 1;
  }
  if (row.state == HoldState::settled && record.actual > record.bound) counters[ledger::blocked_key(ledger::blocked_scope(record))] += 1;
}

// What the journal tells of one row.
struct Told {
  HoldState state = HoldState::none;
  bool is_never_sent = false;  // released from reserved
  std::set<HoldState> seen;
};

std::string text_at(const json::Value& line, std::string_view key) {
  const json::Value* value = line.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

void read_line(const std::string& text, std::map<std::string, Told>& told, std::vector<std::string>& violations) {
  const Result<json::Value> line = json::parse(text);
  if (!line || !line->is_object()) return violations.push_back("a journal line cannot be read: " + text);
  const std::string key = text_at(*line, "row");
  if (key.empty()) return;
  const std::optional<HoldState> from = hold_state(text_at(*line, "from"));
  const std::optional<HoldState> to = hold_state(text_at(*line, "to"));
  Told& row = told[key];
  if (!from || !to || *from != row.state) return violations.push_back("the journal does not follow for " + key + ": " + text);
  const bool is_over = row.state == HoldState::settled || row.state == HoldState::released;
  if (is_over) violations.push_back("a row that was over moved on: " + text);
  row.is_never_sent = *from == HoldState::reserved && *to == HoldState::released;
  row.state = *to;
  if (*to != *from && !row.seen.insert(*to).second) violations.push_back("a row was twice " + std::string(name(*to)) + ": " + key);
}

std::map<std::string, Told> read_journals(Store& store, std::vector<std::string>& violations) {
  std::map<std::string, Told> told;
  const Result<std::vector<std::string>> accounts = store.accounts();
  if (!accounts) {
    violations.push_back("the accounts cannot be read: " + accounts.error().message);
    return told;
  }
  for (const std::string& account : *accounts) {
    uint64_t next = 1;
    const Result<void> done = store.journal(account, 1, [&](uint64_t number, const std::string& line) {
      if (number != next++) violations.push_back("a line is missing in the journal of " + account);
      read_line(line, told, violations);
      return true;
    });
    if (!done) violations.push_back("the journal of " + account + " cannot be read: " + done.error().message);
  }
  return told;
}

}  // namespace

Books recompute(Store& store) {
  Books books;
  std::map<std::string, Told> told = read_journals(store, books.violations);
  const Result<void> done = store.rows({}, [&](const std::string& key, const StoredRow& stored) {
    const Result<HoldRecord> record = HoldRecord::parse(stored.record);
    if (!record) {
      books.violations.push_back("the row " + key + " cannot be read: " + record.error().message);
      return true;
    }
    const Books::Row row{stored.state, *record};
    count_row(row, books.counters);
    const Told& line = told[key];
    if (line.state != stored.state)
      books.violations.push_back(key + " is " + std::string(name(stored.state)) + " but in the journal " + std::string(name(line.state)));
    if (line.is_never_sent)
      for (const Scope& scope : record->scopes) books.counters[ledger::requests_key(scope, record->day)] -= 1;
    if (record->key() != key || record->account() != stored.account) books.violations.push_back(key + " holds the record of another row");
    books.rows.emplace(key, row);
    return true;
  });
  if (!done) books.violations.push_back("the rows cannot be read: " + done.error().message);
  for (const auto& [key, line] : told)
    if (!books.rows.contains(key)) books.violations.push_back("the journal tells of a row that is not there: " + key);
  return books;
}

std::vector<std::string> Books::compare(Store& store, const ledger::ScopeList& limits) const {
  std::vector<std::string> found = violations;
  std::map<std::string, int64_t> expected = counters;
  const Result<void> done = store.all_counters([&](const std::string& key, int64_t value) {
    const int64_t must = expected[key];
    expected.erase(key);
    if (value != must) found.push_back(key + " stands at " + std::to_string(value) + ", the rows say " + std::to_string(must));
    return true;
  });
  if (!done) found.push_back("the counters cannot be read: " + done.error().message);
  for (const auto& [key, must] : expected)
    if (must != 0) found.push_back(key + " is not there, the rows say " + std::to_string(must));
  for (const ScopeLimits& each : limits) {
    for (const bool is_month : {false, true}) {
      const auto& limit = each.limits.get(is_month ? LimitKind::usd_per_month : LimitKind::usd_per_day);
      const std::string prefix = "c/" + each.scope.to_text() + (is_month ? "/m" : "/d");
      for (const auto& [key, committed] : counters)
        if (limit && key.starts_with(prefix) && committed > *limit)
          found.push_back(key + " is above its limit: " + std::to_string(committed) + " > " + std::to_string(*limit));
    }
  }
  return found;
}

std::vector<std::string> audit(Store& store, const ledger::ScopeList& limits) {
  const Result<AuditReport> report = audit_store(store, {.limits = limits});
  if (!report) return {"the store cannot be audited: " + report.error().message};
  std::vector<std::string> found;
  for (const Finding& finding : report->findings)
    found.push_back("audit: " + std::string(finding.code) + " " + finding.key + ": " + finding.text);
  if (report->moving != 0) found.push_back("audit: what nobody writes does not stand still");
  return found;
}

uint64_t Books::count(HoldState state) const {
  uint64_t count = 0;
  for (const auto& [key, row] : rows) count += row.state == state ? 1 : 0;
  return count;
}

}  // namespace orthink::rig
