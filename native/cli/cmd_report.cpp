#include <algorithm>

#include "native/cli/open_ledger.h"
#include "native/cli/verbs.h"
#include "native/system.h"
#include "orthink/ledger/report.h"

namespace orthink::cli {
namespace {

// A call's rows lie within its deadline, at most a day; so much earlier none of a later call can be.
constexpr Duration kCallMax = Duration::seconds(2 * 86'400);

// From where rows are read: those of calls that began earlier are told apart by the report.
Instant reads_from(const ReportOptions& options) {
  return options.since ? Instant{std::max<int64_t>(0, options.since->us - kCallMax.us)} : Instant::zero();
}

struct Read {
  uint64_t rows = 0;
  uint64_t damaged = 0;
};

Result<Read> read_rows(Store& store, Instant since, Report& report) {
  Read read;
  RowQuery query;
  query.since = since;
  Result<void> done = store.rows(query, [&](const std::string&, const StoredRow& row) {
    ++read.rows;
    Result<HoldRecord> record = HoldRecord::parse(row.record);
    if (record)
      report.add(*record, row.state);
    else
      ++read.damaged;
    return true;
  });
  if (!done) return done.error();
  return read;
}

std::string nothing_yet(const OpenLedger& ledger) {
  if (!ledger.is_lasting) return "No calls: the store is memory:, which ends with the program. Set ORTHINK_STORE to keep a ledger.";
  return "No calls yet. The ledger is " + harmless(ledger.where) + "; `orthink ask` writes the first.";
}

}  // namespace

int run_report(const Typed& typed, Printer& printer) {
  if (typed.has(Flag::csv) && typed.json())
    return printer.fail(make_error(Errc::invalid_argument, "--csv and --json contradict each other", "Give one of them."), true);
  Result<Span> span = span_of(typed, now());
  if (!span) return printer.fail(span.error(), typed.json());
  Result<OpenLedger> ledger = open_ledger();
  if (!ledger) return printer.fail(ledger.error(), typed.json());
  Result<Instant> at = ledger->store->now();
  if (!at) return printer.fail(at.error(), typed.json());

  ReportOptions options{span->since, span->until, *report_by(typed.text(Flag::by).value_or("model")), *at};
  Report report(options);
  Result<Read> read = read_rows(*ledger->store, reads_from(options), report);
  if (!read) return printer.fail(read.error(), typed.json());
  if (typed.json())
    printer.line(report.json());
  else if (typed.has(Flag::csv))
    printer.out(report.csv());
  else if (read->rows == 0 && !span->since)
    printer.line(nothing_yet(*ledger));
  else
    printer.out(report.text(printer.streams().columns, false, paint_of(printer)));
  if (read->damaged == 0) return 0;
  printer.talk(printer.styled_err(Style::red, "orthink: ") + std::to_string(read->damaged) + " of " + std::to_string(read->rows) +
               " rows cannot be read and are not in this report\n  `orthink ledger verify` names them.");
  return 1;
}

}  // namespace orthink::cli
