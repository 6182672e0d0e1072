// The ways in which gateways before this one lost money, each as a test of the whole: calls against the simulator, both books compared.
// What shows below the whole is tested there (core/ledger, core/exchange, core/cost, native/store).
#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <memory>
#include <thread>

#include "native/money/due.h"
#include "native/store/memory_store.h"
#include "native/store/sqlite_store.h"
#include "orthink/ledger/window.h"
#include "tests/native/program.h"
#include "tests/native/temporary_folder.h"
#include "tests/rigs/two_books.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink {
namespace {

const Scope kUser{ScopeKind::user, "ada"};

class Room {
 public:
  explicit Room(const std::string& faults = {}) {
    const Result<std::vector<sim::FaultSpec>> specs = sim::parse_faults(faults);
    REQUIRE(specs);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start({.faults = *specs, .now = [] { return now(); }});
    REQUIRE(started);
    simulator = std::move(*started);
    client = std::move(*HttpClient::create(simulator->url(), Secret("k")));
  }
  [[nodiscard]] size_t posts() const {
    const std::vector<sim::SeenRequest> seen = simulator->requests();
    return static_cast<size_t>(std::count_if(seen.begin(), seen.end(), [](const sim::SeenRequest& request) { return request.method == "POST"; }));
  }

  std::unique_ptr<sim::Simulator> simulator;
  std::unique_ptr<HttpClient> client;
};

// A call of the user, who may spend `most` a day.
rig::PaidCall call_of(const std::string& call_id, std::optional<NanoUsd> most = {}) {
  rig::PaidCall call;
  call.call_id = call_id;
  call.ask = R"({"prompt":"Why is the sky blue?","model":"anthropic/claude-haiku-4.5","think":"off","max_tokens":60,"session":")" + call_id + R"("})";
  call.deadlines.first_token = call.deadlines.idle = Duration::millis(500);
  call.deadlines.call = Duration::millis(1'000);
  Limits limits;
  if (most) limits.set(LimitKind::usd_per_day, most->nano);
  call.ledger.scopes = {{Scope{}, Limits{}}, {kUser, limits}};
  return call;
}

void check_agreed(Store& store, Room& room, Instant ended) {
  rig::settled_bill(*room.simulator);
  rig::resolve_unknown(store, *room.client, ended);
  room.simulator->stop();
  const rig::TwoBooks books = rig::compare_books(store, room.simulator->bill());
  for (const std::string& violation : books.violations) UNSCOPED_INFO(violation);
  CHECK(books.agree());
}

NanoUsd bound_of_a_call() {
  Room room;
  MemoryStore store;
  rig::pay(call_of("call-bound"), *room.client, store);
  return rig::compare_books(store, room.simulator->bill()).lines.at(0).bound;
}

HoldRecord hold_of(const std::string& call_id, NanoUsd bound, Instant at) {
  HoldRecord hold;
  hold.call_id = call_id;
  hold.row = 1;
  hold.scopes = {Scope{}, kUser};
  hold.day = window::day_of(at);
  hold.month = window::month_of(at);
  hold.bound = bound;
  hold.created = at;
  hold.deadline = at + Duration::seconds(60);
  return hold;
}

ledger::ScopeList limited(int64_t most) {
  Limits limits;
  limits.set(LimitKind::usd_per_day, most);
  return {{Scope{}, Limits{}}, {kUser, limits}};
}

void race_first_requests(Store& store) {
  constexpr size_t kThreads = 32;
  constexpr int64_t kAllowed = 3;
  const Instant at = Instant::from_ms(1'790'000'000'000);
  std::atomic<int64_t> admitted{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const HoldRecord hold = hold_of("call-" + std::to_string(i), NanoUsd{10}, at);
      if (store.apply(ledger::reserve(hold, limited(kAllowed * 10), "e", at)).verdict == StoreReply::Verdict::applied) ++admitted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(admitted == kAllowed);
  CHECK(rig::compare_books(store, {}).lines.size() == kAllowed);
}

TEST_CASE("check then act, and an account nobody has seen before: of many first requests at once only those that fit pass") {
  MemoryStore memory;
  race_first_requests(memory);
  const test::TemporaryFolder folder;
  const Result<std::unique_ptr<SqliteStore>> sqlite = SqliteStore::open({.path = folder.file("l.db"), .is_normal_sync_only = true});
  REQUIRE(sqlite);
  race_first_requests(**sqlite);
}

// Applies of a call that fail: the `first`, once or for ever, before or after they were applied.
class FailingStore : public test::WrappedStore {
 public:
  FailingStore(Store& store, uint64_t first, bool for_ever, bool applies) : WrappedStore(store), first_(first), for_ever_(for_ever), applies_(applies) {}
  StoreReply apply(const StoreBatch& batch) override {
    ++applied_;
    const bool fails = for_ever_ ? applied_ >= first_ : applied_ == first_;
    if (fails) has_failed = true;
    if (!fails || applies_) {
      const StoreReply reply = store_.apply(batch);
      if (!fails) return reply;
    }
    StoreReply away;
    away.ticket = batch.ticket;
    away.verdict = StoreReply::Verdict::unavailable;
    return away;
  }
  bool has_failed = false;

 private:
  uint64_t first_;
  bool for_ever_, applies_;
  uint64_t applied_ = 0;
};

TEST_CASE("the store goes away: nothing goes upstream that is not on record, and what went stays held") {
  const bool for_ever = GENERATE(false, true);
  const bool applies = GENERATE(false, true);
  for (uint64_t first = 1;; ++first) {
    INFO("write " << first << " fails" << (for_ever ? " and all after it" : "") << (applies ? ", though it was done" : ""));
    Room room;
    MemoryStore store;
    FailingStore failing(store, first, for_ever, applies);
    const rig::CallEnd end = rig::pay(call_of("call-1"), *room.client, failing);
    if (!failing.has_failed) {
      CHECK(first > 3);  // reserve, mark sent, settle
      break;
    }
    const sim::Bill bill = rig::settled_bill(*room.simulator);
    const rig::TwoBooks books = rig::compare_books(store, bill);
    if (first <= 2) {
      REQUIRE(end.error);
      CHECK(end.error->errc == Errc::store_unavailable);
      CHECK(room.posts() == 0);
      continue;
    }
    CHECK(room.posts() == 1);
    REQUIRE(books.lines.size() == 1);
    const rig::BookLine& line = books.lines[0];
    const bool is_held = line.row_state == "sent" || line.row_state == "unknown";
    CHECK((is_held || line.row_state == "settled"));
    CHECK((is_held ? line.bound : line.book) >= line.bill);
  }
}

TEST_CASE("a second call finds the store away: refused, and not a byte goes upstream") {
  Room room;
  MemoryStore store;
  REQUIRE_FALSE(rig::pay(call_of("call-1"), *room.client, store).error);
  FailingStore failing(store, 1, true, false);
  const rig::CallEnd end = rig::pay(call_of("call-2"), *room.client, failing);
  REQUIRE(end.error);
  CHECK(end.error->errc == Errc::store_unavailable);
  CHECK(room.posts() == 1);
  check_agreed(store, room, end.ended);
}

TEST_CASE("a price that nobody knows buys nothing unless a maximum is given") {
  Room room;
  MemoryStore store;
  rig::PaidCall call = call_of("call-1");
  call.ask = R"({"prompt":"Why?","model":"openrouter/auto","max_tokens":60})";
  const rig::CallEnd end = rig::pay(call, *room.client, store);
  REQUIRE(end.error);
  CHECK(end.error->errc == Errc::price_unknown);
  CHECK(room.posts() == 0);
  CHECK(rig::compare_books(store, {}).lines.empty());
}

TEST_CASE("a cap on the answer and on its price goes upstream with every call, asked for or not") {
  Room room;
  MemoryStore store;
  rig::PaidCall call = call_of("call-1");
  call.ask = R"({"prompt":"Why?","model":"anthropic/claude-haiku-4.5"})";
  REQUIRE_FALSE(rig::pay(call, *room.client, store).error);
  const std::string body = room.simulator->requests().front().body;
  CHECK(body.find("\"max_tokens\":") != std::string::npos);
  CHECK(body.find("\"max_price\":{") != std::string::npos);
  CHECK(body.find("\"require_parameters\":true") != std::string::npos);
}

TEST_CASE("refused calls leave nothing held: after many of them the whole limit is there") {
  const NanoUsd bound = bound_of_a_call();
  for (const char* fault : {"refuse", "402", "402=key-limit", "402-in-flight", "403", "403=workspace", "404", "413", "429=none", "503", "529"}) {
    INFO(fault);
    Room refusing(fault);
    MemoryStore store;
    for (int i = 0; i < 20; ++i) {
      const rig::CallEnd end = rig::pay(call_of("call-" + std::to_string(i), bound), *refusing.client, store);
      REQUIRE(end.error);
      CHECK(end.error->errc != Errc::budget_refused);
    }
    Room room;
    CHECK_FALSE(rig::pay(call_of("call-last", bound), *room.client, store).error);
    CHECK(rig::compare_books(store, room.simulator->bill()).agree());
  }
}

TEST_CASE("time alone frees no hold that may still be billed") {
  const Instant noon = Instant::from_ms(1'790'000'000'000 - 1'790'000'000'000 % 86'400'000);
  MemoryStore store;
  HoldRecord hold = hold_of("call-1", NanoUsd{10}, noon);
  REQUIRE(store.apply(ledger::reserve(hold, limited(10), "e", noon)).verdict == StoreReply::Verdict::applied);
  REQUIRE(store.apply(ledger::mark_sent(hold, "e", noon)).verdict == StoreReply::Verdict::applied);
  hold.generation_id = "gen-1";
  REQUIRE(store.apply(ledger::leave_unknown(hold, noon, noon)).verdict == StoreReply::Verdict::applied);
  for (int hour = 0; hour < 24; ++hour) {
    const Instant at = noon + Duration::seconds(hour * 3600);
    const reconcile::Verdict verdict = reconcile::judge(hold, 404, {}, at);
    REQUIRE(verdict.kind == reconcile::Verdict::Kind::ask_again);
    REQUIRE(store.apply(reconcile::batch(verdict, HoldState::unknown, at)).verdict == StoreReply::Verdict::applied);
    hold = verdict.record;
    const HoldRecord other = hold_of("call-" + std::to_string(hour + 2), NanoUsd{1}, at);
    CHECK(store.apply(ledger::reserve(other, limited(10), "e", at)).verdict == StoreReply::Verdict::guard_failed);
  }
  const reconcile::Verdict last = reconcile::judge(hold, 404, {}, noon + Duration::seconds(25 * 3600));
  CHECK(last.kind == reconcile::Verdict::Kind::charged_bound);
  CHECK(last.record.actual == NanoUsd{10});
}

TEST_CASE("a settlement after midnight falls into the day of its reservation, and no counter goes below zero") {
  const Instant late{(1'790'000'000'000'000 / 86'400'000'000 + 1) * 86'400'000'000 - 1};
  const Instant next = late + Duration::seconds(5);
  MemoryStore store;
  HoldRecord hold = hold_of("call-1", NanoUsd{10}, late);
  store.apply(ledger::reserve(hold, limited(10), "e", late));
  store.apply(ledger::mark_sent(hold, "e", late));
  hold.actual = NanoUsd{4};
  hold.source = AmountSource::provider;
  REQUIRE(store.apply(ledger::settle(hold, HoldState::sent, limited(10), next)).verdict == StoreReply::Verdict::applied);
  const int64_t day = window::day_of(late);
  REQUIRE(window::day_of(next) == day + 1);
  CHECK(*store.counters({ledger::committed_key(kUser, false, day), ledger::held_key(kUser, false, day), ledger::committed_key(kUser, false, day + 1),
                         ledger::held_key(kUser, false, day + 1)}) == std::vector<int64_t>{4, 0, 0, 0});
  const HoldRecord other = hold_of("call-2", NanoUsd{10}, next);
  CHECK(store.apply(ledger::reserve(other, limited(10), "e", next)).verdict == StoreReply::Verdict::applied);
}

TEST_CASE("a clock that the upstream contradicts opens no fresh budget: the program buys nothing") {
  const std::string skew = GENERATE("86400", "-86400", "3600");
  Room room("clock-skew=" + skew);
  const test::TemporaryFolder folder;
  // The first call caches the catalogue; that the upstream was asked once must not let the second one through.
  for (int i = 0; i < 3; ++i) {
    const test::Run run = test::run_program({"ask", "--json", "--think", "off", "Why?"}, {{"HOME", folder.path()},
                                                                                         {"ORTHINK_BASE_URL", room.simulator->url()},
                                                                                         {"OPENROUTER_API_KEY", "sk-test-key"},
                                                                                         {"ORTHINK_STORE", "sqlite:" + folder.file("l.db")}});
    CHECK(run.exit_code != 0);
    CHECK(run.out.find("\"code\":\"clock_refused\"") != std::string::npos);
  }
  CHECK(room.posts() == 0);
}

TEST_CASE("many clean up after the same calls at once: each is counted once") {
  constexpr int kCalls = 12;
  Room room("no-usage");
  MemoryStore store;
  Instant ended;
  for (int i = 0; i < kCalls; ++i) ended = rig::pay(call_of("call-" + std::to_string(i)), *room.client, store).ended;
  std::vector<std::thread> threads;
  DueOptions all;
  all.takes_all = true;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { reconcile_due(store, *room.client, all); });
  for (std::thread& thread : threads) thread.join();
  check_agreed(store, room, ended);
  CHECK(rig::compare_books(store, room.simulator->bill()).lines.size() == kCalls);
}

TEST_CASE("what may have been bought is not bought again") {
  for (const char* fault : {"reset-after-request=1", "reset-billed=1", "hang=1", "hang-after-head=1", "408=1", "504=1", "504-billed=1",
                            "524=1", "eof-no-done=:1", "reset-midstream=:1", "stall=:1", "no-usage=1", "html-200=1", "wrong-length=:1"}) {
    INFO(fault);
    Room room(fault);
    MemoryStore store;
    const rig::CallEnd end = rig::pay(call_of("call-1"), *room.client, store);
    CHECK(end.receipt.attempts == 1);
    CHECK(room.posts() <= 1);
    CHECK(rig::settled_bill(*room.simulator).lines.size() <= 1);
  }
}

TEST_CASE("a storm of failures is no storm of purchases: each attempt has a hold of its own within the limit") {
  const NanoUsd bound = bound_of_a_call();
  Room room("502");
  MemoryStore store;
  const NanoUsd most{bound.nano * 5};
  size_t refused = 0;
  for (int i = 0; i < 20; ++i) {
    const rig::CallEnd end = rig::pay(call_of("call-" + std::to_string(i), most), *room.client, store);
    REQUIRE(end.error);
    refused += end.error->errc == Errc::budget_refused ? 1U : 0U;
  }
  CHECK(room.posts() == 5);  // an outcome that is not known stays held
  CHECK(refused >= 15);      // a call sends at least one request
}

}  // namespace
}  // namespace orthink
