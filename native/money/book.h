// Book: the ledger as the program uses it: the store that is configured, who pays, what they may, and what dead processes left.
//
//   Result<std::unique_ptr<Book>> book = Book::open(config);
//   Result<LedgerOptions> options = (*book)->options_for(payers(config, ask, key));
//   Result<Duration> ahead = (*book)->clock_ahead();
//   NativeWorld world(client, &signals, *ahead);
//   ... Exchange::open(world.now(), ask, catalog, {.ledger = *options}); drive(exchange, world, (*book)->store(), audience);
//
// Opening takes an epoch of its own (native/money/epoch), settles what epochs that are dead have left (native/money/recovery) and
// refuses a clock that cannot be trusted (native/money/clock_guard). It fails closed: without a book no paid call is made.
// Thread rule: open() and the destructor on one thread; the rest from any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/config.h"
#include "native/money/clock_guard.h"
#include "native/store/store.h"
#include "orthink/chat/ask.h"
#include "orthink/exchange/exchange.h"
#include "orthink/ledger/scope.h"

namespace orthink {

// The scopes a call is charged to, global first: tenant, user (without one: config "user"), key and session.
// `key_id` is a fingerprint of the upstream key (never the key); empty: no such scope.
std::vector<Scope> payers(const Config& config, const Ask& ask, const std::string& key_id);

// There is no folder for the default store, and none was named.
Error no_folder_for_ledger();

struct BookOptions {
  // This machine's clock minus the upstream's, where it is known. When it is small, a clock that was set since boot is believed again.
  std::optional<Duration> ahead_of_upstream;
  // Until the clock was compared with the upstream's once since this machine started, it may have been set meanwhile: whoever buys
  // must have it proven (a book in memory, without windows of before, excepted), and looks no more once the upstream tells no time.
  enum class Clock : uint8_t { unproven, must_be_proven, cannot_be_proven } clock = Clock::unproven;
};

class Book {
 public:
  static Result<std::unique_ptr<Book>> open(const Config& config, const BookOptions& options = {});
  static Result<std::unique_ptr<Book>> open(const Config& config, std::unique_ptr<Store> store, const BookOptions& options = {});
  ~Book();  // gives the epoch back
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  // Limits are read from the store each time, so that `budget set` is heeded by the next call of every process. The clock is looked at
  // each time too: Errc::clock_refused. `config`: for defaults newer than those the book was opened with.
  Result<LedgerOptions> options_for(const std::vector<Scope>& payers);
  Result<LedgerOptions> options_for(const std::vector<Scope>& payers, const Config& config);
  // How far the ledger's time is ahead of now(): a call takes its windows from the store's clock, and never from before the latest
  // reservation, so that no window is entered again.
  Result<Duration> clock_ahead();

 private:
  Book(const Config& config, std::unique_ptr<Store> store, const clock_guard::Anchor& anchor)
      : config_(config), store_(std::move(store)), anchor_(anchor) {}
  Config config_;
  std::unique_ptr<Store> store_;
  clock_guard::Anchor anchor_;
  std::string epoch_;
};

}  // namespace orthink
