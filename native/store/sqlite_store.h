// SqliteStore: a Store in one SQLite file (3.37 or later), for the processes of one machine.
//
//   Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open({"ledger.db"});
//   StoreReply reply = (*store)->apply(batch);
//
// Write-ahead log; batches that wait share a commit, which is synced when one of them is durable. Any number of processes, and of
// stores in one, may have the file open; a lock is waited for up to `busy`. A ledger that is made has mode 0600 and missing folders
// 0700; of one that is there, and what SQLite keeps beside it, others lose their access. What is no ledger is refused and stays as it
// is, so is a file that is read-only, or on a network file system.
// Lifetime: the process does not fork after open(); the child's calls are refused. on_row, on_counter and on_line may call apply()
// but no read of the same store.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "native/store/sqlite_database.h"
#include "native/store/sqlite_writer.h"
#include "native/store/store.h"

namespace orthink {

struct SqliteOptions {
  std::string path;
  std::string vfs = {};                     // empty: the system's; another one makes its own file
  bool is_normal_sync_only = false;         // for tests: nothing is durable
  Duration busy = Duration::seconds(5);
};

class SqliteStore : public Store {
 public:
  // Errc::store_unavailable with advice: a folder or file that cannot be written, a damaged file, another program's, a newer one's.
  // That of check_path() too.
  static Result<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options);
  // Whether the path names a file: Errc::invalid_config for what only SQLite gives a meaning, ":memory:" and "file:URI".
  static Result<void> check_path(const std::string& path);

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
  Result<void> check() override;  // the whole file: takes as long as reading it

 private:
  SqliteStore(SqliteOptions options, std::unique_ptr<SqliteDatabase> database);
  Result<std::vector<int64_t>> integers(std::string_view sql, const std::vector<std::string>& keys);
  Result<void> open_reader();
  // In one view of the file. `read_soon`: of few rows, by a body that calls back nobody; on the writer's connection when it is idle.
  template <class Body>
  Result<void> read(const Body& body);
  template <class Body>
  Result<void> read_soon(const Body& body);

  SqliteOptions options_;
  pid_t process_;
  std::mutex mutex_;
  SqliteWriter writer_;
  std::unique_ptr<SqliteDatabase> reader_;  // when one was needed; goes first: who closes last moves the log into the file, which a reader cannot
};

}  // namespace orthink
