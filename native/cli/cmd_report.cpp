#include <algorithm>

#include "native/cli/open_ledger.h"
#include "native/cli/verbs.h"
#include "native/money/look.h"
#include "native/system.h"
#include "orthink/ledger/report.h"

namespace orthink::cli {
namespace {

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
  Result<RowsRead> read = read_rows(*ledger->store, options, report);
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
