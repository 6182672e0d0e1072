#include "native/money/limit_table.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <thread>
#include <utility>

#include "native/store/memory_store.h"
#include "orthink/ledger/window.h"
#include "tests/native/money/money.h"

namespace orthink {
namespace {

const Scope kAlice{ScopeKind::user, "alice"};
const Scope kBob{ScopeKind::user, "bob"};
const Scope kEveryUser{ScopeKind::user, "*"};

Limits limits_at(Store& store, const Scope& scope, const Config& config = test::config()) {
  const Result<ledger::ScopeList> list = limits_of(store, config, {scope});
  REQUIRE(list);
  REQUIRE(list->size() == 1);
  CHECK(list->front().scope == scope);
  return list->front().limits;
}

TEST_CASE("the configuration's dollars are a user's, and nobody else's") {
  MemoryStore store;
  CHECK(limits_at(store, kAlice).to_json() == R"({"usd_per_day":"50","usd_per_month":"1000"})");
  CHECK(limits_at(store, Scope{}).empty());
  CHECK(limits_at(store, {ScopeKind::tenant, "acme"}).empty());
  CHECK(limits_at(store, {ScopeKind::key, "0123"}).empty());
  CHECK(limits_at(store, {ScopeKind::session, "s"}).empty());
  CHECK(limits_at(store, kAlice, test::config({{"ORTHINK_DAILY_LIMIT_USD", "none"}})).to_json() == R"({"usd_per_month":"1000"})");
  CHECK(limits_at(store, kAlice, test::config({{"ORTHINK_MONTHLY_LIMIT_USD", "none"}})).to_json() == R"({"usd_per_day":"50"})");
}

TEST_CASE("a scope's own word goes before its kind's, and that before the configuration") {
  MemoryStore store;
  REQUIRE(change_limits(store, kEveryUser, {{LimitKind::usd_per_day, 5'000'000'000}, {LimitKind::requests_per_minute, 10}}));
  CHECK(limits_at(store, kAlice).to_json() == R"({"usd_per_day":"5","usd_per_month":"1000","requests_per_minute":10})");
  REQUIRE(change_limits(store, kAlice, {{LimitKind::usd_per_day, 250'000'000}}));
  CHECK(limits_at(store, kAlice).to_json() == R"({"usd_per_day":"0.25","usd_per_month":"1000","requests_per_minute":10})");
  CHECK(limits_at(store, kBob).to_json() == R"({"usd_per_day":"5","usd_per_month":"1000","requests_per_minute":10})");

  SECTION("lifted is a word too") {
    REQUIRE(change_limits(store, kAlice, {{LimitKind::usd_per_month, std::nullopt}, {LimitKind::requests_per_minute, std::nullopt}}));
    CHECK(limits_at(store, kAlice).to_json() == R"({"usd_per_day":"0.25"})");
  }
  SECTION("0 allows nothing and is not the same as lifted") {
    REQUIRE(change_limits(store, kAlice, {{LimitKind::usd_per_day, 0}}));
    CHECK(limits_at(store, kAlice).get(LimitKind::usd_per_day) == 0);
  }
  SECTION("no change at all brings the defaults back") {
    REQUIRE(change_limits(store, kAlice, {}));
    CHECK(limits_at(store, kAlice) == limits_at(store, kBob));
    CHECK_FALSE(*store.document("limits/user:alice", Instant::zero()));
  }
  SECTION("the kind's word is not the global scope's") {
    REQUIRE(change_limits(store, Scope{}, {{LimitKind::usd_per_month, 7}}));
    CHECK(limits_at(store, Scope{}).to_json() == R"({"usd_per_month":"0.000000007"})");
  }
}

TEST_CASE("every limit survives being stored") {
  MemoryStore store;
  std::vector<LimitChange> changes;
  for (const LimitKind kind : kLimitKinds) changes.push_back({kind, 123 + static_cast<int64_t>(kind)});
  REQUIRE(change_limits(store, {ScopeKind::session, "a/b:c"}, changes));
  const Limits limits = limits_at(store, {ScopeKind::session, "a/b:c"});
  for (const LimitChange& change : changes) CHECK(limits.get(change.kind) == change.limit);
}

TEST_CASE("those who change limits at once all come through") {
  MemoryStore store;
  std::vector<std::thread> threads;
  for (const LimitKind kind : kLimitKinds) {
    threads.emplace_back([&store, kind] {
      for (int64_t value = 1; value <= 50; ++value) static_cast<void>(change_limits(store, kAlice, {{kind, value}}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const LimitKind kind : kLimitKinds) CHECK(limits_at(store, kAlice).get(kind) == 50);
}

// Another comes first, between what is read and what is written: once, after a document or after counters were read, or each time.
class Overtaken : public MemoryStore {
 public:
  Result<std::optional<std::string>> document(const std::string& key, Instant at) override {
    Result<std::optional<std::string>> found = MemoryStore::document(key, at);
    if (other) std::exchange(other, nullptr)(*this);
    return found;
  }
  Result<std::vector<int64_t>> counters(const std::vector<std::string>& keys) override {
    Result<std::vector<int64_t>> found = MemoryStore::counters(keys);
    if (after_counters) std::exchange(after_counters, nullptr)(*this);
    return found;
  }
  StoreReply apply(const StoreBatch& batch) override {
    if (!is_always_first || batch.documents.empty()) return MemoryStore::apply(batch);
    StoreReply reply;
    reply.verdict = StoreReply::Verdict::document_conflict;
    return reply;
  }
  std::function<void(Store&)> other;
  std::function<void(Store&)> after_counters;
  bool is_always_first = false;
};

TEST_CASE("a change that another overtakes is made on top of it") {
  Overtaken store;
  store.other = [](Store& same) { REQUIRE(change_limits(same, kAlice, {{LimitKind::usd_per_day, 1}})); };
  REQUIRE(change_limits(store, kAlice, {{LimitKind::requests_per_day, 2}}));
  CHECK(limits_at(store, kAlice).get(LimitKind::usd_per_day) == 1);
  CHECK(limits_at(store, kAlice).get(LimitKind::requests_per_day) == 2);
}

TEST_CASE("of two who lift one block at once the second finds nothing to lift") {
  Overtaken store;
  StoreBatch block;
  block.additions.push_back({ledger::blocked_key(kAlice), 1, std::nullopt});
  store.apply(block);
  SECTION("before its blocks are counted") {
    store.other = [](Store& same) { CHECK(*clear_block(same, kAlice)); };
  }
  SECTION("when both have counted the same block") {
    store.after_counters = [](Store& same) { CHECK(*clear_block(same, kAlice)); };
  }
  CHECK_FALSE(*clear_block(store, kAlice));
  CHECK(store.counters({ledger::blocked_key(kAlice)})->front() == 0);
}

TEST_CASE("a store that says each time that another came first is not asked for ever") {
  Overtaken store;
  StoreBatch block;
  block.additions.push_back({ledger::blocked_key(kAlice), 1, std::nullopt});
  store.apply(block);
  store.is_always_first = true;
  const Result<void> changed = change_limits(store, kAlice, {{LimitKind::usd_per_day, 1}});
  REQUIRE_FALSE(changed);
  CHECK(changed.error().errc == Errc::store_unavailable);
  CHECK(changed.error().message.find("limits/user:alice") != std::string::npos);
  const Result<bool> cleared = clear_block(store, kAlice);
  REQUIRE_FALSE(cleared);
  CHECK(cleared.error().errc == Errc::store_unavailable);
  CHECK(cleared.error().message.find("user:alice") != std::string::npos);
}

TEST_CASE("limits that cannot be read refuse, and can be set anew") {
  MemoryStore store;
  StoreBatch batch;
  const std::string text = GENERATE(R"({"usd_per_day":5})", R"({"usd_per_day":"5")", "", R"({"usd_per_week":"5"})");
  CAPTURE(text);
  batch.documents.push_back({"limits/user:alice", DocumentWrite::Expects::anything, {}, text, Instant::never()});
  REQUIRE(store.apply(batch).verdict == StoreReply::Verdict::applied);
  const Result<ledger::ScopeList> list = limits_of(store, test::config(), {Scope{}, kAlice});
  REQUIRE_FALSE(list);
  CHECK(list.error().errc == Errc::store_unavailable);
  CHECK(list.error().message.find("limits/user:alice") != std::string::npos);
  REQUIRE(change_limits(store, kAlice, {{LimitKind::usd_per_day, 1}}));
  CHECK(limits_at(store, kAlice).get(LimitKind::usd_per_day) == 1);
}

TEST_CASE("a block is lifted once, and a new one stands") {
  MemoryStore store;
  CHECK_FALSE(*clear_block(store, kAlice));
  StoreBatch block;
  block.additions.push_back({ledger::blocked_key(kAlice), 1, std::nullopt});
  store.apply(block);
  store.apply(block);
  std::atomic<int> lifted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const Result<bool> was_blocked = clear_block(store, kAlice);
      if (was_blocked && *was_blocked) ++lifted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(lifted == 1);
  CHECK(store.counters({ledger::blocked_key(kAlice)})->front() == 0);
  store.apply(block);
  CHECK(store.counters({ledger::blocked_key(kAlice)})->front() == 1);
  CHECK(*clear_block(store, kAlice));
}

TEST_CASE("known scopes have limits, are blocked, or were charged this month") {
  test::StillStore store;
  store.time = window::month_begin(682) + Duration::seconds(3600);
  CHECK(*known_scopes(store) == std::vector<Scope>{Scope{}});
  REQUIRE(change_limits(store, kEveryUser, {{LimitKind::usd_per_day, 1}}));
  REQUIRE(change_limits(store, {ScopeKind::tenant, "zeta"}, {{LimitKind::usd_per_day, 1}}));
  const std::vector<Scope> payers{Scope{}, kAlice, {ScopeKind::session, "a/m682"}};
  REQUIRE(
      store.apply(ledger::reserve(test::record("call-1", payers, store.time), test::unlimited(payers), "epoch-1", store.time)).verdict ==
      StoreReply::Verdict::applied);
  const std::vector<Scope> earlier{Scope{}, kBob};
  const Instant last_month = window::month_begin(681);
  REQUIRE(
      store.apply(ledger::reserve(test::record("call-2", earlier, last_month), test::unlimited(earlier), "epoch-1", store.time)).verdict ==
      StoreReply::Verdict::applied);
  StoreBatch block;
  block.additions.push_back({"b/key:0123", 1, std::nullopt});
  block.additions.push_back({"b/key:4567", 0, std::nullopt});      // lifted
  block.additions.push_back({"b/planet:earth", 1, std::nullopt});  // no scope of ours
  block.additions.push_back({"c/m682", 1, std::nullopt});
  block.additions.push_back({"a/m682", 1, std::nullopt});
  store.apply(block);
  const Result<std::vector<Scope>> scopes = known_scopes(store);
  REQUIRE(scopes);
  std::string text;
  for (const Scope& scope : *scopes) text += scope.to_text() + " ";
  CHECK(text == "global key:0123 session:a/m682 tenant:zeta user:* user:alice ");
}

}  // namespace
}  // namespace orthink
