#include "native/cli/call.h"

#include <utility>

#include "native/cli/call_audience.h"
#include "native/driver.h"
#include "native/key.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {
namespace {

constexpr int kTerminated = 143;

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
  return options;
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
  Result<std::unique_ptr<Book>> book = Book::open(config_);
  if (!book && book.error().errc == Errc::clock_refused) book = book_by_upstream_clock(book.error());
  if (!book) return book.error();
  book_ = std::move(*book);
  return {};
}

// A clock that was set, rightly or not: the upstream's decides. GET /models costs nothing.
Result<std::unique_ptr<Book>> Caller::book_by_upstream_clock(const Error& refusal) {
  const Result<Catalogue> catalogue = refresh_catalogue(config_, folders().cache, *client_, now(), signals_.fd());
  if (!catalogue || !catalogue->clock_ahead) return refusal;
  return Book::open(config_, catalogue->clock_ahead);
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

CallEnd Caller::call(const Ask& ask, const CallShow& show, Printer& printer) {
  const Signals::Seen before = signals_.seen();
  const auto refuse = [&](const Error& error) { return CallEnd{refuse_call(ask, error, show.json, printer), {}}; };
  if (auto ok = need_book(); !ok) return refuse(ok.error());
  if (auto ok = need_catalogue(printer); !ok) return refuse(ok.error());
  ExchangeOptions options = options_of(config_, ask);
  Result<LedgerOptions> ledger = book_->options_for(payers(config_, ask, key_id_));
  if (!ledger) return refuse(ledger.error());
  options.ledger = std::move(*ledger);
  const Result<Duration> ahead = book_->clock_ahead();
  if (!ahead) return refuse(ahead.error());
  NativeWorld world(*client_, &signals_, *ahead);
  Result<Exchange> exchange = Exchange::open(world.now(), ask, catalogue_->catalog, std::move(options));
  if (!exchange) return refuse(exchange.error());
  if (show.json) {
    JsonAudience audience(printer, world);
    drive(*exchange, world, book_->store(), audience);
  } else {
    TextAudience audience(printer, world, show.thinking, world.now());
    drive(*exchange, world, book_->store(), audience);
  }
  printer.flush();
  CallEnd end;
  if (!exchange->error()) {
    end.exit_code = exit_code(exchange->outcome());
    end.message = exchange->answer().message_json();
    return end;
  }
  end.exit_code = exit_code(*exchange->error());
  if (exchange->error()->errc == Errc::cancelled) {
    const Signals::Seen seen = signals_.seen();
    if (seen.terminations > before.terminations)
      end.exit_code = kTerminated;
    else if (seen.interrupts == before.interrupts && printer.gone())
      end.exit_code = 0;  // whoever read our output has left
  }
  return end;
}

}  // namespace orthink::cli
