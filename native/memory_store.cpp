#include "native/memory_store.h"

namespace orthink {
namespace {

StoreReply refuse(const StoreBatch& batch, StoreReply::Verdict verdict, const std::string& key) {
  return {batch.ticket, verdict, key};
}

StoredRow written(const RowWrite& write) {
  return {write.to, write.bound, write.actual, write.is_exact, write.generation_id};
}

}  // namespace

StoreReply MemoryStore::apply(const StoreBatch& batch) {
  const std::lock_guard lock(mutex_);
  // Staged apart, so that a batch sees its own earlier lines and leaves nothing when it is refused.
  std::map<std::string, StoredRow> rows;
  for (const RowWrite& write : batch.rows) {
    HoldState state = HoldState::none;
    if (const auto staged = rows.find(write.key); staged != rows.end())
      state = staged->second.state;
    else if (const auto kept = rows_.find(write.key); kept != rows_.end())
      state = kept->second.state;
    if (state != write.from) return refuse(batch, StoreReply::Verdict::row_conflict, write.key);
    rows[write.key] = written(write);
  }
  std::map<std::string, int64_t> sums;
  for (const GuardedAddition& addition : batch.additions) {
    const auto staged = sums.find(addition.key);
    const auto kept = counters_.find(addition.key);
    const int64_t before = staged != sums.end() ? staged->second : kept != counters_.end() ? kept->second : 0;
    int64_t after = 0;
    const bool overflows = __builtin_add_overflow(before, addition.add_nano, &after);
    if (overflows || (addition.limit_nano >= 0 && after > addition.limit_nano)) {
      return refuse(batch, StoreReply::Verdict::guard_failed, addition.key);
    }
    sums[addition.key] = after;
  }
  for (auto& [key, row] : rows) rows_[key] = std::move(row);
  for (const auto& [key, sum] : sums) counters_[key] = sum;
  return {batch.ticket, StoreReply::Verdict::applied, {}};
}

std::optional<StoredRow> MemoryStore::row(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto kept = rows_.find(key);
  if (kept == rows_.end()) return std::nullopt;
  return kept->second;
}

int64_t MemoryStore::counter(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto kept = counters_.find(key);
  return kept == counters_.end() ? 0 : kept->second;
}

}  // namespace orthink
