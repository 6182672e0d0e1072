#include "native/cli/call.h"

#include <algorithm>
#include <utility>

#include "native/cli/call_audience.h"
#include "native/cli/call_less.h"
#include "native/driver.h"
#include "native/key.h"
#include "native/money/due.h"
#include "native/money/seals.h"
#include "orthink/chat/fingerprint.h"
#include "orthink/exchange/dossier.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/last_event.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {
namespace {

constexpr int kTerminated = 143;
constexpr int kFitsMax = 3;
constexpr uint64_t kSealsEvery = 32;                // calls
constexpr Duration kDueFor = Duration::seconds(2);  // after a call, for others of unknown outcome

ExchangeOptions options_of(const Config& config, const Ask& ask) {
  ExchangeOptions options;
  options.call_id = random_id("call-");
  options.entropy = entropy64();
  options.deadlines.connect = config.connect_deadline();
  options.deadlines.first_token = config.first_token_deadline();
  options.deadlines.idle = config.idle_deadline();
  options.deadlines.call = ask.deadline.value_or(config.call_deadline());
  options.prepare.now = now();
  options.prepare.thinking_tokens_max = config.max_thinking_tokens();
  options.prepare.call_deadline = options.deadlines.call;
  options.prepare.is_paid = true;
  options.prepare.allows_stale_prices = config.allows_stale_prices();
  options.retry = {config.attempts(), config.retry_base(), config.retry_cap()};
  options.witness = open_dossier;
  return options;
}

CallEnd end_of(const std::string& replayed) {
  const Result<LastEvent> event = read_last_event(replayed);
  CallEnd end{exit_code(event), {}};
  if (event && !event->error) end.message = event->message;
  return end;
}

}  // namespace

int refuse_call(const Ask& ask, const Error& error, bool json, Printer& printer) {
  if (!json) return printer.fail(error, false);
  printer.line(render::failed(render::Position::first, error, refusal_receipt(ask, random_id("call-"))));
  printer.flush();
  return exit_code(error);
}

Result<std::unique_ptr<Caller>> Caller::create(const Config& config) {
  Result<Key> key = find_key(config, now());
  if (!key) return key.error();
  std::string key_id = key->secret.fingerprint();
  Result<std::unique_ptr<HttpClient>> client = HttpClient::create(config.base_url(), std::move(key->secret));
  if (!client) return client.error();
  return std::unique_ptr<Caller>(new Caller(config, std::move(*client), std::move(key_id)));
}

Result<void> Caller::need_book() {
  if (book_) return {};
  Result<std::unique_ptr<Book>> book = Book::open(config_, {.ahead_of_upstream = {}, .clock = BookOptions::Clock::must_be_proven});
  if (!book && book.error().errc == Errc::clock_refused) book = book_by_upstream_clock(book.error());
  if (!book) return book.error();
  book_ = std::move(*book);
  return {};
}

// A clock that was set, rightly or not, or that nobody has looked at since this machine started: the upstream's decides. GET /models
// costs nothing.
Result<std::unique_ptr<Book>> Caller::book_by_upstream_clock(const Error& refusal) {
  Result<Catalogue> catalogue = refresh_catalogue(config_, folders().cache, *client_, now(), signals_.fd());
  if (!catalogue) {
    Error error = refusal;
    error.message += ", and the upstream cannot be asked: " + catalogue.error().message;
    return error;
  }
  Result<std::unique_ptr<Book>> book = Book::open(config_, {.ahead_of_upstream = catalogue->clock_ahead, .clock = BookOptions::Clock::cannot_be_proven});
  if (book) catalogue_ = std::move(*catalogue);
  return book;
}

Result<void> Caller::need_catalogue(Printer& printer) {
  if (catalogue_) return {};
  Result<Catalogue> catalogue = current_catalogue(config_, folders().cache, *client_, now(), signals_.fd());
  if (!catalogue) return catalogue.error();
  if (catalogue->clock_ahead)
    if (auto ok = clock_guard::check_upstream(*catalogue->clock_ahead); !ok) return ok.error();
  catalogue_ = std::move(*catalogue);
  if (catalogue_->warning) printer.talk(printer.styled_err(Style::yellow, "warning: ") + harmless(*catalogue_->warning));
  return {};
}

bool Caller::wait_for_input(int fd) {
  const Signals::Seen before = signals_.seen();
  signals_.drain();
  const int fds[] = {fd, signals_.fd()};
  wait_readable(fds, Instant::never());
  const Signals::Seen after = signals_.seen();
  return after.interrupts == before.interrupts && after.terminations == before.terminations;
}

