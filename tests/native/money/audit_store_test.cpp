// The audit of whole stores: one that is written to, and SQLite files that somebody else has changed.
#include "native/money/audit_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <thread>
#include <utility>

#include "native/money/seals.h"
#include "native/store/sqlite_store.h"
#include "native/system.h"
#include "tests/native/money/money.h"
#include "tests/native/store/redis_server.h"
#include "tests/native/temporary_folder.h"

using namespace orthink;
using Codes = std::vector<std::string>;

namespace {

const Instant kNoon{1'795'521'600'000'000};  // 2026-11-24T12:00:00Z
const std::vector<Scope> kScopes{Scope{}, {ScopeKind::tenant, "acme"}, {ScopeKind::user, "alice"}};

bool is_applied(Store& store, const StoreBatch& batch) { return store.apply(batch).verdict == StoreReply::Verdict::applied; }

HoldRecord settled(HoldRecord record) {
  record.actual = {record.bound.nano / 2};
  record.source = AmountSource::provider;
  return record;
}

// One settled call. REQUIRE is for the main thread alone, so the answer is given.
bool buy(Store& store, const std::string& id, const std::vector<Scope>& scopes = kScopes, bool is_durable = true) {
  const ledger::ScopeList limits = test::unlimited(scopes);
  const HoldRecord record = test::record(id, scopes, kNoon);
  StoreBatch sent = ledger::mark_sent(record, "e", kNoon);
  StoreBatch end = ledger::settle(settled(record), HoldState::sent, limits, kNoon);
  sent.is_durable = end.is_durable = is_durable;
  return is_applied(store, ledger::reserve(record, limits, "e", kNoon)) && is_applied(store, sent) && is_applied(store, end);
}

void run_sql(const std::string& path, const std::string& sql, int changes = 1) {
  sqlite3* file = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &file) == SQLITE_OK);
  CHECK(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(sqlite3_changes(file) == changes);
  sqlite3_close(file);
}

Codes codes_of(const Result<AuditReport>& report) {
  REQUIRE(report);
  Codes codes;
  for (const Finding& each : report->findings) codes.push_back(std::string(each.code) + " " + each.key);
  return codes;
}
bool has(const Codes& codes, const std::string& one) { return std::find(codes.begin(), codes.end(), one) != codes.end(); }

// Buys in threads, as many calls as it is granted; each is left open for a while, so that rows of every age move.
class Market {
 public:
  Market(Store& store, int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, &store, i] { trade(store, "t" + std::to_string(i) + "-"); });
  }
  ~Market() { stop(); }
  Market(const Market&) = delete;
  Market& operator=(const Market&) = delete;
  void stop() {
    is_over_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  // Lets `calls` more be made and returns once the first of them are.
  void grant(uint64_t calls) {
    const uint64_t before = calls_;
    granted_ += calls;
    while (calls_ == before && !has_failed_) std::this_thread::yield();
  }
  [[nodiscard]] uint64_t calls() const { return calls_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  void trade(Store& store, const std::string& name) {
    const ledger::ScopeList limits = test::unlimited(kScopes);
    std::vector<HoldRecord> open;
    for (uint64_t i = 0; !is_over_; ++i) {
      if (calls_ >= granted_) {
        std::this_thread::yield();
        continue;
      }
      open.push_back(test::record(name + std::to_string(i), kScopes, kNoon));
      bool is_good = is_applied(store, ledger::reserve(open.back(), limits, "e", kNoon)) && is_applied(store, ledger::mark_sent(open.back(), "e", kNoon));
      if (open.size() > 20) {
        HoldRecord record = open.front();
        open.erase(open.begin());
        is_good = is_good && is_applied(store, i % 3 == 0 ? ledger::release(record, HoldState::sent, limits, kNoon)
                                                          : ledger::settle(settled(record), HoldState::sent, limits, kNoon));
      }
      if (!is_good) has_failed_ = true;
      ++calls_;
    }
  }

  std::atomic<bool> is_over_{false};
  std::atomic<bool> has_failed_{false};
  std::atomic<uint64_t> granted_{0};
  std::atomic<uint64_t> calls_{0};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("audit of a store: rows, lines, seals and counters are counted, progress is told") {
  MemoryStore store;
  for (int i = 0; i < 4'000; ++i) REQUIRE(buy(store, "call-" + std::to_string(i)));
  REQUIRE(seal_journals(store, 1));
  std::vector<uint64_t> told;
  AuditOptions options;
  options.on_progress = [&told](const AuditProgress& progress) { told.push_back(progress.lines + progress.rows); };
  options.at = kNoon;
  options.limits = test::unlimited(kScopes);
  const Result<AuditReport> report = audit_store(store, options);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->accounts == 1);
  CHECK(report->rows == 4'000);
  CHECK(report->lines == 12'000);
  CHECK(report->lines_sealed == 12'000);
  CHECK(report->seals == 3);
  CHECK(report->moving == 0);
  CHECK(told == std::vector<uint64_t>{10'000});
  options.limits[0].limits.set(LimitKind::usd_per_day, 4'000 * 500 - 1);
  CHECK(codes_of(audit_store(store, options)) == Codes{"over_limit c/global/d20781"});
}

TEST_CASE("audit of a store: progress is told by rows as well") {
  MemoryStore store;
  const std::vector<Scope> nobody{Scope{}};
  for (uint64_t i = 0; i < kAuditProgressEvery; ++i)
    REQUIRE(
        is_applied(store, ledger::reserve(test::record("call-" + std::to_string(i), nobody, kNoon), test::unlimited(nobody), "e", kNoon)));
  std::vector<uint64_t> told;
  AuditOptions options;
  options.on_progress = [&told](const AuditProgress& progress) { told.push_back(progress.lines + progress.rows); };
  CHECK(audit_store(store, options)->holds());
  CHECK(told == std::vector<uint64_t>{kAuditProgressEvery, 2 * kAuditProgressEvery});
  CHECK(audit_store(store)->rows == kAuditProgressEvery);  // nobody listens
}

// Somebody does things whenever the store is read.
class Watched : public MemoryStore {
 public:
  Result<Texts> documents(std::string_view prefix, Instant at) override {
    if (on_documents) on_documents();
    return MemoryStore::documents(prefix, at);
  }
  Result<void> rows(const RowQuery& query, const OnRow& on_row) override {
    if (on_row_read) on_row_read();
    return MemoryStore::rows(query, [&](const std::string& key, const StoredRow& row) { return key == hidden || on_row(key, row); });
  }
  Result<std::optional<StoredRow>> row(const std::string& key) override {
    if (on_row_read) on_row_read();
    if (key == hidden) return std::optional<StoredRow>();
    return MemoryStore::row(key);
  }
  std::function<void()> on_documents;
  std::function<void()> on_row_read;
  std::string hidden;  // a row that is not there
};

TEST_CASE("audit of a store: what moves at every look is counted, is no finding, and ends") {
  Watched store;
  REQUIRE(buy(store, "still"));
  HoldRecord record = test::record("restless", kScopes, kNoon);
  REQUIRE(is_applied(store, ledger::reserve(record, test::unlimited(kScopes), "e", kNoon)));
  REQUIRE(is_applied(store, ledger::mark_sent(record, "e", kNoon)));
  store.on_row_read = [&] {
    const NanoUsd bound{record.bound.nano + 1};
    CHECK(is_applied(store, ledger::rebound(record, bound, test::unlimited(kScopes), "e", kNoon)));
    record.bound = bound;
  };
  const Result<AuditReport> report = audit_store(store);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->rows == 2);
  CHECK(report->moving == 1);  // the row: its counters were read after it
}

TEST_CASE("audit of a store: a row that its line announces and that never comes") {
  Watched store;
  store.hidden = "gone/1";
  store.on_row_read = [&store, is_begun = false]() mutable {
    if (!std::exchange(is_begun, true))
      REQUIRE(is_applied(store, ledger::reserve(test::record("gone", kScopes, kNoon), test::unlimited(kScopes), "e", kNoon)));
  };
  CHECK(codes_of(audit_store(store)) == Codes{"lines_without_row gone/1"});
}

TEST_CASE("audit of a store: an account that is opened after its seals were looked for") {
  Watched store;
  REQUIRE(buy(store, "call-1"));
  store.on_documents = [&store, is_begun = false]() mutable {
    if (!std::exchange(is_begun, true)) REQUIRE(buy(store, "call-2", {Scope{}}));
  };
  const Result<AuditReport> report = audit_store(store);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->accounts == 2);
  CHECK(report->lines == 6);
}

TEST_CASE("audit of a store: what lies among the seals and is none is not counted as one") {
  MemoryStore store;
  REQUIRE(buy(store, "call-1"));
  REQUIRE(seal_journals(store, 1));
  StoreBatch batch;
  batch.documents.push_back({"seal/notes", DocumentWrite::Expects::anything, {}, "{}", Instant::never()});
  REQUIRE(is_applied(store, batch));
  const Result<AuditReport> report = audit_store(store);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->seals == 1);
}

TEST_CASE("audit of a SQLite file that somebody else has changed") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("ledger.db");
  const auto open = [&path] { return std::move(*SqliteStore::open({.path = path})); };
  {
    const auto store = open();
    for (int i = 1; i <= 10; ++i) REQUIRE(buy(*store, "call-" + std::to_string(i)));
    REQUIRE(seal_journals(*store, 20));
    for (int i = 11; i <= 12; ++i) REQUIRE(buy(*store, "call-" + std::to_string(i)));
    CHECK(codes_of(audit_store(*store)).empty());
  }
  AuditOptions options;
  options.checks_store = false;
  SECTION("a row is gone") {
    run_sql(path, "DELETE FROM rows WHERE key='call-4/1'");
    const Codes codes = codes_of(audit_store(*open(), options));
    CHECK(has(codes, "lines_without_row call-4/1"));
    CHECK(has(codes, "committed_wrong c/tenant:acme/m682"));
  }
  SECTION("a row is gone with its counters made to fit") {
    run_sql(path, "DELETE FROM rows WHERE key='call-4/1'");
    run_sql(path, "UPDATE counters SET value=value-500 WHERE key LIKE 'c/%'", 6);
    run_sql(path, "UPDATE counters SET value=value-1 WHERE key LIKE 'n/%'", 3);
    CHECK(codes_of(audit_store(*open(), options)) == Codes{"lines_without_row call-4/1"});
  }
  SECTION("a row and its lines are gone, the lines after them moved up, and its counters made to fit") {
    run_sql(path, "DELETE FROM rows WHERE key='call-4/1'");
    run_sql(path, "UPDATE counters SET value=value-500 WHERE key LIKE 'c/%'", 6);
    run_sql(path, "UPDATE counters SET value=value-1 WHERE key LIKE 'n/%'", 3);
    run_sql(path, "DELETE FROM journal WHERE text LIKE '%call-4/1%'", 3);
    run_sql(path, "UPDATE journal SET number=number-1000", 33);
    run_sql(path, "UPDATE journal SET number=number+CASE WHEN number+1000>12 THEN 997 ELSE 1000 END", 33);
    CHECK(codes_of(audit_store(*open())) == Codes{"seal_mismatch seal/tenant:acme/0000000001"});
  }
  SECTION("a sealed line is gone: the store's own check finds it too") {
    run_sql(path, "DELETE FROM journal WHERE number=5");
    const Codes codes = codes_of(audit_store(*open()));
    CHECK(has(codes, "store_damaged store"));
    CHECK(has(codes, "journal_gap tenant:acme#6"));
    CHECK(has(codes, "lines_missing seal/tenant:acme/0000000001"));
  }
  SECTION("an unsealed line is gone, the last one") {
    run_sql(path, "DELETE FROM journal WHERE number=36");
    CHECK(codes_of(audit_store(*open())) == Codes{"row_state call-12/1"});
  }
  SECTION("the time of a sealed line") {
    run_sql(path, "UPDATE journal SET text=replace(text,'\"at\":1795521600000000','\"at\":1795521600000001') WHERE number=7");
    CHECK(codes_of(audit_store(*open(), options)) == Codes{"seal_mismatch seal/tenant:acme/0000000001"});
  }
  SECTION("the journal is gone with its seals") {
    run_sql(path, "DELETE FROM journal", 36);
    CHECK(has(codes_of(audit_store(*open(), options)), "lines_missing seal/tenant:acme/0000000001"));
    run_sql(path, "DELETE FROM documents WHERE key LIKE 'seal/%'", 1);
    CHECK(has(codes_of(audit_store(*open(), options)), "row_without_lines call-1/1"));
  }
  SECTION("the seal is gone") {
    run_sql(path, "DELETE FROM documents WHERE key LIKE 'seal/%'", 1);
    CHECK(codes_of(audit_store(*open(), options)) == Codes{"seal_missing seal/tenant:acme/0000000001"});
  }
}

TEST_CASE("audit of a store that is written to finds nothing that is not there, and what is") {
  const test::TemporaryFolder folder;
  std::unique_ptr<test::RedisServer> server;
  std::unique_ptr<Store> store;
  SECTION("Redis") {
    server = std::make_unique<test::RedisServer>();
    store = std::move(*open_store(server->url()));
  }
  SECTION("in memory") { store = std::make_unique<MemoryStore>(); }
  SECTION("SQLite") { store = std::move(*SqliteStore::open({.path = folder.file("ledger.db"), .is_normal_sync_only = true})); }
  REQUIRE(buy(*store, "first"));
  Market market(*store, 3);
  uint64_t moving = 0;
  for (int i = 0; i < 10; ++i) {
    market.grant(200);
    REQUIRE(seal_journals(*store, 16));
    const Result<AuditReport> report = audit_store(*store);
    if (const Codes codes = codes_of(report); !codes.empty()) FAIL(codes.front() << ": " << report->findings.front().text);
    moving += report->moving;
  }
  market.grant(200);
  StoreBatch theft;
  theft.additions.push_back({"c/tenant:acme/d20781", -1, std::nullopt});
  REQUIRE(is_applied(*store, theft));
  const Result<AuditReport> report = audit_store(*store);
  const Codes codes = codes_of(report);
  if (report->moving == 0) CHECK(codes == Codes{"committed_wrong c/tenant:acme/d20781"});
  market.stop();
  CHECK(codes_of(audit_store(*store)) == Codes{"committed_wrong c/tenant:acme/d20781"});
  CHECK(!market.has_failed());
  std::printf("audit under way: %llu calls meanwhile, %llu never stood still\n", static_cast<unsigned long long>(market.calls()),
              static_cast<unsigned long long>(moving));
}

TEST_CASE("audit of a store: speed", "[.bench]") {
  const char* wanted = std::getenv("ORTHINK_AUDIT_CALLS");
  const int calls = wanted == nullptr ? 100'000 : std::atoi(wanted);
  const test::TemporaryFolder folder;
  const auto store = std::move(*SqliteStore::open({.path = folder.file("ledger.db"), .is_normal_sync_only = true}));
  std::mt19937_64 dice(1);
  for (int i = 0; i < calls; ++i) {
    const std::vector<Scope> scopes{Scope{}, {ScopeKind::tenant, "t" + std::to_string(dice() % 5)}, {ScopeKind::user, "u" + std::to_string(dice() % 100)}};
    REQUIRE(buy(*store, "call-" + std::to_string(i), scopes, false));
  }
  const Instant began = now();
  REQUIRE(seal_journals(*store, 1));
  const Duration sealing = now() - began;
  const Duration checked = audit_store(*store)->duration;
  AuditOptions options;
  options.checks_store = false;
  const std::clock_t worked = std::clock();
  const Result<AuditReport> report = audit_store(*store, options);
  const auto work_ms = static_cast<long long>((std::clock() - worked) * 1'000 / CLOCKS_PER_SEC);
  REQUIRE(report);
  CHECK(report->holds());
  std::printf("%llu rows, %llu lines, %llu seals: sealed in %lld ms, audited in %lld ms (%lld ms of work), with the store's own check %lld ms\n",
              static_cast<unsigned long long>(report->rows), static_cast<unsigned long long>(report->lines),
              static_cast<unsigned long long>(report->seals), static_cast<long long>(sealing.ms()), static_cast<long long>(report->duration.ms()), work_ms,
              static_cast<long long>(checked.ms()));
}
