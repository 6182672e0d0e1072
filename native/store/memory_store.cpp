#include "native/store/memory_store.h"

#include <algorithm>
#include <span>

#include "native/system.h"

namespace orthink {
namespace {

constexpr size_t kLinesAtOnce = 1'024;

bool matches(const RowQuery& query, const StoredRow& row) {
  const bool has_state = query.states.empty() || std::find(query.states.begin(), query.states.end(), row.state) != query.states.end();
  const bool is_due = query.due_by.is_never() || row.due <= query.due_by;
  return has_state && is_due && row.created >= query.since && (query.until.is_never() || row.created < query.until);
}

std::vector<int64_t> values_of(const std::map<std::string, int64_t>& all, const std::vector<std::string>& keys) {
  std::vector<int64_t> values;
  for (const std::string& key : keys) {
    const auto found = all.find(key);
    values.push_back(found == all.end() ? 0 : found->second);
  }
  return values;
}

}  // namespace

StoreReply MemoryStore::apply(const StoreBatch& batch) {
  const std::lock_guard lock(mutex_);
  return table_.apply(batch);
}

Result<std::optional<StoredRow>> MemoryStore::row(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = table_.rows().find(key);
  if (found == table_.rows().end()) return std::optional<StoredRow>();
  return std::optional<StoredRow>(found->second);
}

Result<void> MemoryStore::rows(const RowQuery& query, const OnRow& on_row) {
  std::vector<std::pair<std::string, StoredRow>> found;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, row] : table_.rows())
      if (matches(query, row)) found.emplace_back(key, row);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.second.created < b.second.created; });
  for (const auto& [key, row] : found)
    if (!on_row(key, row)) break;
  return {};
}

Result<std::vector<int64_t>> MemoryStore::counters(const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  return values_of(table_.counters(), keys);
}

Result<std::vector<int64_t>> MemoryStore::rates(const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  return values_of(table_.rates(), keys);
}

Result<int64_t> MemoryStore::mark(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return values_of(table_.marks(), {key}).front();
}

Result<void> MemoryStore::all_counters(const OnCounter& on_counter) {
  std::map<std::string, int64_t> counters;
  {
    const std::lock_guard lock(mutex_);
    counters = table_.counters();
  }
  for (const auto& [key, value] : counters)
    if (!on_counter(key, value)) break;
  return {};
}

Result<std::optional<std::string>> MemoryStore::document(const std::string& key, Instant at) {
  const std::lock_guard lock(mutex_);
  const auto found = table_.documents().find(key);
  if (found == table_.documents().end() || found->second.expires <= at) return std::optional<std::string>();
  return std::optional<std::string>(found->second.text);
}

Result<Store::Texts> MemoryStore::documents(std::string_view prefix, Instant at) {
  const std::lock_guard lock(mutex_);
  Texts texts;
  for (auto it = table_.documents().lower_bound(std::string(prefix)); it != table_.documents().end() && it->first.starts_with(prefix); ++it)
    if (it->second.expires > at) texts.emplace_back(it->first, it->second.text);
  return texts;
}

Result<std::vector<std::string>> MemoryStore::accounts() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, lines] : table_.journals()) names.push_back(name);
  return names;
}

Result<void> MemoryStore::journal(const std::string& account, uint64_t from, const OnLine& on_line) {
  for (uint64_t number = std::max<uint64_t>(from, 1);;) {
    const std::vector<std::string> lines = lines_at(account, number);
    for (const std::string& line : lines)
      if (!on_line(number++, line)) return {};
    if (lines.size() < kLinesAtOnce) return {};
  }
}

std::vector<std::string> MemoryStore::lines_at(const std::string& account, uint64_t number) {
  const std::lock_guard lock(mutex_);
  const std::span<const std::string> all(table_.journal(account));
  const auto found = all.subspan(std::min<uint64_t>(number - 1, all.size()));
  const auto slice = found.first(std::min(found.size(), kLinesAtOnce));
  return {slice.begin(), slice.end()};
}

Result<Instant> MemoryStore::now() { return wall_now(); }

}  // namespace orthink
