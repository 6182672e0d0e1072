#include "native/call/upkeep.h"

#include <utility>

#include "native/connection_probe.h"
#include "native/money/due.h"
#include "native/money/seals.h"

namespace orthink {
namespace {

constexpr Duration kKeyDeadline = Duration::seconds(10);

}  // namespace

Upkeep::~Upkeep() {
  stop_.notify();
  if (thread_.joinable()) thread_.join();
}

void Upkeep::begin() {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void Upkeep::look_now() {
  sooner_.notify();
}

std::optional<Error> Upkeep::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

uint64_t Upkeep::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

void Upkeep::run() {
  const int stop[] = {stop_.fd()};
  const int fds[] = {stop_.fd(), sooner_.fd()};
  for (Duration pause = kFirst;; pause = kEvery) {
    static_cast<void>(wait_readable(fds, now() + pause));
    if (wait_readable(stop, Instant::zero())) return;
    sooner_.drain();
    round();
  }
}

void Upkeep::round() {
  std::optional<Error> error = asked_and_sealed();
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(error);
}

std::optional<Error> Upkeep::asked_and_sealed() {
  const Result<Upstream> upstream = desk_.upstream();
  if (!upstream) return std::nullopt;  // whoever wants to buy is told
  ask_about_key(*upstream);
  std::shared_ptr<Book> book = desk_.book_at_hand();
  if (!book) {
    Result<std::shared_ptr<Book>> passing = desk_.passing_book();
    if (!passing) return note("open", passing.error());
    book = std::move(*passing);
  }
  if (!book) return std::nullopt;
  std::optional<Error> error;
  const Reconciled asked =
      reconcile_due(book->store(), *upstream->client, {.until = Instant::never(), .stop_fd = stop_.fd(), .on_verdict = {}});
  if (asked.error) error = note("reconcile", *asked.error);
  const Result<Sealed> sealed = seal_journals(book->store(), kSealLinesMin);
  if (!sealed) error = note("seal", sealed.error());
  return error;
}

void Upkeep::ask_about_key(const Upstream& upstream) {
  if (!desk_.key_refusal()) return;
  const Result<ConnectionProbe> probe = probe_connection(*upstream.client, now() + kKeyDeadline, stop_.fd());
  const bool is_unheard = !probe && !probe.error().http_status && probe.error().errc != Errc::malformed_response;
  if (is_unheard) return;
  // Not every upstream can be asked this: one that answers anything else is believed until it refuses a call again.
  const bool is_refused = !probe && probe.error().errc == Errc::upstream_auth;
  desk_.judge_key(upstream.key_id, is_refused ? std::optional(probe.error()) : std::nullopt);
}

std::optional<Error> Upkeep::note(std::string_view what, const Error& error) {
  const int stop[] = {stop_.fd()};
  if (wait_readable(stop, Instant::zero())) return std::nullopt;  // it was told to end
  {
    const std::lock_guard lock(mutex_);
    ++failures_;
  }
  if (log_ != nullptr)
    log_->write(observe::LogLevel::warn, "upkeep_failed", {{"what", what}, {"error", error.code}, {"message", error.message}});
  Error named = error;
  named.message = "upkeep of the ledger: " + error.message;
  return named;
}

}  // namespace orthink
