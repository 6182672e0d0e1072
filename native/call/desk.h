// Desk: what buys, shared by all calls of a process: the configuration, the upstream client with its key, the book and the catalogue.
//
//   Desk desk(config);
//   Result<Till> till = desk.open();      // the key, the ledger, the catalogue; each is looked for when it is first needed
//   Exchange::open(now, ask, till->catalogue->catalog, options);
//
// Nothing is opened, loaded or asked for before a call needs it, so that a program can begin without a key and say so in its answer.
// Thread rule: any thread. One opens at a time; the others wait for what it opens, or go on with what there is.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "native/catalogue_cache.h"
#include "native/config.h"
#include "native/http_client.h"
#include "native/money/book.h"
#include "orthink/base/result.h"

namespace orthink {

struct Upstream {
  std::shared_ptr<HttpClient> client;
  std::string key_id;  // a fingerprint of the key, which names its scope
};

// What one call buys with. It stays as it was while the call runs, whatever is read anew meanwhile.
struct Till {
  std::shared_ptr<const Config> config;
  Upstream upstream;
  std::shared_ptr<Book> book;
  std::shared_ptr<const Catalogue> catalogue;
};

class Desk {
 public:
  explicit Desk(Config config);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // Everything a paid call needs. Opens the book once: where this machine's clock is in doubt the upstream's decides. Fetches a catalogue
  // that is older than a day; while one call fetches, others go on with the one there is. Errc::key_missing, store_unavailable,
  // clock_refused, what a fetch ends with, and cancelled when `stop_fd` (negative: none) becomes readable.
  Result<Till> open(int stop_fd = -1);

  // The key and its client, found at the first use.
  Result<Upstream> upstream();
  // The newest that is known without asking anybody, to plan with: that of the last open(), else the cache file, which is read at most once
  // a minute, else the compiled-in snapshot.
  std::shared_ptr<const Catalogue> catalogue_at_hand();
  // A fetched one, whatever the age of the one there is.
  Result<std::shared_ptr<const Catalogue>> refresh_catalogue(int stop_fd = -1);
  // The store to look into, without an epoch: that of the book once it is open, else one of its own.
  Result<std::shared_ptr<Store>> store();
  // A book for as long as it is held, where an existing ledger has rows that nobody has ended: opening it takes in what dead processes left.
  // Its clock need not be proven: nothing is bought with it. Null: no row is open, or there is no ledger yet. Errors as of Book::open.
  Result<std::shared_ptr<Book>> passing_book();
  // The book if it is open, and nothing else.
  std::shared_ptr<Book> book_at_hand();
  std::shared_ptr<const Config> config();

  // Reads the key anew and takes `fresh` for limits, deadlines and the place of the key; base URL and store stay those of the start.
  // Running calls end on the client they began with. When no key can be read, the one there is stays, and the Error says why.
  Result<void> reread(Config fresh);

  // Whether the upstream took the key of this fingerprint (empty: the one there is): nothing, where something went well with it, else what
  // went wrong. A refusal of the key is remembered until that key does well, is read anew or is replaced; other errors say nothing of
  // it, nor does what a provider says of another key. True: it is refused, and was not before.
  bool judge_key(const std::string& key_id, const std::optional<Error>& error);
  // The refusal that is remembered.
  std::optional<Error> key_refusal();

 private:
  Result<Upstream> find_upstream(const Config& config);
  Result<void> need_book(const Upstream& upstream, int stop_fd);
  bool has_good_catalogue();
  Result<void> need_catalogue(const Upstream& upstream, int stop_fd);
  Result<std::shared_ptr<Book>> book_by_upstream_clock(const Error& refusal, const Upstream& upstream, int stop_fd);
  void keep(Catalogue catalogue);
  std::shared_ptr<const Catalogue> catalogue_to_buy_with();  // null: none was fetched, or read while it was fresh
  std::shared_ptr<Store> store_at_hand();

  // One opens or fetches at a time. Taking a turn waits for it: false when `stop_fd` became readable.
  class Turn;
  bool take_turn(int stop_fd);
  void end_turn();
  // What whoever had the turn failed with, when that was while we waited for it: it is not tried once more for each who waits.
  [[nodiscard]] std::optional<Error> failed_since(Instant asked);
  Error failed(const Error& error);

  const Config first_;  // of the start
  std::mutex mutex_;    // of what stands below
  std::condition_variable turn_over_;
  bool has_turn_ = false;
  size_t waiting_ = 0;            // for the turn
  std::optional<Error> failure_;  // of the last turn
  Instant failed_at_;
  std::shared_ptr<const Config> config_;
  std::optional<Upstream> upstream_;
  std::optional<Error> key_refusal_;  // of its key
  std::shared_ptr<Book> book_;
  std::shared_ptr<Store> store_;
  std::shared_ptr<const Catalogue> catalogue_;  // to buy with
  Instant fetch_again_;  // not before: an upstream that is down is not asked at each call

  std::mutex store_mutex_;    // held while a store is opened to look into
  std::mutex offline_mutex_;  // held while a catalogue is read to plan with; of what stands below
  std::shared_ptr<const Catalogue> offline_;
  Instant offline_until_;
};

}  // namespace orthink
