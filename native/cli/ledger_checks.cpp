#include "native/cli/ledger_checks.h"

#include <algorithm>
#include <utility>

#include "native/cli/answer_text.h"
#include "native/cli/open_ledger.h"
#include "native/cli/progress.h"
#include "native/money/audit_store.h"
#include "native/money/clock_guard.h"
#include "native/money/recovery.h"
#include "native/store/sqlite_store.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/window.h"

namespace orthink::cli {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

std::string counted(uint64_t count, std::string_view one, std::string_view many) {
  return grouped(count) + " " + std::string(count == 1 ? one : many);
}

// The machine's clock against what it was when this boot was first seen, and against the last write of the ledger.
Check check_windows(Store& store) {
  constexpr std::string_view kWhat = "windows";
  Result<clock_guard::Reading> reading = clock_guard::read(store);
  if (!reading) return failed(kWhat, reading.error());
  Result<bool> is_anchored = clock_guard::is_anchored(store, *reading);
  if (!is_anchored) return failed(kWhat, is_anchored.error());
  if (*is_anchored)
    if (Result<clock_guard::Anchor> anchor = clock_guard::check(store, *reading); !anchor) return failed(kWhat, anchor.error());
  Result<int64_t> last = store.mark("clock");
  if (!last) return failed(kWhat, last.error());
  Duration behind = Instant{*last} - reading->wall;
  if (behind > ledger::kClockSlack)
    return {kWhat, Verdict::bad,
            "the clock is " + age_text(behind.us / 1'000'000) + " behind the ledger's last write, at " + window::iso_text(Instant{*last}),
            "Set the machine's clock; calls are refused until it is past that."};
  return {kWhat, Verdict::good,
          *is_anchored ? "days and months are those of UTC; the clock was not set since this machine started"
                       : "days and months are those of UTC; the next paid call compares the clock with the upstream's",
          ""};
}

Check check_blocks(Store& store) {
  std::vector<std::string> blocked;
  Result<void> done = store.all_counters([&blocked](const std::string& key, int64_t value) {
    if (key.starts_with("b/") && value > 0) blocked.push_back(key.substr(2));
    return true;
  });
  if (!done) return failed("limits", done.error());
  if (blocked.empty()) return {"limits", Verdict::good, "nobody is blocked; `orthink budget` shows what each may spend", ""};
  return {"limits", Verdict::bad,
          blocked.front() + (blocked.size() > 1 ? " and " + counted(blocked.size() - 1, "other", "others") : "") +
              " blocked: a call cost more than it could",
          "Look at it, then `orthink budget clear " + blocked.front() + "`."};
}

// A document of the size of a call's writes, which is taken away again: a store that can be read need not be one that can be written.
Check check_writes(Store& store, const std::string& where, Instant at) {
  constexpr size_t kBytes = 65'536;
  StoreBatch batch;
  batch.at = at;
  batch.is_durable = true;
  batch.documents.push_back({"doctor", DocumentWrite::Expects::anything, {}, std::string(kBytes, '.'), at + Duration::seconds(60)});
  StoreReply reply = store.apply(batch);
  if (reply.verdict == StoreReply::Verdict::applied) {
    batch.documents.front().text.reset();
    reply = store.apply(batch);
  }
  if (reply.verdict == StoreReply::Verdict::applied) return {"store", Verdict::good, where + " opens, is whole and can be written", ""};
  return {"store", Verdict::bad, where + " can be read but not written: " + not_taken(reply, "a document").message,
          "No call is made until it can. See whether its disk is full, and what this user may do there."};
}

// Of unknown outcome are also the calls that a process that is gone had under way; the next call, or a reconcile, takes them in.
Check check_outcomes(Store& store, Instant at) {
  uint64_t rows = 0;
  NanoUsd held;
  Instant oldest = Instant::never();
  const Result<std::vector<HoldRecord>> lost = lost_in_flight(store, epoch::Epoch::own());
  if (!lost) return failed("outcomes", lost.error());
  for (const HoldRecord& record : *lost) {
    ++rows;
    oldest = std::min(oldest, record.created);
    held.nano = std::min(NanoUsd::kMax, held.nano + record.bound.nano);
  }
  RowQuery query;
  query.states = {HoldState::unknown};
  Result<void> done = store.rows(query, [&](const std::string&, const StoredRow& row) {
    ++rows;
    oldest = std::min(oldest, row.created);
    if (Result<HoldRecord> record = HoldRecord::parse(row.record)) held.nano = std::min(NanoUsd::kMax, held.nano + record->bound.nano);
    return true;
  });
  if (!done) return failed("outcomes", done.error());
  if (rows == 0) return {"outcomes", Verdict::good, "the outcome of every call is known", ""};
  return {"outcomes", Verdict::unsure,
          counted(rows, "call", "calls") + " of unknown outcome, " + dollars(held.to_money()) + " held, the oldest " +
              age_text(std::max<int64_t>(0, (at - oldest).us / 1'000'000)) + " old",
          "Run `orthink ledger reconcile`."};
}

Check check_books(Store& store, Printer& printer) {
  Progress progress(printer);
  AuditOptions options;
  options.checks_store = false;  // it has been, as a check of its own
  options.on_progress = [&progress](const AuditProgress& seen) { progress.show("auditing the ledger: " + grouped(seen.rows) + " rows"); };
  Result<AuditReport> report = audit_store(store, options);
  if (!report) return failed("ledger", report.error());
  std::string looked = counted(report->rows, "row", "rows") + " and " + counted(report->lines, "line", "lines");
  if (report->holds()) return {"ledger", Verdict::good, looked + " agree with every balance", ""};
  const Finding& first = report->findings.front();
  return {
      "ledger", Verdict::bad,
      counted(report->findings_total, "finding", "findings") + " in " + looked + ", first " + std::string(first.code) + " at " + first.key,
      "Run `orthink ledger verify`, which lists them; keep a copy of the store."};
}

}  // namespace

Check failed(std::string_view what, const Error& error) {
  return {what, Verdict::bad, error.message, error.remedy};
}

void check_ledger(const Config& config, Printer& printer, std::vector<Check>& checks) {
  const std::string& url = config.store();
  const bool names_file = url.starts_with(kSqlite) && SqliteStore::check_path(url.substr(kSqlite.size()));
  if (names_file && !file_facts(url.substr(kSqlite.size()))) {
    checks.push_back({"store", Verdict::good, "no ledger yet; the first call makes " + url.substr(kSqlite.size()), ""});
    return;
  }
  Result<OpenLedger> ledger = open_ledger(config);
  Result<Instant> at = ledger ? ledger->store->now() : ledger.error();
  Result<void> whole = ledger ? ledger->store->check() : Result<void>();
  if (!at || !whole) {
    checks.push_back(failed("store", at ? whole.error() : at.error()));
    return;
  }
  if (!ledger->is_lasting) {
    checks.push_back({"store", Verdict::unsure, "memory: ends with the program; limits hold within one run alone",
                      "Set ORTHINK_STORE to sqlite:PATH or a redis:// URL."});
    return;
  }
  Store& store = *ledger->store;
  checks.push_back(check_writes(store, ledger->where, *at));
  checks.push_back(check_windows(store));
  checks.push_back(check_blocks(store));
  checks.push_back(check_outcomes(store, *at));
  checks.push_back(check_books(store, printer));
}

}  // namespace orthink::cli
