// Store: where holds, counters, documents and the journal live. What applying a batch means is ledger/batch; the reference is
// ledger/memory_table; tests/golden/store and the differential test hold every store to it.
//
//   Result<std::unique_ptr<Store>> store = open_store("sqlite:ledger.db");
//   StoreReply reply = (*store)->apply(batch);
//
// A batch marked durable is on disk before apply() returns, where there is a disk. A store that cannot answer says `unavailable`
// with its own words in found_text, and may have applied the batch or not: what came of it is read, never assumed.
// Reads see every batch whose apply() returned before they began. Errors are Errc::store_unavailable, with a remedy.
// Thread rule: any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/ledger/batch.h"
#include "orthink/ledger/memory_table.h"

namespace orthink {

// Rows that match all of what is given.
struct RowQuery {
  std::vector<HoldState> states;      // empty: every state; a row whose state cannot be read is then an error that names it
  Instant since = Instant::zero();    // created at or after
  Instant until = Instant::never();   // created before
  Instant due_by = Instant::never();  // due at or before; never() = whenever
};

class Store {
 public:
  using OnRow = std::function<bool(const std::string& key, const StoredRow& row)>;              // false: enough
  using OnCounter = std::function<bool(const std::string& key, int64_t value)>;
  using OnLine = std::function<bool(uint64_t number, const std::string& line)>;                  // numbers from 1
  using Texts = std::vector<std::pair<std::string, std::string>>;

  virtual ~Store() = default;
  // The reply carries the batch's ticket.
  virtual StoreReply apply(const StoreBatch& batch) = 0;

  virtual Result<std::optional<StoredRow>> row(const std::string& key) = 0;
  virtual Result<void> rows(const RowQuery& query, const OnRow& on_row) = 0;                     // oldest first, then by key
  virtual Result<std::vector<int64_t>> counters(const std::vector<std::string>& keys) = 0;       // 0 when never added to
  virtual Result<std::vector<int64_t>> rates(const std::vector<std::string>& keys) = 0;          // arrival times in us; 0 when never used
  virtual Result<int64_t> mark(const std::string& key) = 0;                                      // 0 when never raised
  virtual Result<void> all_counters(const OnCounter& on_counter) = 0;                            // by key
  virtual Result<std::optional<std::string>> document(const std::string& key, Instant at) = 0;
  virtual Result<Texts> documents(std::string_view prefix, Instant at) = 0;                      // by key
  virtual Result<std::vector<std::string>> accounts() = 0;                                       // that have a journal, by name
  virtual Result<void> journal(const std::string& account, uint64_t from, const OnLine& on_line) = 0;
  // The clock that windows are taken from: the server's where the store is shared by machines, else the system's.
  virtual Result<Instant> now() = 0;
  // Whether what is stored can be read and is whole, in the store's own way.
  virtual Result<void> check() = 0;
};

// Errc::store_unavailable that somebody has to see to before another try helps; one that is away or busy may be asked again later.
Error unusable_store(std::string message, std::string remedy);

// "memory:", "sqlite:PATH", "redis://[USER:PASSWORD@]HOST[:PORT][/DB]" or "redis+unix:PATH". Errc::invalid_config for another form;
// Errc::store_unavailable when it cannot be opened.
Result<std::unique_ptr<Store>> open_store(std::string_view url);

}  // namespace orthink
