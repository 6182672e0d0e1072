// Sealing journals: what is sealed and what waits, two sealers at once, and a chain that is not gone on with.
#include "native/money/seals.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <thread>
#include <utility>

#include "native/money/audit_store.h"
#include "orthink/ledger/chain.h"
#include "tests/native/money/money.h"

using namespace orthink;

namespace {

// `count` calls that were reserved and released: two lines each.
void buy(Store& store, uint32_t count, const std::string& name, const std::vector<Scope>& scopes = {Scope{}}) {
  const Instant at{1'795'521'600'000'000};
  const ledger::ScopeList limits = test::unlimited(scopes);
  for (uint32_t i = 0; i < count; ++i) {
    const HoldRecord record = test::record(name + std::to_string(i), scopes, at);
    REQUIRE(store.apply(ledger::reserve(record, limits, "e", at)).verdict == StoreReply::Verdict::applied);
    REQUIRE(store.apply(ledger::release(record, HoldState::reserved, limits, at)).verdict == StoreReply::Verdict::applied);
  }
}

}  // namespace

TEST_CASE("seals: every account with enough unsealed lines, and the rest waits") {
  MemoryStore store;
  const std::vector<Scope> acme{Scope{}, {ScopeKind::tenant, "acme"}};
  buy(store, 10, "call-");
  buy(store, 2, "acme-", acme);
  Result<Sealed> sealed = seal_journals(store, 5);
  REQUIRE(sealed);
  CHECK(sealed->accounts == 1);
  CHECK(sealed->seals == 1);
  CHECK(sealed->lines == 20);
  CHECK(*store.mark("seals/global") == 1);
  CHECK(store.documents("seal/", Instant::zero())->size() == 1);
  CHECK(seal_journals(store, 1)->lines == 4);
  CHECK(seal_journals(store, 1)->lines == 0);
  buy(store, 1, "more-", acme);
  CHECK(seal_journals(store, 3)->lines == 0);
  CHECK(seal_journals(store, 2)->lines == 2);
  const Result<AuditReport> report = audit_store(store);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->seals == 3);
  CHECK(report->lines_sealed == 26);
  CHECK(report->lines == 26);
}

TEST_CASE("seals: a long journal is sealed in pieces") {
  MemoryStore store;
  buy(store, static_cast<uint32_t>(kSealLinesMax), "call-");
  buy(store, 3, "more-");
  const Result<Sealed> sealed = seal_journals(store, kSealLinesMin);
  REQUIRE(sealed);
  CHECK(sealed->seals == 2);
  CHECK(sealed->lines == 2 * kSealLinesMax);
  CHECK(seal_journals(store, 1)->lines == 6);
  CHECK(audit_store(store)->holds());
}

TEST_CASE("seals: two who seal while others buy make one chain") {
  MemoryStore store;
  std::vector<std::thread> threads;
  for (const char* name : {"a-", "b-"}) threads.emplace_back([&store, name] { buy(store, 300, name); });
  std::atomic<bool> is_over{false};
  std::atomic<uint64_t> lines{0};
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      while (!is_over) {
        const Result<Sealed> sealed = seal_journals(store, 7);
        if (sealed) lines += sealed->lines;
      }
    });
  threads[0].join();
  threads[1].join();
  is_over = true;
  threads[2].join();
  threads[3].join();
  lines += seal_journals(store, 1)->lines;
  CHECK(lines == 1'200);
  const Result<AuditReport> report = audit_store(store);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->lines_sealed == 1'200);
}

// Others come first, once, between what this sealer reads and what it keeps.
class Overtaken : public MemoryStore {
 public:
  Result<Instant> now() override {
    if (others) std::exchange(others, nullptr)(*this);
    return MemoryStore::now();
  }
  std::function<void(Store&)> others;
};

TEST_CASE("seals: who is overtaken goes on where the other has stopped") {
  Overtaken store;
  buy(store, 2, "call-");
  uint64_t lines = 0;
  SECTION("by one seal") {
    store.others = [&lines](Store& same) { lines = seal_journals(same, 1)->lines; };
  }
  SECTION("by two") {
    store.others = [&lines](Store& same) {
      lines = seal_journals(same, 1)->lines;
      buy(same, 1, "more-");
      lines += seal_journals(same, 1)->lines;
    };
  }
  CHECK(seal_journals(store, 1)->lines == 0);
  buy(store, 1, "last-");
  CHECK(seal_journals(store, 1)->lines == 2);
  const Result<AuditReport> report = audit_store(store);
  REQUIRE(report);
  CHECK(report->holds());
  CHECK(report->lines_sealed == lines + 2);
}

// Its journal lacks a line.
class Gapped : public MemoryStore {
 public:
  Result<void> journal(const std::string& account, uint64_t from, const OnLine& on_line) override {
    return MemoryStore::journal(account, from,
                                [&](uint64_t number, const std::string& line) { return number == gone || on_line(number, line); });
  }
  uint64_t gone = 0;
};

TEST_CASE("seals: over a line that is not there no seal is made") {
  Gapped store;
  buy(store, 3, "call-");
  store.gone = GENERATE(1, 4);
  const Result<Sealed> sealed = seal_journals(store, 1);
  REQUIRE(!sealed);
  CHECK(sealed.error().errc == Errc::internal);
  CHECK(sealed.error().message.find("line " + std::to_string(store.gone) + " is not there") != std::string::npos);
  CHECK(store.documents("seal/", Instant::zero())->empty());
}

TEST_CASE("seals: a chain whose last seal is gone or broken is not gone on with") {
  MemoryStore store;
  buy(store, 2, "call-");
  REQUIRE(seal_journals(store, 1));
  const auto put = [&store](const std::string& key, std::optional<std::string> text) {
    StoreBatch batch;
    batch.documents.push_back({key, DocumentWrite::Expects::anything, "", std::move(text), Instant::never()});
    REQUIRE(store.apply(batch).verdict == StoreReply::Verdict::applied);
  };
  buy(store, 2, "more-");
  SECTION("gone") { put(chain::seal_key("global", 1), std::nullopt); }
  SECTION("unreadable") { put(chain::seal_key("global", 1), "{}"); }
  SECTION("one that was not counted is in the way") { put(chain::seal_key("global", 2), "{}"); }
  const Result<Sealed> sealed = seal_journals(store, 1);
  REQUIRE(!sealed);
  CHECK(sealed.error().errc == Errc::internal);
  CHECK(sealed.error().remedy.find("ledger verify") != std::string::npos);
  CHECK(!audit_store(store)->holds());
}
