// The n-th thing asked of the store fails, once or from then on, for every n: each function of the room says so and breaks nothing.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <utility>

#include "native/money/audit_store.h"
#include "native/money/book.h"
#include "native/money/clock_guard.h"
#include "native/money/due.h"
#include "native/money/epoch.h"
#include "native/money/limit_table.h"
#include "native/money/recovery.h"
#include "native/money/seals.h"
#include "orthink/ledger/idempotency.h"
#include "tests/native/money/calls.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink {
namespace {

class Failing : public test::StillStore {
 public:
  Failing() { time = wall_now(); }
  // The call number `first` from now fails, and with `is_lasting` all later ones.
  void fail_from(int first, bool is_lasting) {
    calls_ = 0;
    first_ = first;
    is_lasting_ = is_lasting;
  }
  void heal() { first_ = 0; }
  [[nodiscard]] bool has_failed() const { return first_ > 0 && calls_ >= first_; }

  StoreReply apply(const StoreBatch& batch) override {
    if (!fails()) return MemoryStore::apply(batch);
    StoreReply reply;
    reply.verdict = StoreReply::Verdict::unavailable;
    if (batch.rows.empty()) reply.found_text = "planted";
    return reply;
  }
  Result<std::optional<StoredRow>> row(const std::string& key) override {
    if (fails()) return planted();
    return MemoryStore::row(key);
  }
  Result<void> rows(const RowQuery& query, const OnRow& on_row) override {
    if (fails()) return planted();
    if (meanwhile) std::exchange(meanwhile, nullptr)(*this);
    return MemoryStore::rows(query, on_row);
  }
  Result<std::vector<int64_t>> counters(const std::vector<std::string>& keys) override {
    if (fails()) return planted();
    return MemoryStore::counters(keys);
  }
  Result<int64_t> mark(const std::string& key) override {
    if (fails()) return planted();
    return MemoryStore::mark(key);
  }
  Result<void> all_counters(const OnCounter& on_counter) override {
    if (fails()) return planted();
    return MemoryStore::all_counters(on_counter);
  }
  Result<std::optional<std::string>> document(const std::string& key, Instant at) override {
    if (fails()) return planted();
    return MemoryStore::document(key, at);
  }
  Result<Texts> documents(std::string_view prefix, Instant at) override {
    if (fails()) return planted();
    return MemoryStore::documents(prefix, at);
  }
  Result<std::vector<std::string>> accounts() override {
    if (fails()) return planted();
    return MemoryStore::accounts();
  }
  Result<void> journal(const std::string& account, uint64_t from, const OnLine& on_line) override {
    if (fails()) return planted();
    return MemoryStore::journal(account, from, on_line);
  }
  Result<Instant> now() override {
    if (fails()) return planted();
    return StillStore::now();
  }
  std::function<void(MemoryStore&)> meanwhile;  // what another does, once, before rows are read

