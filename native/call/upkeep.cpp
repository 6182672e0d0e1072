#include "native/call/upkeep.h"

#include "native/money/due.h"
#include "native/money/seals.h"

namespace orthink {

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

void Upkeep::run() {
  const int stop[] = {stop_.fd()};
  while (!wait_readable(stop, Instant::zero())) {
    round();
    const int fds[] = {stop_.fd(), sooner_.fd()};
    static_cast<void>(wait_readable(fds, now() + kEvery));
    sooner_.drain();
  }
}

void Upkeep::round() {
  const std::shared_ptr<Book> book = desk_.book_at_hand();
  const Result<Upstream> upstream = desk_.upstream();
  if (!book || !upstream) return;
  static_cast<void>(reconcile_due(book->store(), *upstream->client, {.until = Instant::never(), .stop_fd = stop_.fd(), .on_verdict = {}}));
  static_cast<void>(seal_journals(book->store(), kSealLinesMin));
}

}  // namespace orthink
