#include "native/cli/ledger_reconcile.h"

#include <utility>

#include "native/cli/answer_text.h"
#include "native/cli/open_ledger.h"
#include "native/cli/progress.h"
#include "native/key.h"
#include "native/money/book.h"
#include "native/money/due.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/render.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr Duration kQuestionMax = Duration::seconds(15);
constexpr size_t kGenerationBytesMax = size_t{1} << 20;

struct Dispute {
  std::string key, generation_id;
  Money ours, theirs;
};

struct Compared {
  uint64_t agreed = 0;
  uint64_t disputed = 0;
  uint64_t unknown = 0;
  std::vector<Dispute> disputes;
};

struct Outcome {
  Reconciled unknowns;
  std::optional<Instant> since;
  Compared compared;
  std::optional<Error> error;
  int stopped = 0;  // 130 or 143: by a signal

  [[nodiscard]] int code() const {
    if (stopped != 0) return stopped;
    if (error) return exit_code(*error);
    return compared.disputed > 0 ? 1 : 0;
  }
};

// What is to be compared is copied first: the store is not kept waiting for the upstream.
Result<std::vector<HoldRecord>> settled_since(Store& store, const Span& span) {
  std::vector<HoldRecord> records;
  RowQuery query;
  query.states = {HoldState::settled};
  query.since = span.since.value_or(Instant::zero());
  query.until = span.until.value_or(Instant::never());
  Result<void> done = store.rows(query, [&](const std::string&, const StoredRow& row) {
    if (Result<HoldRecord> record = HoldRecord::parse(row.record)) records.push_back(std::move(*record));
    return true;
  });
  if (!done) return done.error();
  return records;
}

Result<std::optional<reconcile::Generation>> generation_of(HttpClient& client, const HoldRecord& record, int stop_fd) {
  if (!reconcile::can_ask(record)) return std::optional<reconcile::Generation>();
  Result<HttpResponse> answer = get(client, reconcile::request(record).path, now() + kQuestionMax, kGenerationBytesMax, stop_fd);
  if (!answer) return answer.error();
  if (answer->head.status == 401 || answer->head.status == 403)
    return make_error(Errc::upstream_auth, "the upstream does not let this key ask for generations");
  Result<reconcile::Generation> generation = reconcile::read_generation(answer->body);
  if (answer->head.status != 200 || !generation) return std::optional<reconcile::Generation>();
  return std::optional(std::move(*generation));
}

Result<void> compare_all(HttpClient& client, const std::vector<HoldRecord>& records, int stop_fd, Progress& progress, Compared& compared) {
  for (size_t i = 0; i < records.size(); ++i) {
    const HoldRecord& record = records[i];
    progress.show("comparing " + grouped(i + 1) + " of " + grouped(records.size()) + " settled calls");
    Result<std::optional<reconcile::Generation>> generation = generation_of(client, record, stop_fd);
    if (!generation) return generation.error();
    switch (reconcile::compare(record, *generation)) {
      case reconcile::Agreement::agreed:
        ++compared.agreed;
        break;
      case reconcile::Agreement::unknown:
        ++compared.unknown;
        break;
      case reconcile::Agreement::disputed:
        ++compared.disputed;
        compared.disputes.push_back({record.key(), record.generation_id, record.actual.to_money(), *(*generation)->cost});
        break;
    }
  }
  return {};
}

Outcome carry_out(Store& store, HttpClient& client, const Span& span, const Signals& signals, Printer& printer, bool tells) {
  Outcome outcome;
  Progress progress(printer);
  DueOptions options;
  options.takes_all = true;
  options.stop_fd = signals.fd();
  options.on_verdict = [&](const std::string& key, const reconcile::Verdict& verdict) {
    progress.show("asking for " + key);
    if (!tells || verdict.kind == reconcile::Verdict::Kind::ask_again) return;
    progress.clear();
    printer.line(harmless(key) + "  " + dollars(verdict.record.actual.to_money()) + "  " + harmless(verdict.why));
    printer.flush();
  };
  outcome.unknowns = reconcile_due(store, client, options);
  outcome.error = outcome.unknowns.error;
  const auto is_stopped = [&signals] { return signals.seen().interrupts + signals.seen().terminations > 0; };
  if (span.since && !outcome.error && !is_stopped()) {
    outcome.since = span.since;
    Result<std::vector<HoldRecord>> records = settled_since(store, span);
    Result<void> done = records ? compare_all(client, *records, signals.fd(), progress, outcome.compared) : records.error();
    if (!done) outcome.error = done.error();
  }
  if (is_stopped()) {
    outcome.stopped = signals.seen().terminations > 0 ? 143 : 130;
    outcome.error = std::nullopt;
  }
  return outcome;
}