// One exchange from open to its end.
struct Caller::Turn {
  CallEnd end;
  std::optional<Ask> less;       // a limit of the ledger stood against it, and this asks for what would have passed; nothing was printed
  std::optional<Error> refusal;  // with `less`
  bool is_cancelled = false;
};

Caller::Turn Caller::turn(const Ask& ask, const CallShow& show, const std::string& asked, Printer& printer) {
  const Signals::Seen before = signals_.seen();
  Turn turn;
  const auto refuse = [&](const Error& error) {
    turn.end.exit_code = refuse_call(ask, error, show.json, printer);
    return turn;
  };
  ExchangeOptions options = options_of(config_, ask);
  Result<LedgerOptions> ledger = book_->options_for(payers(config_, ask, key_id_));
  if (!ledger) return refuse(ledger.error());
  options.ledger = *ledger;
  const Result<Duration> ahead = book_->clock_ahead();
  if (!ahead) return refuse(ahead.error());
  if (show.idempotency_key) options.idempotency = Claim{ask.tenant, *show.idempotency_key, asked, options.call_id};
  NativeWorld world(*client_, &signals_, *ahead);
  const PrepareOptions planning = options.prepare;
  const LessOptions less{catalogue_->catalog, planning};
  Result<Exchange> exchange = Exchange::open(world.now(), ask, catalogue_->catalog, std::move(options));
  if (!exchange) return refuse(show.json ? exchange.error() : as_spoken(exchange.error(), ask, less));
  const OnShortage on_shortage = [&](ShortOf by) {
    by.prompt_tokens = exchange->prepared().prompt_tokens_bound;
    if (ask.fits) turn.less = less_for(ask, by, less);
    return Shortage{turn.less.has_value(), turn.less ? std::string() : remedy_for(ask, by, less, !show.json)};
  };
  std::unique_ptr<PrintingAudience> audience;
  if (show.json)
    audience = std::make_unique<JsonAudience>(printer, world, ledger->scopes, on_shortage);
  else
    audience = std::make_unique<TextAudience>(printer, world, ledger->scopes, on_shortage, show.thinking);
  drive(*exchange, world, book_->store(), *audience);
  printer.flush();
  turn.refusal = exchange->error();
  turn.is_cancelled = turn.refusal && turn.refusal->errc == Errc::cancelled;
  turn.end = audience->replayed().empty() ? end_of(*exchange, before, printer) : orthink::cli::end_of(audience->replayed());
  if (show.json && printer.gone() && turn.end.exit_code == 0) turn.end.exit_code = 1;  // nobody has the line that tells how it ended
  return turn;
}

CallEnd Caller::end_of(const Exchange& exchange, const Signals::Seen& before, const Printer& printer) const {
  CallEnd end;
  if (!exchange.error()) {
    end.exit_code = exit_code(exchange.outcome());
    end.message = exchange.answer().message_json();
    return end;
  }
  end.exit_code = exit_code(*exchange.error());
  if (exchange.error()->errc == Errc::cancelled) {
    const Signals::Seen seen = signals_.seen();
    if (seen.terminations > before.terminations)
      end.exit_code = kTerminated;
    else if (seen.interrupts == before.interrupts && printer.gone())
      end.exit_code = 0;  // whoever read our output has left
  }
  return end;
}

CallEnd Caller::call(const Ask& ask, const CallShow& show, Printer& printer) {
  const auto refuse = [&](const Error& error) { return CallEnd{refuse_call(ask, error, show.json, printer), {}}; };
  if (!book_) client_->warm_up();  // while the ledger is opened
  if (auto ok = need_book(); !ok) return refuse(ok.error());
  if (auto ok = need_catalogue(printer); !ok) return refuse(ok.error());
  const std::string asked = show.idempotency_key ? fingerprint(ask) : std::string();
  Turn turn = this->turn(ask, show, asked, printer);
  // What is left may shrink while it is asked for: others spend too.
  for (int again = 0; turn.less && again < kFitsMax; ++again) {
    const Ask less = *turn.less;
    turn = this->turn(less, show, asked, printer);
  }
  if (turn.less) return refuse(show.json ? *turn.refusal : as_spoken(*turn.refusal, now()));
  if (!turn.is_cancelled) tidy_up();
  return turn.end;
}

// Neither is this call's business: what fails here is taken up by whoever comes next. Four lines a call: seals come due every 64 calls.
void Caller::tidy_up() {
  if (entropy64() % kSealsEvery == 0) static_cast<void>(seal_journals(book_->store(), kSealLinesMin));
  static_cast<void>(reconcile_due(book_->store(), *client_, {.until = now() + kDueFor, .stop_fd = signals_.fd(), .on_verdict = {}}));
}

}  // namespace orthink::cli
