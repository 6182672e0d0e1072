// Outcomes that were lost, asked of the simulator afterwards.
#include "native/money/due.h"

#include <catch2/catch_test_macros.hpp>

#include "native/money/recovery.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "tests/native/money/calls.h"
#include "tests/native/raw_server.h"

namespace orthink {
namespace {

StoredRow row_of(Store& store, const std::string& key) {
  const Result<std::optional<StoredRow>> row = store.row(key);
  REQUIRE(row);
  REQUIRE(*row);
  return **row;
}

std::string money_of(Store& store) {
  const int64_t day = window::day_of(test::CallRoom::created(store));
  const std::vector<int64_t> money = *store.counters({ledger::committed_key({}, false, day), ledger::held_key({}, false, day)});
  return NanoUsd{money[0] - money[1]}.to_money().to_decimal() + " spent, " + NanoUsd{money[1]}.to_money().to_decimal() + " held";
}

TEST_CASE("an answer that was lost after the work was done is settled with what the upstream charged") {
  const test::CallRoom room("reset-midstream=3,generation-404=2");
  test::StillStore store;
  store.time = now();
  const std::string key = room.call(store);
  const StoredRow lost = row_of(store, key);
  REQUIRE(lost.state == HoldState::unknown);
  const HoldRecord record = *HoldRecord::parse(lost.record);
  REQUIRE_FALSE(record.generation_id.empty());

  for (int pass = 1; pass <= 2; ++pass) {  // not stored yet
    const Reconciled done = reconcile_due(store, room.client(), {.takes_all = true, .on_verdict = {}});
    CHECK_FALSE(done.error);
    CHECK(done.still_unknown == 1);
    CHECK(row_of(store, key).state == HoldState::unknown);
    CHECK(row_of(store, key).due > store.time);
  }
  std::vector<std::string> told;
  DueOptions options{.takes_all = true, .on_verdict = {}};
  options.on_verdict = [&](const std::string& of, const reconcile::Verdict& verdict) { told.push_back(of + " " + verdict.why); };
  const Reconciled done = reconcile_due(store, room.client(), options);
  CHECK(done.settled == 1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with(key));
  const StoredRow settled = row_of(store, key);
  CHECK(settled.state == HoldState::settled);
  const Money billed = room.simulator().bill().total;
  CHECK(billed > Money::zero());
  CHECK(HoldRecord::parse(settled.record)->actual == NanoUsd::ceil(billed));
  CHECK(money_of(store) == NanoUsd::ceil(billed).to_money().to_decimal() + " spent, 0 held");
  CHECK(reconcile_due(store, room.client(), {.takes_all = true, .on_verdict = {}}).settled == 0);
}

TEST_CASE("what is not due is not asked, unless all are") {
  const test::CallRoom room("reset-midstream=3");
  test::StillStore store;
  store.time = now();
  const std::string key = room.call(store);
  store.time = row_of(store, key).due + Duration::micros(-1);
  const size_t asked = room.simulator().requests().size();
  CHECK(reconcile_due(store, room.client(), {.on_verdict = {}}).still_unknown == 0);
  CHECK(room.simulator().requests().size() == asked);
  store.time = row_of(store, key).due;
  CHECK(reconcile_due(store, room.client(), {.on_verdict = {}}).settled == 1);
}

TEST_CASE("one that never comes is charged at its bound after a day, and flagged") {
  const test::CallRoom room("reset-midstream=3,generation-never");
  test::StillStore store;
  store.time = now();
  const std::string key = room.call(store);
  const NanoUsd bound = HoldRecord::parse(row_of(store, key).record)->bound;
  uint64_t questions = 0;
  while (row_of(store, key).state == HoldState::unknown) {
    store.time = row_of(store, key).due;
    REQUIRE(++questions < 100);
    REQUIRE_FALSE(reconcile_due(store, room.client(), {.on_verdict = {}}).error);
  }
  const HoldRecord record = *HoldRecord::parse(row_of(store, key).record);
  CHECK(record.actual == bound);
  CHECK(record.source == AmountSource::bound);
  CHECK(record.is_flagged);
  CHECK(store.time - record.created >= Duration::seconds(86'400));
}

TEST_CASE("an upstream that is away leaves the row for later") {
  test::CallRoom room("reset-midstream=3");
  test::StillStore store;
  store.time = now();
  const std::string key = room.call(store);
  room.simulator().stop();
  const Reconciled done = reconcile_due(store, room.client(), {.takes_all = true, .on_verdict = {}});
  REQUIRE(done.error);
  CHECK(done.still_unknown == 1);
  CHECK(row_of(store, key).state == HoldState::unknown);
  CHECK(HoldRecord::parse(row_of(store, key).record)->asks == 1);
}

TEST_CASE("without a generation to ask for, the bound is charged once the call must be over") {
  const test::CallRoom room("");
  test::StillStore store;
  store.time = now();
  const HoldRecord record = test::record("call-1", {Scope{}}, store.time);
  const ledger::ScopeList limits = test::unlimited({Scope{}});
  store.apply(ledger::reserve(record, limits, "gone", store.time));
  store.apply(ledger::mark_sent(record, "gone", store.time));
  REQUIRE(recover(store, epoch::Epoch::own()));  // its epoch was never there
  CHECK(reconcile_due(store, room.client(), {.on_verdict = {}}).still_unknown == 1);
  CHECK(row_of(store, "call-1/1").due == record.deadline);
  store.time = record.deadline;
  CHECK(reconcile_due(store, room.client(), {.on_verdict = {}}).charged_bound == 1);
  CHECK(HoldRecord::parse(row_of(store, "call-1/1").record)->is_flagged);
}

// Settles the row while it is being asked about.
class Overtaken : public test::StillStore {
 public:
  StoreReply apply(const StoreBatch& batch) override {
    const bool is_verdict = !batch.rows.empty() && batch.rows.front().from.has(HoldState::unknown);
    if (is_verdict && is_armed) {
      is_armed = false;
      HoldRecord record = *HoldRecord::parse(batch.rows.front().record);
      record.actual = {1};
      record.source = AmountSource::provider;
      MemoryStore::apply(ledger::settle(record, HoldState::unknown, {}, time));
    }
    return MemoryStore::apply(batch);
  }
  bool is_armed = false;
};

TEST_CASE("a row that another has moved is left alone") {
  const test::CallRoom room("reset-midstream=3");
  Overtaken store;
  store.time = now();
  const std::string key = room.call(store);
  store.is_armed = true;
  const Reconciled done = reconcile_due(store, room.client(), {.takes_all = true, .on_verdict = {}});
  CHECK_FALSE(done.error);
  CHECK(done.settled + done.still_unknown == 0);
  CHECK(HoldRecord::parse(row_of(store, key).record)->actual == NanoUsd{1});
}

uint32_t asks_of(Store& store, const std::string& key) {
  return HoldRecord::parse(row_of(store, key).record)->asks;
}

// A row whose outcome is not known, due at once.
void leave_unknown(test::StillStore& store, const std::string& id, Instant due) {
  HoldRecord record = test::record(id, {Scope{}}, store.time);
  record.generation_id = "gen-" + id;
  store.apply(ledger::reserve(record, test::unlimited({Scope{}}), "gone", store.time));
  store.apply(ledger::mark_sent(record, "gone", store.time));
  store.apply(ledger::leave_unknown(record, due, store.time));
}

TEST_CASE("once there is no upstream, no time or no wish, the rest is left at once") {
  const test::CallRoom room("");
  test::StillStore store;
  store.time = now();
  // The first is not due yet; nobody waits for it when the second found no upstream.
  leave_unknown(store, "call-1", store.time + Duration::seconds(3000));
  leave_unknown(store, "call-2", store.time);
  SECTION("no upstream") {
    room.simulator().stop();
    SECTION("one is not due yet: it is not waited for") {
      const Reconciled done = reconcile_due(store, room.client(), {.until = now() + Duration::seconds(3600), .on_verdict = {}});
      CHECK(done.error);
      CHECK(asks_of(store, "call-1/1") == 0);
      CHECK(asks_of(store, "call-2/1") == 1);
    }
    SECTION("both are asked about") {
      CHECK(reconcile_due(store, room.client(), {.takes_all = true, .on_verdict = {}}).error);
      CHECK(asks_of(store, "call-1/1") + asks_of(store, "call-2/1") == 1);
    }
  }
  SECTION("no time") {
    const Reconciled done = reconcile_due(store, room.client(), {.until = now(), .takes_all = true, .on_verdict = {}});
    CHECK_FALSE(done.error);
    CHECK(asks_of(store, "call-1/1") + asks_of(store, "call-2/1") == 0);
  }
  SECTION("no wish") {
    Wakeup stop;
    stop.notify();
    test::RawServer silent([](test::Connection& c) {
      c.read_request();
      c.wait_closed();
    });
    const auto asked = std::move(*HttpClient::create(silent.url(), Secret("sk-test")));
    const Reconciled done = reconcile_due(store, *asked, {.takes_all = true, .stop_fd = stop.fd(), .on_verdict = {}});
    CHECK_FALSE(done.error);
    CHECK(asks_of(store, "call-1/1") + asks_of(store, "call-2/1") == 0);
  }
}

TEST_CASE("who waits for what comes due can be called away") {
  const test::CallRoom room("");
  test::StillStore store;
  store.time = now();
  leave_unknown(store, "call-1", store.time + Duration::seconds(3000));
  Wakeup stop;
  stop.notify();
  const Reconciled done =
      reconcile_due(store, room.client(), {.until = now() + Duration::seconds(3600), .stop_fd = stop.fd(), .on_verdict = {}});
  CHECK_FALSE(done.error);
  CHECK(room.simulator().requests().empty());
}

TEST_CASE("a row that cannot be read stays as it is, and the others are asked about") {
  const test::CallRoom room("reset-midstream=3");
  test::StillStore store;
  store.time = now();
  const std::string key = room.call(store);
  StoreBatch batch;
  batch.rows.push_back({"call-0/1", HoldState::none, HoldState::unknown, "global", {}, store.time, store.time, "{"});
  REQUIRE(store.apply(batch).verdict == StoreReply::Verdict::applied);
  const Reconciled done = reconcile_due(store, room.client(), {.takes_all = true, .on_verdict = {}});
  CHECK_FALSE(done.error);
  CHECK(done.settled == 1);
  CHECK(done.still_unknown == 1);
  CHECK(row_of(store, "call-0/1").record == "{");
  CHECK(row_of(store, key).state == HoldState::settled);
}

TEST_CASE("asking stops when it is told to, and what comes due in time is waited for") {
  const test::CallRoom room("reset-midstream=3");
  MemoryStore store;
  const std::string key = room.call(store);
  Wakeup stop;
  stop.notify();
  const DueOptions stopped{.until = now() + Duration::seconds(60), .takes_all = true, .stop_fd = stop.fd(), .on_verdict = {}};
  test::RawServer silent([](test::Connection& c) {
    c.read_request();
    c.wait_closed();
  });
  const auto asked = std::move(*HttpClient::create(silent.url(), Secret("sk-test")));
  const Reconciled nothing = reconcile_due(store, *asked, stopped);
  CHECK_FALSE(nothing.error);
  CHECK(nothing.settled + nothing.still_unknown == 0);
  CHECK(HoldRecord::parse(row_of(store, key).record)->asks == 0);  // a question that was cut short is none
  const Reconciled late = reconcile_due(store, *asked, {.until = now() + Duration::millis(50), .takes_all = true, .on_verdict = {}});
  CHECK_FALSE(late.error);
  CHECK(late.settled + late.still_unknown == 0);
  CHECK(HoldRecord::parse(row_of(store, key).record)->asks == 0);  // nor is one for which there was no time left
  CHECK(reconcile_due(store, room.client(), {.until = now(), .on_verdict = {}}).settled == 0);
  CHECK(reconcile_due(store, room.client(), {.until = now() + Duration::seconds(60), .on_verdict = {}}).settled == 1);
}

}  // namespace
}  // namespace orthink
