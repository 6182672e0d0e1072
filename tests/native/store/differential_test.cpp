// Memory, SQLite and Redis are given the same random batches and reads, and must give the same answers and hold the same.
//
// ORTHINK_DIFFERENTIAL_OPS sets how many batches and reads there are, ORTHINK_DIFFERENTIAL_SEED which ones.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "native/store/memory_store.h"
#include "native/store/redis_store.h"
#include "native/store/sqlite_store.h"
#include "native/system.h"
#include "tests/native/store/random_batches.h"
#include "tests/native/store/redis_server.h"
#include "tests/native/temporary_folder.h"

namespace orthink::test {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const auto text = environment(variable);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : otherwise;
}

class Stores {
 public:
  Stores() { open(); }
  // SQLite and Redis from what they have kept. What is compared are answers, so nothing waits for the disk.
  void open() {
    sqlite_.reset();
    redis_.reset();
    auto sqlite = SqliteStore::open({.path = folder_.file("ledger.db"), .is_normal_sync_only = true});
    auto redis = RedisStore::open(server_.url());
    REQUIRE(sqlite);
    REQUIRE(redis);
    sqlite_ = std::move(*sqlite);
    redis_ = std::move(*redis);
  }
  template <class Ask>
  void compare(const std::string& what, const Ask& ask) {
    const std::string expected = ask(memory_);
    const std::string of_sqlite = ask(*sqlite_), of_redis = ask(*redis_);
    if (of_sqlite == expected && of_redis == expected) return;
    CHECK(of_sqlite == expected);
    CHECK(of_redis == expected);
    FAIL("the stores differ in " << what);
  }

 private:
  TemporaryFolder folder_;
  // Fast, which the store accepts as it may not look.
  RedisServer server_{{"--appendfsync", "no", "--user", "default", "on", "nopass", "~*", "&*", "+@all", "-config"}};
  MemoryStore memory_;
  std::unique_ptr<SqliteStore> sqlite_;
  std::unique_ptr<RedisStore> redis_;
};

}  // namespace

TEST_CASE("memory, SQLite and Redis give the same answers and hold the same", "[differential]") {
  const uint64_t operations = number_from("ORTHINK_DIFFERENTIAL_OPS", 20'000);
  const auto seed = static_cast<uint32_t>(number_from("ORTHINK_DIFFERENTIAL_SEED", 20261124));
  INFO("seed " << seed);
  const uint64_t opened_anew = operations / 4, compared_whole = operations / 10;
  Stores stores;
  RandomBatches dice(seed);
  std::array<uint64_t, 7> verdicts{};
  for (uint64_t i = 0; i < operations; ++i) {
    if (dice.below(4) == 0) {
      stores.compare("read " + std::to_string(i), dice.read());
    } else {
      const StoreBatch batch = dice.batch(i);
      stores.compare("batch " + std::to_string(i), [&](Store& store) {
        const StoreReply reply = store.apply(batch);
        ++verdicts[static_cast<size_t>(reply.verdict)];
        return text_of(reply);
      });
    }
    if (i % opened_anew == opened_anew - 1) stores.open();
    if (i % compared_whole == compared_whole - 1)
      stores.compare("contents after " + std::to_string(i), [&](Store& store) { return contents(store, dice.at()); });
  }
  for (size_t i = 0; i < 6; ++i) CHECK(verdicts[i] > operations / 250);
  CHECK(verdicts[6] == 0);
  WARN("stores agree: " << operations << " operations, seed " << seed);
}

}  // namespace orthink::test
