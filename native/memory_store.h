// MemoryStore: a Store that lives as long as the process.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "native/store.h"

namespace orthink {

struct StoredRow {
  HoldState state = HoldState::none;
  NanoUsd bound;
  NanoUsd actual;
  bool is_exact = false;
  std::string generation_id;
};

class MemoryStore : public Store {
 public:
  StoreReply apply(const StoreBatch& batch) override;
  [[nodiscard]] std::optional<StoredRow> row(const std::string& key) const;
  [[nodiscard]] int64_t counter(const std::string& key) const;  // 0 when never added to

 private:
  mutable std::mutex mutex_;
  std::map<std::string, StoredRow> rows_;
  std::map<std::string, int64_t> counters_;
};

}  // namespace orthink
