// RedisStore: a Store on a Redis (or Valkey) server, for programs on several machines.
//
//   Result<std::unique_ptr<RedisStore>> store = RedisStore::open("redis+unix:/run/redis/redis.sock");
//   StoreReply reply = (*store)->apply(batch);
//
// A batch is one Lua script, applied by the server in one step (redis_script). open() refuses a server that redis_facts does not find
// fit, a database in another format, and settings under which an answered batch may be lost: `appendonly yes` and `appendfsync always`
// are needed. Every connection looks, and check() does; where the server does not let its user ask CONFIG, only at appendonly. Replicas
// are not waited for: what a failover can lose is met by the epoch.
// Epoch: the database holds the run_id of the server it was last accepted on. After a restart or failover they differ; then no batch is
// applied, by anyone, until the counters that follow from the rows have been recomputed (ledger/rederive) and written with the new
// epoch in one step. open() and apply() do that by themselves and wait for it; while it cannot be done (a row cannot be read) apply()
// answers `unavailable` with the reason. Reads are answered meanwhile.
// A server that comes back without any data is refused as long as the store lives; opened anew it cannot be told from a new one.
// A document that has expired is removed by a later batch, a day or more after its expiry.
// Batches that wait go to the server together and share one sync of its log. Connections: at most 16, opened as threads need them. One
// that is lost in a command makes the calls on it fail and is opened anew by the next; no command is sent twice.
// Errors are Errc::store_unavailable. Thread rule: any thread; a call waits while all connections are taken. on_row, on_counter and
// on_line may call the same store. Lifetime: the process does not fork after open(); the child's calls are refused.
#pragma once

#include <sys/types.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "native/store/redis_connection.h"
#include "native/store/redis_facts.h"
#include "native/store/store.h"

namespace orthink {

class RedisStore : public Store {
 public:
  // Errc::invalid_config for a URL of another form.
  static Result<std::unique_ptr<RedisStore>> open(std::string_view url);
  ~RedisStore() override;
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  StoreReply apply(const StoreBatch& batch) override;
  Result<std::optional<StoredRow>> row(const std::string& key) override;
  // Not one snapshot, unless the query asks for open states only or by due time. No row is left out or handed over twice.
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
  // An error names the first of: an epoch that waits to be accepted, rows and their index of another size, settings under which
  // an answered batch may be lost.
  Result<void> check() override;

 private:
  struct Link;
  class Lease;
  using Words = RedisConnection::Words;
  using Rows = std::vector<std::pair<std::string, StoredRow>>;
  enum class Script : uint8_t { apply, claim, accept, read_rows, read_documents };

  explicit RedisStore(RedisAddress address);
  Result<std::unique_ptr<Link>> connect();
  Result<void> load_scripts(Link& link);
  Result<void> claim(Link& link);
  Result<Lease> lease();
  void give_back(std::unique_ptr<Link> link);
  [[nodiscard]] Error refused(std::string_view words) const;

  // An answer that is an error becomes an Error, and the link is not used again; but for that of a script the server does not know.
  Result<RedisAnswer> taken(Link& link, Result<RedisAnswer> answer) const;
  Result<RedisAnswer> ask(Link& link, const Words& words);
  Result<RedisAnswer> run(Link& link, Script script, const Words& keys, const Words& arguments);
  // The same on a connection of its own.
  Result<RedisAnswer> ask(const Words& words);
  Result<RedisAnswer> run(Script script, const Words& keys, const Words& arguments);

  // One batch, together with those of other threads that wait.
  struct Waiting;
  Result<StoreReply> apply_together(const StoreBatch& batch);
  Result<std::vector<Result<RedisAnswer>>> apply_all(const std::vector<Waiting*>& round);

  Result<std::vector<int64_t>> integers(const char* hash, const std::vector<std::string>& keys);
  Result<Rows> read_rows(Link& link, const char* index, const Words& arguments);
  Result<Rows> rows_in(const char* index, const Words& arguments);
  Result<void> recover();
  Result<Words> recovered_counters(Link& link);
  Result<void> check_durability(Link& link, const RedisFacts& facts);

  const RedisAddress address_;
  const pid_t process_;
  std::array<std::string, 5> digests_;  // by which the server knows the scripts; written by open() only
  bool was_claimed_ = false;            // likewise
  std::mutex recovery_;                 // one recovery at a time
  std::mutex round_;                    // of the three below
  std::condition_variable round_over_;
  std::vector<Waiting*> waiting_;
  int rounds_ = 0;    // on their way
  std::mutex mutex_;  // of all below
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Link>> idle_;
  size_t in_use_ = 0;
  uint64_t losses_ = 0;  // how often connections were lost; those of before are not used again
};

}  // namespace orthink
