// TimedStore: a store, and telemetry that is told how long each batch took.
//
//   TimedStore store(book.store(), telemetry);
//
// Thread rule: that of the store. Both outlive it.
#pragma once

#include "native/observe/telemetry.h"
#include "native/store/store.h"

namespace orthink::observe {

class TimedStore : public Store {
 public:
  TimedStore(Store& store, Telemetry& telemetry) : store_(store), telemetry_(telemetry) {}

  StoreReply apply(const StoreBatch& batch) override;

  Result<std::optional<StoredRow>> row(const std::string& key) override { return store_.row(key); }
  Result<void> rows(const RowQuery& query, const OnRow& on_row) override { return store_.rows(query, on_row); }
  Result<std::vector<int64_t>> counters(const std::vector<std::string>& keys) override { return store_.counters(keys); }
  Result<std::vector<int64_t>> rates(const std::vector<std::string>& keys) override { return store_.rates(keys); }
  Result<int64_t> mark(const std::string& key) override { return store_.mark(key); }
  Result<void> all_counters(const OnCounter& on_counter) override { return store_.all_counters(on_counter); }
  Result<std::optional<std::string>> document(const std::string& key, Instant at) override { return store_.document(key, at); }
  Result<Texts> documents(std::string_view prefix, Instant at) override { return store_.documents(prefix, at); }
  Result<std::vector<std::string>> accounts() override { return store_.accounts(); }
  Result<void> journal(const std::string& account, uint64_t from, const OnLine& on_line) override {
    return store_.journal(account, from, on_line);
  }
  Result<Instant> now() override { return store_.now(); }
  Result<void> check() override { return store_.check(); }

 private:
  Store& store_;
  Telemetry& telemetry_;
};

}  // namespace orthink::observe
