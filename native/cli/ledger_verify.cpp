#include "native/cli/ledger_verify.h"

#include "native/cli/answer_text.h"
#include "native/cli/open_ledger.h"
#include "native/cli/progress.h"
#include "native/money/audit_store.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

std::string verify_document(const AuditReport& report) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("ok").boolean(report.holds());
  out.key("accounts").number(report.accounts).key("rows").number(report.rows).key("lines").number(report.lines);
  out.key("lines_sealed").number(report.lines_sealed).key("seals").number(report.seals).key("counters").number(report.counters);
  out.key("moving").number(report.moving).key("duration_ms").number(report.duration.ms());
  out.key("findings_total").number(report.findings_total).key("findings").array();
  for (const Finding& finding : report.findings)
    out.object().key("code").string(finding.code).key("key").string(finding.key).key("text").string(finding.text).end();
  return out.end().end().take();
}

void print_findings(Printer& printer, const AuditReport& report) {
  for (const Finding& finding : report.findings)
    printer.line(printer.styled_out(Style::red, finding.code) + "  " + harmless(finding.key) + "\n  " + harmless(finding.text));
  if (report.findings.size() < report.findings_total)
    printer.line("... and " + grouped(report.findings_total - report.findings.size()) + " more");
  std::string looked = grouped(report.rows) + " rows, " + grouped(report.lines) + " lines (" + grouped(report.lines_sealed) + " under " +
                       grouped(report.seals) + " seals) and " + grouped(report.counters) + " balances";
  if (report.holds())
    printer.line(printer.styled_out(Style::green, "all agree: ") + looked);
  else
    printer.line(printer.styled_out(Style::red, grouped(report.findings_total) + (report.findings_total == 1 ? " finding" : " findings")) +
                 " in " + looked);
  if (report.moving > 0)
    printer.line(grouped(report.moving) + " were being written to all the time and are not judged; verify once more when it is quiet");
}

}  // namespace

int verify_ledger(const Typed& typed, Printer& printer) {
  Result<OpenLedger> ledger = open_ledger();
  if (!ledger) return printer.fail(ledger.error(), typed.json());
  Progress progress(printer);
  AuditOptions options;
  options.on_progress = [&progress](const AuditProgress& seen) {
    progress.show("verifying: " + grouped(seen.lines) + " lines, " + grouped(seen.rows) + " rows");
  };
  Result<AuditReport> report = audit_store(*ledger->store, options);
  progress.clear();
  if (!report) return printer.fail(report.error(), typed.json());
  if (typed.json())
    printer.line(verify_document(*report));
  else
    print_findings(printer, *report);
  return report->holds() ? 0 : 1;
}

}  // namespace orthink::cli
