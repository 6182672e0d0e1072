#include "native/cli/call.h"

#include <algorithm>
#include <utility>

#include "native/cli/call_audience.h"
#include "native/cli/call_less.h"
#include "native/money/due.h"
#include "native/money/seals.h"
#include "orthink/exchange/exit_code.h"
#include "orthink/exchange/last_event.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {
namespace {

constexpr int kTerminated = 143;
constexpr uint64_t kSealsEvery = 32;                // calls
constexpr Duration kDueFor = Duration::seconds(2);  // after a call, for others of unknown outcome

CallEnd end_of(const std::string& replayed) {
  const Result<LastEvent> event = read_last_event(replayed);
  CallEnd end{exit_code(event), {}};
  if (event && !event->error) end.message = event->message;
  return end;
}

// Prints the turns of a call.
class Screen : public Customer {
 public:
  Screen(const CallShow& show, Printer& printer) : show_(show), printer_(printer) {}
  std::unique_ptr<TurnAudience> attend(const Exchange&, NativeWorld& world) override {
    if (show_.json) return std::make_unique<JsonAudience>(printer_, world);
    return std::make_unique<TextAudience>(printer_, world, show_.thinking);
  }

 private:
  const CallShow& show_;
  Printer& printer_;
};

}  // namespace

int refuse_call(const Ask& ask, const Error& error, bool json, Printer& printer) {
  if (!json) return printer.fail(error, false);
  printer.line(render::failed(render::Position::first, error, refusal_receipt(ask, random_id("call-"))));
  printer.flush();
  return exit_code(error);
}

Result<std::unique_ptr<Caller>> Caller::create(const Config& config) {
  std::unique_ptr<Caller> caller(new Caller(config));
  if (Result<Upstream> upstream = caller->desk_.upstream(); !upstream) return upstream.error();
  return caller;
}

void Caller::warn_once(Printer& printer) {
  const std::shared_ptr<const Catalogue> catalogue = desk_.catalogue_at_hand();
  if (std::exchange(warned_of_, catalogue) == catalogue || !catalogue->warning) return;
  printer.talk(printer.styled_err(Style::yellow, "warning: ") + harmless(*catalogue->warning));
}

bool Caller::wait_for_input(int fd) {
  const Signals::Seen before = signals_.seen();
  signals_.drain();
  const int fds[] = {fd, signals_.fd()};
  wait_readable(fds, Instant::never());
  const Signals::Seen after = signals_.seen();
  return after.interrupts == before.interrupts && after.terminations == before.terminations;
}

CallEnd Caller::end_of(const Bought& bought, const Signals::Seen& before, const Printer& printer) const {
  if (!bought.replayed.empty()) return orthink::cli::end_of(bought.replayed);
  const Exchange& exchange = *bought.exchange;
  CallEnd end;
  if (!exchange.error()) {
    end.exit_code = exit_code(exchange.outcome());
    end.message = exchange.answer().message_json();
    return end;
  }
  end.exit_code = exit_code(*exchange.error());
  if (bought.is_cancelled()) {
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
  // Opened here first, so that its warning stands before the call's own lines.
  if (Result<Till> till = desk_.open(signals_.fd()); !till) return refuse(till.error());
  warn_once(printer);
  const Signals::Seen before = signals_.seen();
  Screen screen(show, printer);
  const Spelling* spelling = show.json ? nullptr : &kTyped;
  const Bought bought = buy(desk_, ask, {.idempotency_key = show.idempotency_key, .signals = &signals_, .spelling = spelling}, screen);
  printer.flush();
  if (bought.refused) return refuse(show.json ? *bought.refused : as_spoken(*bought.refused, now()));
  CallEnd end = end_of(bought, before, printer);
  if (show.json && printer.gone() && end.exit_code == 0) end.exit_code = 1;  // nobody has the line that tells how it ended
  if (!bought.is_cancelled()) tidy_up(bought);
  return end;
}

// Neither is this call's business: what fails here is taken up by whoever comes next. Four lines a call: seals come due every 64 calls.
void Caller::tidy_up(const Bought& bought) {
  Store& store = bought.till.book->store();
  if (entropy64() % kSealsEvery == 0) static_cast<void>(seal_journals(store, kSealLinesMin));
  static_cast<void>(reconcile_due(store, *bought.till.upstream.client, {.until = now() + kDueFor, .stop_fd = signals_.fd(), .on_verdict = {}}));
}

}  // namespace orthink::cli
