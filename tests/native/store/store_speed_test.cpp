// How many calls a second the stores carry: reserve, sent and settle, each durable before its answer. Hidden: run it by its tag.
//
//   native_store_test "[speed]"      or "[speed][redis]"; ORTHINK_SPEED_CALLS: how many calls each measurement makes
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "native/store/redis_store.h"
#include "native/store/sqlite_store.h"
#include "native/system.h"
#include "orthink/ledger/ledger.h"
#include "tests/native/store/redis_server.h"

namespace orthink::test {
namespace {

const Instant kNoon{1'795'521'600'000'000};

// One call of alice's against two scopes that both have limits of money.
bool call(Store& store, const ledger::ScopeList& limits, const std::string& call_id) {
  HoldRecord record;
  record.call_id = call_id;
  record.row = 1;
  for (const ScopeLimits& each : limits) record.scopes.push_back(each.scope);
  record.day = 20'781;
  record.month = 682;
  record.bound = {1'000};
  record.model = "vendor/model";
  record.created = kNoon;
  const auto is_applied = [&](const StoreBatch& batch) { return store.apply(batch).verdict == StoreReply::Verdict::applied; };
  if (!is_applied(ledger::reserve(record, limits, "epoch", kNoon)) || !is_applied(ledger::mark_sent(record, "epoch", kNoon))) return false;
  record.actual = {400};
  record.source = AmountSource::provider;
  return is_applied(ledger::settle(record, HoldState::sent, limits, kNoon));
}

// One thread, whose calls each wait for the disk alone, makes fewer of them.
void measure(const std::string& what, Store& store, uint32_t threads) {
  const auto text = environment("ORTHINK_SPEED_CALLS");
  const uint64_t calls = (text ? std::strtoull(text->c_str(), nullptr, 10) : 10'000) / (threads == 1 ? 10 : 1);
  Limits limits;
  limits.set(LimitKind::usd_per_day, NanoUsd::kMax);
  limits.set(LimitKind::usd_per_month, NanoUsd::kMax);
  const ledger::ScopeList scopes{{Scope{}, limits}, {{ScopeKind::user, "alice"}, limits}};
  std::atomic<uint64_t> next{0}, failed{0};
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> running;
  for (uint32_t t = 0; t < threads; ++t)
    running.emplace_back([&] {
      for (uint64_t i = next++; i < calls; i = next++) failed += call(store, scopes, what + "-" + std::to_string(i)) ? 0 : 1;
    });
  for (std::thread& thread : running) thread.join();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count();
  CHECK(failed == 0);
  std::cout << what << ", " << threads << " threads: " << calls * 1'000'000 / static_cast<uint64_t>(micros)
            << " calls/s (reserve + sent + settle)" << std::endl;
}

}  // namespace

TEST_CASE("calls a second on Redis", "[.][speed][redis]") {
  RedisServer server;
  auto store = RedisStore::open(server.url());
  REQUIRE(store);
  for (const uint32_t threads : {64U, 16U, 1U}) measure("redis-" + std::to_string(threads), **store, threads);
  server.restart();
  size_t rows = 0;
  CHECK((*store)->rows({}, [&](const std::string&, const StoredRow&) { return ++rows > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  CHECK((*store)->apply({}).verdict == StoreReply::Verdict::applied);
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  std::cout << "redis, holds recomputed after a restart: " << rows << " rows in " << taken.count() << " ms" << std::endl;
}

TEST_CASE("calls a second on SQLite", "[.][speed][sqlite]") {
  TemporaryFolder folder;
  auto store = SqliteStore::open({folder.file("ledger.db")});
  REQUIRE(store);
  for (const uint32_t threads : {64U, 16U, 1U}) measure("sqlite-" + std::to_string(threads), **store, threads);
}

}  // namespace orthink::test
