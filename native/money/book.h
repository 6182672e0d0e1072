// Book: the ledger as the program uses it: the store that is configured, who pays, what they may, and what dead processes left.
//
//   Result<std::unique_ptr<Book>> book = Book::open(config);
//   Result<LedgerOptions> options = (*book)->options_for(payers(config, ask, key));
//   ... Exchange::open(now, ask, catalog, {.ledger = *options}); drive(exchange, world, (*book)->store(), audience);
//
// Opening takes an epoch of its own (native/money/epoch), settles what epochs that are dead have left (native/money/recovery) and
// refuses a clock that cannot be trusted (native/money/clock_guard). It fails closed: without a book no paid call is made.
// Thread rule: open() and the destructor on one thread; the rest from any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "native/config.h"
#include "native/store/store.h"
#include "orthink/chat/ask.h"
#include "orthink/exchange/exchange.h"
#include "orthink/ledger/scope.h"

namespace orthink {

// The scopes a call is charged to, global first: tenant, user (without one: config "user"), key and session.
// `key_id` is a fingerprint of the upstream key (never the key); empty: no such scope.
std::vector<Scope> payers(const Config& config, const Ask& ask, const std::string& key_id);

class Book {
 public:
  static Result<std::unique_ptr<Book>> open(const Config& config);
  ~Book();  // gives the epoch back
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  // Limits are read from the store each time, so that `budget set` is heeded by the next call of every process.
  Result<LedgerOptions> options_for(const std::vector<Scope>& payers);

 private:
  Book(const Config& config, std::unique_ptr<Store> store);
  Config config_;
  std::unique_ptr<Store> store_;
  std::string epoch_;
};

}  // namespace orthink
