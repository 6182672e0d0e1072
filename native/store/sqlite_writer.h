// SqliteWriter: the one connection of a process that writes to a file. The first caller to find it free applies all batches that wait
// in one transaction, and answers them after its commit; no thread of its own, which a short-lived process would pay for.
//
// When SQLite fails, every batch of the transaction is `unavailable` in SQLite's words. After a failed fsync what is on disk is no
// longer known: from then on every batch is, until the store is opened anew.
// Thread rule: apply() from any thread; no apply() is under way when it is destroyed.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "native/store/sqlite_database.h"
#include "native/store/sqlite_table.h"
#include "orthink/ledger/batch.h"

namespace orthink {

class SqliteWriter {
 public:
  // `database` is prepared, and used by nobody else from now on. `is_normal_sync_only`: durable batches are not synced, for tests.
  SqliteWriter(std::unique_ptr<SqliteDatabase> database, bool is_normal_sync_only);
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  StoreReply apply(const StoreBatch& batch);
  // Runs `body` on the connection if nobody has it; false: somebody has, and nothing ran. Batches wait meanwhile, so `body` is short, calls
  // no apply(), and leaves neither a transaction nor a failure behind.
  bool while_idle(const std::function<void(SqliteDatabase&)>& body);

 private:
  struct Waiting {
    const StoreBatch* batch;
    StoreReply reply;
    bool is_done = false;
  };
  using Group = std::vector<Waiting*>;

  void lead(std::unique_lock<std::mutex>& lock);
  void commit(const Group& group);
  void refuse(const Group& group, const std::string& words);
  void sync_for(const Group& group);
  void checkpoint();
  void break_on_lost_sync();
  static int on_commit(void* self, sqlite3* database, const char* name, int frames);

  std::mutex mutex_;
  std::condition_variable over_;  // a commit is, or the connection is free again
  Group queue_;
  bool is_led_ = false;  // one caller has the connection, and all that stands below

  std::unique_ptr<SqliteDatabase> database_;
  SqliteTable table_;
  bool is_normal_sync_only_;
  bool is_full_sync_ = true;
  int frames_ = 0;          // in the write-ahead log after the last commit
  std::string lost_words_;  // not empty after a failed fsync
};

}  // namespace orthink
