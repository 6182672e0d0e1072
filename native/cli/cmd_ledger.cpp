#include "native/cli/answer_text.h"
#include "native/cli/ledger_reconcile.h"
#include "native/cli/ledger_verify.h"
#include "native/cli/open_ledger.h"
#include "native/cli/progress.h"
#include "native/cli/verbs.h"
#include "orthink/ledger/row_text.h"

namespace orthink::cli {
namespace {

int export_rows(const Typed& typed, Printer& printer) {
  if (typed.has(Flag::csv) && typed.json())
    return printer.fail(make_error(Errc::invalid_argument, "--csv and --json contradict each other", "Give one of them."), true);
  Result<Span> span = span_of(typed, now());
  if (!span) return printer.fail(span.error(), typed.json());
  Result<OpenLedger> ledger = open_ledger();
  if (!ledger) return printer.fail(ledger.error(), typed.json());
  const bool is_csv = typed.has(Flag::csv);
  RowQuery query;
  query.since = span->since.value_or(Instant::zero());
  query.until = span->until.value_or(Instant::never());
  uint64_t rows = 0;
  uint64_t damaged = 0;
  Progress progress(printer);
  if (is_csv) printer.out(RowText::csv_head());
  Result<void> done = ledger->store->rows(query, [&](const std::string& key, const StoredRow& row) {
    const RowText text(key, row);
    if (is_csv)
      printer.out(text.csv());
    else
      printer.line(text.json(rows == 0));
    ++rows;
    if (!text.is_readable()) ++damaged;
    if (!printer.streams().out_is_terminal) progress.show(grouped(rows) + " rows written");
    return !printer.gone();
  });
  progress.clear();
  if (!done) return printer.fail(done.error(), false);
  printer.flush();
  if (rows == 0 && !typed.json()) printer.talk("no rows" + std::string(span->since || span->until ? " in that time" : " yet"));
  if (damaged == 0) return 0;
  printer.talk(printer.styled_err(Style::red, "orthink: ") + grouped(damaged) + " of " + grouped(rows) +
               " rows cannot be read; what the store itself knows of them is there\n  `orthink ledger verify` names them.");
  return 1;
}

// A flag that another of the three takes.
std::optional<Error> misplaced(const Typed& typed, const std::string& action) {
  for (Flag flag : {Flag::csv, Flag::since, Flag::until})
    if (typed.has(flag) && (action == "verify" || (action == "reconcile" && flag == Flag::csv)))
      return make_error(Errc::invalid_argument, std::string(row(flag).name) + " is not a flag of `orthink ledger " + action + "`",
                        action == "verify" ? "verify looks at everything; leave it out." : "`orthink ledger export --csv` writes rows.");
  return std::nullopt;
}

}  // namespace

int run_ledger(const Typed& typed, Printer& printer) {
  const std::string& action = typed.words().front();
  if (std::optional<Error> error = misplaced(typed, action)) return printer.fail(*error, typed.json());
  if (action == "verify") return verify_ledger(typed, printer);
  return action == "reconcile" ? reconcile_ledger(typed, printer) : export_rows(typed, printer);
}

}  // namespace orthink::cli