 private:
  static Error planted() { return make_error(Errc::store_unavailable, "planted"); }
  bool fails() {
    ++calls_;
    return first_ > 0 && (is_lasting_ ? calls_ >= first_ : calls_ == first_);
  }
  int calls_ = 0;
  int first_ = 0;
  bool is_lasting_ = false;
};

const Scope kAlice{ScopeKind::user, "alice"};

// What there is to do for everyone: limits, a block, rows of a dead process, a row that is due.
void furnish(Failing& store) {
  const std::vector<Scope> scopes{Scope{}, kAlice};
  const ledger::ScopeList limits = test::unlimited(scopes);
  REQUIRE(change_limits(store, kAlice, {{LimitKind::usd_per_day, 5}}));
  StoreBatch batch;
  epoch::Epoch gone = epoch::Epoch::own();
  gone.start += 1;
  batch.documents.push_back({"epoch/gone", DocumentWrite::Expects::anything, {}, gone.to_json(), Instant::never()});
  REQUIRE(store.apply(batch).verdict == StoreReply::Verdict::applied);
  for (const char* id : {"call-1", "call-2", "call-3"})
    store.apply(ledger::reserve(test::record(id, scopes, store.time), limits, "gone", store.time));
  for (const char* id : {"call-2", "call-3"}) store.apply(ledger::mark_sent(test::record(id, scopes, store.time), "gone", store.time));
  store.apply(ledger::leave_unknown(test::record("call-3", scopes, store.time), store.time, store.time));
  StoreBatch block;  // after the reservations, which it would refuse
  block.additions.push_back({ledger::blocked_key(kAlice), 1, std::nullopt});
  store.apply(block);
  REQUIRE((*store.row("call-3/1"))->state == HoldState::unknown);
}

using Job = std::function<std::optional<Error>(Failing&)>;

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

void sweep(const Job& job) {
  const bool is_lasting = GENERATE(false, true);
  int n = 0;
  for (bool has_failed = true; has_failed;) {
    Failing store;
    furnish(store);
    store.fail_from(++n, is_lasting);
    const std::optional<Error> error = job(store);
    has_failed = store.has_failed();
    INFO("call " << n);
    CHECK(error.has_value() == has_failed);
    if (error) CHECK(error->errc == Errc::store_unavailable);
    store.heal();
    CHECK_FALSE(job(store));  // and again, once the store is well
    REQUIRE(n < 100);
  }
  CHECK(n > 1);
}

TEST_CASE("limits are read, changed and lifted, or it is said why not") {
  SECTION("read") {
    sweep([](Failing& store) { return error_of(limits_of(store, test::config(), {Scope{}, kAlice})); });
  }
  SECTION("change") {
    sweep([](Failing& store) { return error_of(change_limits(store, kAlice, {{LimitKind::requests_per_day, 7}})); });
  }
  SECTION("forget") {
    sweep([](Failing& store) { return error_of(change_limits(store, kAlice, {})); });
  }
  SECTION("clear") {
    sweep([](Failing& store) { return error_of(clear_block(store, kAlice)); });
  }
  SECTION("known") {
    sweep([](Failing& store) { return error_of(known_scopes(store)); });
  }
}

TEST_CASE("epochs, recovery and the clock's anchor, or it is said why not") {
  SECTION("epoch") {
    sweep([](Failing& store) {
      const Result<std::string> id = epoch::begin(store);
      return id ? error_of(epoch::end(store, *id)) : std::optional(id.error());
    });
  }
  SECTION("recovery") {
    sweep([](Failing& store) { return error_of(recover(store, epoch::Epoch::own())); });
  }
  SECTION("recovery of a call with an idempotency key") {
    sweep([](Failing& store) -> std::optional<Error> {
      const Claim claim{"", "order-7", std::string(64, 'f'), "call-4"};
      HoldRecord record = test::record("call-4", {Scope{}}, store.time);
      record.claim = claim.document_key();
      const ledger::ScopeList limits = test::unlimited(record.scopes);
      StoreBatch first = ledger::reserve(record, limits, "gone", store.time);
      first.documents.push_back(claim.begin(store.time));
      store.MemoryStore::apply(first);
      store.MemoryStore::apply(ledger::release(record, HoldState::reserved, limits, store.time));
      record.row = 2;
      store.MemoryStore::apply(ledger::reserve(record, limits, "gone", store.time));
      const Result<Recovered> done = recover(store, epoch::Epoch::own());
      if (done) CHECK_FALSE(*store.MemoryStore::document(claim.document_key(), store.time));
      return error_of(done);
    });
  }
  SECTION("clock") {
    sweep([](Failing& store) {
      const Result<clock_guard::Reading> reading = clock_guard::read(store);
      if (!reading) return std::optional(reading.error());
      return error_of(clock_guard::check(store, *reading));
    });
  }
  SECTION("anchor") {
    sweep([](Failing& store) {
      const Result<clock_guard::Reading> reading = clock_guard::read(store);
      if (!reading) return std::optional(reading.error());
      return error_of(clock_guard::anchor_anew(store, *reading));
    });
  }
}

// The block of furnish() is of no call; nothing else is wrong.
void check_whole(const AuditReport& report) {
  REQUIRE(report.findings_total == 1);
  CHECK(report.findings.front().code == finding::blocked_wrong);
  CHECK(report.rows == 3);
}

TEST_CASE("journals are sealed and audited, or it is said why not") {
  SECTION("sealed") {
    sweep([](Failing& store) { return error_of(seal_journals(store, 1)); });
  }
  SECTION("sealed once more") {
    sweep([](Failing& store) {
      const Result<Sealed> first = seal_journals(store, 2);
      return first ? error_of(seal_journals(store, 1)) : std::optional(first.error());
    });
  }
  SECTION("audited") {
    sweep([](Failing& store) -> std::optional<Error> {
      const Result<AuditReport> report = audit_store(store);
      if (!report) return report.error();
      check_whole(*report);
      return std::nullopt;
    });
  }
  SECTION("audited while another moves a row") {
    sweep([](Failing& store) -> std::optional<Error> {
      // Its line comes after the lines were read: row and counters are looked at again.
      store.meanwhile = [](MemoryStore& same) {
        const HoldRecord record = *HoldRecord::parse((*same.MemoryStore::row("call-1/1"))->record);
        same.MemoryStore::apply(ledger::release(record, HoldState::reserved, {}, record.created));
      };
      const Result<AuditReport> report = audit_store(store);
      if (!report) return report.error();
      check_whole(*report);
      return std::nullopt;
    });
  }
}

TEST_CASE("what a sealer could not finish is finished by the next, in one chain") {
  for (int n = 1; n < 12; ++n) {
    Failing store;
    furnish(store);
    store.fail_from(n, true);
    static_cast<void>(seal_journals(store, 2));
    store.heal();
    REQUIRE(seal_journals(store, 1));
    const Result<AuditReport> report = audit_store(store);
    REQUIRE(report);
    check_whole(*report);
    CHECK(report->lines_sealed == report->lines);
  }
}

TEST_CASE("what recovery could not finish is finished by the next") {
  for (int n = 1; n < 12; ++n) {
    Failing store;
    furnish(store);
    store.fail_from(n, true);
    static_cast<void>(recover(store, epoch::Epoch::own()));
    store.heal();
    REQUIRE(recover(store, epoch::Epoch::own()));
    CHECK((*store.row("call-1/1"))->state == HoldState::released);
    CHECK((*store.row("call-2/1"))->state == HoldState::unknown);
    CHECK_FALSE(*store.document("epoch/gone", store.time));
    CHECK(store.counters({ledger::held_key({}, false, window::day_of(store.time))})->front() == 2000);
  }
}

TEST_CASE("a book opens and names limits, or says why not") {
  const Config config = test::config();
  sweep([&](Failing& store) -> std::optional<Error> {
    const Result<std::unique_ptr<Book>> book = Book::open(config, std::make_unique<test::WrappedStore>(store));
    if (!book) return book.error();
    const Result<LedgerOptions> options = (*book)->options_for({Scope{}, kAlice});
    if (!options) return options.error();
    const Result<Duration> ahead = (*book)->clock_ahead();
    if (!ahead) return ahead.error();
    store.heal();  // giving the epoch back may fail: a dead process's document goes with the next recovery
    return std::nullopt;
  });
}

TEST_CASE("asking for outcomes stops where the store does, and goes on from there") {
  const test::CallRoom room("");
  sweep([&](Failing& store) -> std::optional<Error> {
    DueOptions options;
    options.takes_all = true;
    return reconcile_due(store, room.client(), options).error;
  });
}

}  // namespace
}  // namespace orthink
