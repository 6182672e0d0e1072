// RedisStore: a Store on a Redis (or Valkey) server, for programs on several machines.
//
//   Result<std::unique_ptr<RedisStore>> store = RedisStore::open("redis+unix:/run/redis/redis.sock");
//   if (Result<bool> needed = (*store)->needs_rederive(); needed && *needed) (*store)->accept_epoch(recomputed);
//
// A batch is one Lua script, applied by the server in one step (redis_script). open() refuses a server older than 6, a replica, one
// that may evict keys (maxmemory without noeviction) and a database in another format. A batch is as durable as the server's
// settings make it, marked durable or not: `appendonly yes` and `appendfsync always` are needed, check() says when they are not
// set. Replicas are not waited for: what a failover can lose is met by the epoch.
// Epoch: the database holds the run_id of the server it was last accepted on. After a restart or failover they differ; then apply()
// answers `unavailable` until accept_epoch(), while every read is answered. A server that lost all its data and is opened anew
// cannot be told from a new one.
// A document that has expired is removed by a later batch, a day or more after its expiry.
// Connections: at most 16, opened as threads need them. One that is lost in a command makes that call fail and is opened anew by the
// next; no command is sent twice.
// Errors are Errc::store_unavailable. Thread rule: any thread; a call waits while all connections are taken.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "native/store/redis_connection.h"
#include "native/store/store.h"

namespace orthink {

class RedisStore : public Store {
 public:
  // Errc::invalid_config for a URL of another form.
  static Result<std::unique_ptr<RedisStore>> open(std::string_view url);

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
  // an answered batch may be lost, settings that may not be read.
  Result<void> check() override;

  using Counters = std::vector<std::pair<std::string, int64_t>>;
  // Whether the server has restarted or failed over since its data was last accepted.
  Result<bool> needs_rederive();
  // Writes `counters` as they must stand and opens the store on the server that needs_rederive() last told of, in one step. An error
  // when it is another by now, or when somebody else has accepted in between: ask and recompute again.
  Result<void> accept_epoch(const Counters& counters = {});

 private:
  struct Link;
  class Lease;
  using Words = RedisConnection::Words;
  using Build = std::function<Words(const Link&)>;

  explicit RedisStore(RedisAddress address);
  Result<std::unique_ptr<Link>> connect() const;
  Result<Lease> lease();
  void give_back(std::unique_ptr<Link> link, bool is_lost);
  // One command, or one script with a fall back to its text. An answer that is an error becomes an Error.
  Result<RedisAnswer> ask(const Build& build);
  Result<RedisAnswer> ask(const Words& words);
  Result<RedisAnswer> run(size_t script, const std::vector<std::string>& keys, const Build& arguments);
  Result<RedisAnswer> run(size_t script, const std::vector<std::string>& keys, const Words& arguments);
  [[nodiscard]] Error refused(std::string_view words) const;
  Result<bool> hand_over(const RedisAnswer& answer, const RowQuery& query, const OnRow& on_row) const;
  Result<void> pages(const RowQuery& query, const OnRow& on_row);

  const RedisAddress address_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Link>> idle_;
  size_t in_use_ = 0;
  uint64_t losses_ = 0;        // how often connections were lost; idle ones of before are not used again
  std::string seen_epoch_;     // what needs_rederive() last told of
  std::string stored_epoch_;   // and what was stored then

 public:
  ~RedisStore() override;
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;
};

}  // namespace orthink
