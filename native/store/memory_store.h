// MemoryStore: a Store that lives as long as the process.
//
// Thread rule: any thread; one lock.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "native/store/store.h"

namespace orthink {

class MemoryStore : public Store {
 public:
  StoreReply apply(const StoreBatch& batch) override;
  Result<std::optional<StoredRow>> row(const std::string& key) override;
  Result<void> rows(const RowQuery& query, const OnRow& on_row) override;
  Result<std::vector<int64_t>> counters(const std::vector<std::string>& keys) override;
  Result<std::vector<int64_t>> rates(const std::vector<std::string>& keys) override;
  Result<int64_t> mark(const std::string& key) override;
  Result<void> all_counters(const OnCounter& on_counter) override;
  Result<std::optional<std::string>> document(const std::string& key, Instant at) override;
  Result<Texts> documents(std::string_view prefix, Instant at) override;
  Result<std::vector<std::string>> accounts() override;
  Result<void> journal(const std::string& account, uint64_t from, const OnLine& on_line) override;
  Result<Instant> now() override;
  Result<void> check() override { return {}; }

 private:
  std::vector<std::string> lines_at(const std::string& account, uint64_t number);  // so many at a time

  std::mutex mutex_;
  MemoryTable table_;
};

}  // namespace orthink
