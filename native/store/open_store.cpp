#include "native/store/memory_store.h"
#include "native/store/sqlite_store.h"
#include "native/store/store.h"

namespace orthink {
namespace {

constexpr std::string_view kMemory = "memory:";
constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

Result<std::unique_ptr<Store>> open_store(std::string_view url) {
  if (url == kMemory) return std::unique_ptr<Store>(std::make_unique<MemoryStore>());
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
    Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open({.path = std::string(url.substr(kSqlite.size()))});
    if (!store) return store.error();
    return std::unique_ptr<Store>(std::move(*store));
  }
  return make_error(Errc::invalid_config, "\"" + std::string(url) + "\" names no store",
                    "Use memory:, sqlite:PATH, redis://HOST[:PORT][/DB] or redis+unix:PATH.");
}

}  // namespace orthink
