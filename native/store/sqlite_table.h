// SqliteTable: applies a batch inside a transaction that stands (ledger/batch). What is refused leaves nothing.
//
//   database.execute("BEGIN IMMEDIATE");
//   StoreReply reply = table.apply(batch);
//   database.execute("COMMIT");   // only now is the reply true
//
// Failures stay in the database; a reply is worth nothing while it has failed.
// Lifetime: the database outlives it. Thread rule: that of the database.
#pragma once

#include "native/store/sqlite_database.h"
#include "orthink/ledger/batch.h"

namespace orthink {

class SqliteTable {
 public:
  explicit SqliteTable(SqliteDatabase& database);
  StoreReply apply(const StoreBatch& batch);

 private:
  bool apply_lines(const StoreBatch& batch, StoreReply& reply);
  bool raise(const MarkRaise& mark, StoreReply& reply);
  bool write(const DocumentWrite& document, Instant at, StoreReply& reply);
  bool write(const RowWrite& row, StoreReply& reply);
  bool add(const GuardedAddition& addition, StoreReply& reply);
  bool update(const RateUpdate& rate, Instant at, StoreReply& reply);
  int64_t counter(const std::string& key);

  SqliteDatabase& database_;
  SqliteStatement begin_, keep_, undo_;
  SqliteStatement mark_, put_mark_;
  SqliteStatement document_, put_document_, remove_document_, sweep_;
  SqliteStatement state_, put_row_;
  SqliteStatement counter_, put_counter_;
  SqliteStatement rate_, put_rate_;
  SqliteStatement append_;
};

namespace sqlite {
// The state that a row's column names; a name that is none is noted, with the row's key.
HoldState state_of(SqliteDatabase& database, const std::string& key, const std::string& text);
}  // namespace sqlite

}  // namespace orthink
