#include "native/money/audit_store.h"

#include <map>
#include <string>
#include <utility>

#include "native/system.h"
#include "orthink/ledger/audit.h"
#include "orthink/ledger/chain.h"
#include "orthink/ledger/window.h"

namespace orthink {
namespace {

// How often what moves is looked at.
constexpr int kLooksMax = 100;

class StoreAudit {
 public:
  StoreAudit(Store& store, const AuditOptions& options) : store_(store), options_(options) {}

  Result<AuditReport> run() {
    const Instant began = now();
    if (options_.checks_store)
      if (const Result<void> whole = store_.check(); !whole) findings_.add(finding::store_damaged, "store", whole.error().message);
    Result<Audit::Again> moving = read();
    if (!moving) return moving.error();
    Instant at = options_.at;
    if (at == Instant::zero()) {
      const Result<Instant> stands = store_.now();
      if (!stands) return stands.error();
      at = *stands;
    }
    take(audit_.finish(*moving, options_.limits, window::day_of(at), window::month_of(at)));
    for (auto& [account, check] : checks_) {
      report_.lines_sealed += check.sealed_to();
      take(check.finish());
    }
    report_.moving = moving->rows.size() + moving->counters.size();
    report_.accounts = next_.size();
    report_.findings = std::move(findings_.list);
    report_.findings_total = findings_.total;
    report_.duration = now() - began;
    return std::move(report_);
  }

 private:
  // What moved each time it was looked at.
  Result<Audit::Again> read() {
    if (const Result<void> done = read_seals(); !done) return done.error();
    if (const Result<void> done = read_lines(); !done) return done.error();
    audit_.begin_rows();
    if (const Result<void> done = read_rows(); !done) return done.error();
    if (const Result<void> done = read_counters(); !done) return done.error();
    for (int look = 0;; ++look) {
      if (const Result<void> done = read_lines(); !done) return done.error();
      Audit::Again again = audit_.again();
      if (again.empty() || look == kLooksMax) return again;
      if (const Result<void> done = read_again(again); !done) return done.error();
    }
  }

  // How many seals were made is read before the seals, and they before the lines: each may only grow.
  Result<void> read_seals() {
    const Result<std::vector<std::string>> accounts = store_.accounts();
    if (!accounts) return accounts.error();
    std::map<std::string, uint64_t> made;
    for (const std::string& account : *accounts) {
      const Result<int64_t> mark = store_.mark(chain::mark_key(account));
      if (!mark) return mark.error();
      made[account] = *mark > 0 ? static_cast<uint64_t>(*mark) : 0;
    }
    Result<Store::Texts> documents = store_.documents(chain::kSealPrefix, Instant::zero());
    if (!documents) return documents.error();
    std::map<std::string, std::vector<chain::Check::Numbered>> seals;
    for (auto& [key, text] : *documents) {
      const std::optional<chain::SealPlace> place = chain::read_seal_key(key);
      if (!place) continue;
      ++report_.seals;
      made.try_emplace(place->account, 0);
      seals[place->account].emplace_back(place->number, std::move(text));
    }
    for (const auto& [account, count] : made) checks_.emplace(account, chain::Check(account, seals[account], count));
    return {};
  }

  // Those that were not read yet.
  Result<void> read_lines() {
    const Result<std::vector<std::string>> accounts = store_.accounts();
    if (!accounts) return accounts.error();
    for (const std::string& account : *accounts) {
      uint64_t& next = next_.try_emplace(account, 1).first->second;
      const auto check = checks_.find(account);
      const Result<void> done = store_.journal(account, next, [&](uint64_t number, const std::string& line) {
        audit_.line(account, number, line);
        if (check != checks_.end()) check->second.line(number, line);
        next = number + 1;
        if (++report_.lines % kAuditProgressEvery == 0) tell();
        return true;
      });
      if (!done) return done.error();
    }
    return {};
  }

  Result<void> read_rows() {
    return store_.rows({}, [&](const std::string& key, const StoredRow& row) {
      audit_.row(key, &row);
      if (++report_.rows % kAuditProgressEvery == 0) tell();
      return true;
    });
  }

  Result<void> read_counters() {
    return store_.all_counters([&](const std::string& key, int64_t value) {
      audit_.counter(key, value);
      ++report_.counters;
      return true;
    });
  }

  Result<void> read_again(const Audit::Again& again) {
    for (const std::string& key : again.rows) {
      const Result<std::optional<StoredRow>> row = store_.row(key);
      if (!row) return row.error();
      audit_.row(key, *row ? &**row : nullptr);
    }
    const Result<std::vector<int64_t>> values = store_.counters(again.counters);
    if (!values) return values.error();
    for (size_t i = 0; i < values->size(); ++i) audit_.counter(again.counters[i], (*values)[i]);
    return {};
  }

  void take(Findings found) {
    findings_.total += found.total - found.list.size();
    for (Finding& each : found.list) findings_.add(each.code, std::move(each.key), std::move(each.text));
  }

  void tell() const {
    if (options_.on_progress) options_.on_progress({report_.lines, report_.rows});
  }

  Store& store_;
  const AuditOptions& options_;
  Audit audit_;
  std::map<std::string, chain::Check> checks_;  // by account
  std::map<std::string, uint64_t> next_;        // the line to be read next, by account
  Findings findings_;
  AuditReport report_;
};

}  // namespace

Result<AuditReport> audit_store(Store& store, const AuditOptions& options) { return StoreAudit(store, options).run(); }

}  // namespace orthink
