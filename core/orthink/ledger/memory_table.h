// MemoryTable: a store's contents as ordered maps, and the reference of what applying a batch means (ledger/batch).
//
//   MemoryTable table;
//   StoreReply reply = table.apply(batch);
//   for (const auto& [key, row] : table.rows()) ...
//
// Pure: the memory store of every host is this with a lock; the other stores are tested against it.
// Thread rule: one thread at a time. References returned live until the next apply().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orthink/ledger/batch.h"

namespace orthink {

// A row as a store keeps it.
struct StoredRow {
  HoldState state = HoldState::none;
  std::string account;
  std::string epoch;
  Instant created;
  Instant due = Instant::never();
  std::string record;
  bool operator==(const StoredRow&) const = default;
};

struct StoredDocument {
  std::string text;
  Instant expires = Instant::never();
  bool operator==(const StoredDocument&) const = default;
};

class MemoryTable {
 public:
  StoreReply apply(const StoreBatch& batch);

  [[nodiscard]] const std::map<std::string, StoredRow>& rows() const { return rows_; }
  [[nodiscard]] const std::map<std::string, int64_t>& counters() const { return counters_; }
  [[nodiscard]] const std::map<std::string, int64_t>& rates() const { return rates_; }   // theoretical arrival times, microseconds
  [[nodiscard]] const std::map<std::string, int64_t>& marks() const { return marks_; }
  [[nodiscard]] const std::map<std::string, StoredDocument>& documents() const { return documents_; }
  // Lines of an account in their order; the first has number 1.
  [[nodiscard]] const std::vector<std::string>& journal(const std::string& account) const;
  [[nodiscard]] const std::map<std::string, std::vector<std::string>>& journals() const { return journals_; }
  [[nodiscard]] int64_t counter(const std::string& key) const;  // 0 when never added to
  bool operator==(const MemoryTable&) const = default;

 private:
  struct Staged;
  std::map<std::string, StoredRow> rows_;
  std::map<std::string, int64_t> counters_;
  std::map<std::string, int64_t> rates_;
  std::map<std::string, int64_t> marks_;
  std::map<std::string, StoredDocument> documents_;
  std::map<std::string, std::vector<std::string>> journals_;
};

}  // namespace orthink
