#include "native/store/memory_store.h"
#include "native/store/redis_store.h"
#include "native/store/sqlite_store.h"
#include "native/store/store.h"

#include <utility>

namespace orthink {
namespace {

constexpr std::string_view kMemory = "memory:";
constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kRedis = "redis:";
constexpr std::string_view kRedisUnix = "redis+unix:";

template <class Opened>
Result<std::unique_ptr<Store>> as_store(Result<std::unique_ptr<Opened>> store) {
  if (!store) return store.error();
  return std::unique_ptr<Store>(std::move(*store));
}

}  // namespace

Error unusable_store(std::string message, std::string remedy) {
  Error error = make_error(Errc::store_unavailable, std::move(message), std::move(remedy));
  error.retry = Retry::changed;
  return error;
}

Result<std::unique_ptr<Store>> open_store(std::string_view url) {
  if (url == kMemory) return std::unique_ptr<Store>(std::make_unique<MemoryStore>());
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size())
    return as_store(SqliteStore::open({.path = std::string(url.substr(kSqlite.size()))}));
  if (url.starts_with(kRedis) || url.starts_with(kRedisUnix)) return as_store(RedisStore::open(url));
  return make_error(Errc::invalid_config, "\"" + std::string(url) + "\" names no store",
                    "Use memory:, sqlite:PATH, redis://HOST[:PORT][/DB] or redis+unix:PATH.");
}

}  // namespace orthink