std::string document(const Outcome& outcome) {
  json::Writer out;
  const Reconciled& unknowns = outcome.unknowns;
  out.object().key("schema").number(uint64_t{1}).key("ok").boolean(outcome.code() == 0);
  out.key("outcomes").object().key("settled").number(unknowns.settled).key("charged_bound").number(unknowns.charged_bound);
  out.key("unknown").number(unknowns.still_unknown).end();
  const Compared& compared = outcome.compared;
  out.key("compared").object().key("since");
  out.string_or_null(outcome.since ? std::optional(window::iso_text(*outcome.since)) : std::nullopt);
  out.key("agreed").number(compared.agreed).key("disputed").number(compared.disputed).key("unknown").number(compared.unknown).end();
  out.key("disputed").array();
  for (const Dispute& dispute : compared.disputes) {
    out.object().key("key").string(dispute.key).key("generation_id").string(dispute.generation_id);
    out.key("ours_usd").string(dispute.ours.to_decimal()).key("upstream_usd").string(dispute.theirs.to_decimal()).end();
  }
  out.end().key("interrupted").boolean(outcome.stopped != 0).key("error");
  if (outcome.error)
    out.raw(render::error_json(*outcome.error));
  else
    out.null();
  return out.end().take();
}

void print_outcome(Printer& printer, const Outcome& outcome) {
  const Reconciled& unknowns = outcome.unknowns;
  uint64_t all = unknowns.settled + unknowns.charged_bound + unknowns.still_unknown;
  if (all == 0)
    printer.line("no call of unknown outcome");
  else
    printer.line(grouped(all) + (all == 1 ? " call" : " calls") + " of unknown outcome: " + grouped(unknowns.settled) +
                 " settled by the upstream's word, " + grouped(unknowns.charged_bound) + " charged at the bound, " +
                 grouped(unknowns.still_unknown) + " still unknown");
  const Compared& compared = outcome.compared;
  for (const Dispute& dispute : compared.disputes)
    printer.line(printer.styled_out(Style::red, "disputed ") + harmless(dispute.key) + "  " + harmless(dispute.generation_id) + "  ours $" +
                 dispute.ours.to_decimal() + ", the upstream's $" + dispute.theirs.to_decimal());
  if (outcome.since)
    printer.line(grouped(compared.agreed + compared.disputed + compared.unknown) + " settled calls compared: " + grouped(compared.agreed) +
                 " agreed, " + grouped(compared.disputed) + " disputed, " + grouped(compared.unknown) + " unknown to the upstream");
  if (outcome.stopped != 0) printer.talk("interrupted; what was settled stays so");
}

}  // namespace

int reconcile_ledger(const Typed& typed, Printer& printer) {
  Result<Span> span = span_of(typed, now());
  if (!span) return printer.fail(span.error(), typed.json());
  if (span->until && !span->since)
    return printer.fail(make_error(Errc::invalid_argument, "--until is given without --since",
                                   "Give --since too: settled calls between the two are compared."),
                        typed.json());
  Result<Config> config = load_config();
  if (!config) return printer.fail(config.error(), typed.json());
  Result<Key> key = find_key(*config, now());
  if (!key) return printer.fail(key.error(), typed.json());
  Result<std::unique_ptr<HttpClient>> client = HttpClient::create(config->base_url(), std::move(key->secret));
  if (!client) return printer.fail(client.error(), typed.json());
  Result<std::unique_ptr<Book>> book = Book::open(*config);  // takes in what dead processes left
  if (!book) return printer.fail(book.error(), typed.json());

  Signals signals;
  Outcome outcome = carry_out((*book)->store(), **client, *span, signals, printer, !typed.json());
  if (typed.json())
    printer.line(document(outcome));
  else
    print_outcome(printer, outcome);
  if (outcome.error) printer.fail(*outcome.error, false);
  return outcome.code();
}

}  // namespace orthink::cli
