// What processes that were killed left in the store.
#include "native/money/recovery.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "native/money/book.h"
#include "native/system.h"
#include "tests/native/money/money.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

using epoch::Epoch;
using epoch::Fate;

const std::vector<Scope> kPayers{Scope{}, {ScopeKind::user, "alice"}};
const ledger::ScopeList kLimits{{Scope{}, {}}, {{ScopeKind::user, "alice"}, *Limits::parse(R"({"usd_per_day":"1"})")}};

bool applied(const StoreReply& reply) {
  return reply.verdict == StoreReply::Verdict::applied;
}

HoldState state_of(Store& store, const std::string& key) {
  const Result<std::optional<StoredRow>> row = store.row(key);
  REQUIRE(row);
  REQUIRE(*row);
  return (*row)->state;
}

int64_t held(Store& store, const HoldRecord& record) {
  return store.counters({ledger::held_key(kPayers[1], false, record.day)})->front();
}

// As another process that runs on this machine would see it.
void put_epoch(Store& store, const std::string& id, const Epoch& epoch) {
  StoreBatch batch;
  batch.documents.push_back({"epoch/" + id, DocumentWrite::Expects::anything, {}, epoch.to_json(), Instant::never()});
  REQUIRE(applied(store.apply(batch)));
}

TEST_CASE("the fate of an epoch") {
  const Epoch self = Epoch::own();
  REQUIRE(self.start > 0);
  CHECK(epoch::fate(self, self) == Fate::alive);
  CHECK(Epoch::parse(self.to_json())->to_json() == self.to_json());
  const auto changed = [&](auto change) {
    Epoch other = self;
    change(other);
    return epoch::fate(other, self);
  };
  CHECK(changed([](Epoch& e) { e.start += 1; }) == Fate::dead);  // the number went to another process
  CHECK(changed([](Epoch& e) { e.pid = 0x3fffffff; }) == Fate::dead);
  CHECK(changed([](Epoch& e) { e.boot = "another"; }) == Fate::dead);
  CHECK(changed([](Epoch& e) { e.boot = "another", e.machine = "another"; }) == Fate::not_known);
  CHECK(changed([](Epoch& e) { e.space = "pid:[1]"; }) == Fate::not_known);
  CHECK(changed([](Epoch& e) { e.boot.clear(); }) == Fate::not_known);
  Epoch nowhere = self;
  nowhere.machine.clear();
  Epoch before = nowhere;
  before.boot = "another";
  CHECK(epoch::fate(before, nowhere) == Fate::not_known);
  nowhere.boot.clear();
  CHECK(epoch::fate(self, nowhere) == Fate::not_known);
  for (const char* text :
       {"", "{", "[]", "{}", R"({"pid":-1,"start":1})", R"({"pid":2147483648,"start":1})", R"({"pid":7})", R"({"pid":7,"start":"1"})"}) {
    CAPTURE(text);
    CHECK_FALSE(Epoch::parse(text));
  }
  // Words that are missing or of another type name no boot: nobody can say what became of it.
  for (const char* text : {R"({"pid":7,"start":1})", R"({"pid":7,"start":1,"boot":5})"})
    CHECK(epoch::fate(*Epoch::parse(text), self) == Fate::not_known);
}

TEST_CASE("what a dead process reserved is released, what it had sent becomes unknown") {
  test::StillStore store;
  const Epoch self = Epoch::own();
  Epoch gone = self;
  gone.start += 1;
  put_epoch(store, "gone", gone);
  put_epoch(store, "here", self);
  const HoldRecord reserved = test::record("call-1", kPayers, store.time);
  const HoldRecord sent = test::record("call-2", kPayers, store.time, {2000});
  const HoldRecord alive = test::record("call-3", kPayers, store.time, {4000});
  for (const HoldRecord& record : {reserved, sent}) REQUIRE(applied(store.apply(ledger::reserve(record, kLimits, "gone", store.time))));
  REQUIRE(applied(store.apply(ledger::mark_sent(sent, "gone", store.time))));
  REQUIRE(applied(store.apply(ledger::reserve(alive, kLimits, "here", store.time))));

  const Result<std::vector<HoldRecord>> lost = lost_in_flight(store, self);
  REQUIRE(lost);
  REQUIRE(lost->size() == 1);
  CHECK(lost->front().key() == sent.key());
  const Result<Recovered> done = recover(store, self);
  REQUIRE(done);
  CHECK(lost_in_flight(store, self)->empty());
  CHECK(done->released == 1);
  CHECK(done->unknown == 1);
  CHECK(done->epochs == 1);
  CHECK(state_of(store, "call-1/1") == HoldState::released);
  CHECK(state_of(store, "call-2/1") == HoldState::unknown);
  CHECK((*store.row("call-2/1"))->due == store.time);
  CHECK(state_of(store, "call-3/1") == HoldState::reserved);
  CHECK(held(store, sent) == 6000);
  CHECK_FALSE(*store.document("epoch/gone", store.time));
  CHECK(*store.document("epoch/here", store.time));

  const Result<Recovered> again = recover(store, self);
  REQUIRE(again);
  CHECK(again->released + again->unknown + again->epochs == 0);
}

// A dead process's call with an idempotency key: row 1 as `first`, and with `second` a retry that is reserved.
struct Claimed {
  Claimed(HoldState first, bool has_second) {
    HoldRecord record = test::record("call-1", kPayers, store.time);
    record.claim = claim.document_key();
    StoreBatch batch = ledger::reserve(record, kLimits, "gone", store.time);
    batch.documents.push_back(claim.begin(store.time));
    REQUIRE(applied(store.apply(batch)));
    const bool is_sent = first == HoldState::sent || first == HoldState::settled || first == HoldState::unknown;
    if (is_sent) REQUIRE(applied(store.apply(ledger::mark_sent(record, "gone", store.time))));
    if (first == HoldState::released) REQUIRE(applied(store.apply(ledger::release(record, HoldState::reserved, kLimits, store.time))));
    if (first == HoldState::unknown) REQUIRE(applied(store.apply(ledger::leave_unknown(record, store.time, store.time))));
    HoldRecord retry = record;
    record.actual = {700};
    record.source = AmountSource::provider;
    if (first == HoldState::settled) REQUIRE(applied(store.apply(ledger::settle(record, HoldState::sent, kLimits, store.time))));
    retry.row = 2;
    if (has_second) REQUIRE(applied(store.apply(ledger::reserve(retry, kLimits, "gone", store.time))));
  }
  // What whoever asks with the key now is told; nothing: it may buy.
  std::optional<Errc> refusal_now() {
    const std::optional<std::string> text = *store.document(claim.document_key(), store.time);
    if (!text) return std::nullopt;
    return refusal(read_claim(*text, claim), claim).errc;
  }
  test::StillStore store;
  Claim claim{"acme", "order-7", std::string(64, 'f'), "call-1"};
};

TEST_CASE("the idempotency key of a call that never went out is free after recovery, that of any other is not") {
  SECTION("reserved: nothing went out") {
    Claimed call(HoldState::reserved, false);
    CHECK(call.refusal_now() == Errc::idempotency_in_flight);
    REQUIRE(recover(call.store, Epoch::own()));
    CHECK(state_of(call.store, "call-1/1") == HoldState::released);
    CHECK_FALSE(call.refusal_now());
  }
  SECTION("sent: nobody knows, and nobody buys on a doubt") {
    Claimed call(HoldState::sent, false);
    REQUIRE(recover(call.store, Epoch::own()));
    CHECK(state_of(call.store, "call-1/1") == HoldState::unknown);
    CHECK(call.refusal_now() == Errc::idempotency_in_flight);
  }
  SECTION("a retry was reserved") {
    const HoldState first = GENERATE(HoldState::released, HoldState::settled, HoldState::unknown);
    Claimed call(first, true);
    REQUIRE(recover(call.store, Epoch::own()));
    CHECK(state_of(call.store, "call-1/2") == HoldState::released);
    CHECK(call.refusal_now().has_value() == (first != HoldState::released));
  }
  SECTION("the store has lost a row of the call") {
    Claimed call(HoldState::released, false);
    HoldRecord third = test::record("call-1", kPayers, call.store.time);
    third.row = 3;
    third.claim = call.claim.document_key();
    REQUIRE(applied(call.store.apply(ledger::reserve(third, kLimits, "gone", call.store.time))));
    REQUIRE(recover(call.store, Epoch::own()));
    CHECK(call.refusal_now() == Errc::idempotency_in_flight);
  }
}

TEST_CASE("a key that is another's by now, or gone, or cannot be read is left as it is") {
  Claimed call(HoldState::reserved, false);
  Claim other = call.claim;
  other.call_id = "call-2";
  std::optional<std::string> text;
  SECTION("gone") {}
  SECTION("another call's") {
    text = other.begin(call.store.time).text;
  }
  SECTION("done") {
    text = call.claim.finish("{}", call.store.time).text;
  }
  SECTION("not to be read") {
    text = "{";
  }
  StoreBatch batch;
  batch.documents.push_back({call.claim.document_key(), DocumentWrite::Expects::anything, {}, text, Instant::never()});
  REQUIRE(applied(call.store.apply(batch)));
  REQUIRE(recover(call.store, Epoch::own()));
  CHECK(state_of(call.store, "call-1/1") == HoldState::released);
  CHECK(*call.store.document(call.claim.document_key(), call.store.time) == text);
}

TEST_CASE("time alone frees nothing that was sent") {
  test::StillStore store;
  Epoch elsewhere = Epoch::own();
  elsewhere.boot = "another";
  elsewhere.machine = "another";
  put_epoch(store, "far", elsewhere);
  const HoldRecord reserved = test::record("call-1", kPayers, store.time);
  const HoldRecord sent = test::record("call-2", kPayers, store.time, {2000});
  for (const HoldRecord& record : {reserved, sent}) REQUIRE(applied(store.apply(ledger::reserve(record, kLimits, "far", store.time))));
  REQUIRE(applied(store.apply(ledger::mark_sent(sent, "far", store.time))));

  store.time = sent.deadline + Duration::seconds(600) + Duration::micros(-1);
  REQUIRE(recover(store, Epoch::own()));
  CHECK(state_of(store, "call-1/1") == HoldState::reserved);
  CHECK(state_of(store, "call-2/1") == HoldState::sent);
  store.time = sent.deadline + Duration::seconds(600);
  REQUIRE(recover(store, Epoch::own()));
  CHECK(state_of(store, "call-1/1") == HoldState::released);
  CHECK(state_of(store, "call-2/1") == HoldState::unknown);
  store.time = store.time + Duration::seconds(400 * 86'400);
  REQUIRE(recover(store, Epoch::own()));
  CHECK(state_of(store, "call-2/1") == HoldState::unknown);
  CHECK(held(store, sent) == 2000);
  CHECK(*store.document("epoch/far", store.time));  // nobody here can say that it is dead
}

TEST_CASE("an epoch that cannot be read is nobody's to end, and a row without a deadline waits for ever") {
  test::StillStore store;
  StoreBatch batch;
  batch.documents.push_back({"epoch/odd", DocumentWrite::Expects::anything, {}, "{", Instant::never()});
  REQUIRE(applied(store.apply(batch)));
  HoldRecord endless = test::record("call-1", kPayers, store.time);
  endless.deadline = Instant::never();
  const HoldRecord ending = test::record("call-2", kPayers, store.time);
  for (const HoldRecord& record : {endless, ending}) REQUIRE(applied(store.apply(ledger::reserve(record, kLimits, "odd", store.time))));
  store.time = store.time + Duration::seconds(400 * 86'400);
  const Result<Recovered> done = recover(store, Epoch::own());
  REQUIRE(done);
  CHECK(done->released == 1);
  CHECK(done->epochs == 0);
  CHECK(state_of(store, "call-1/1") == HoldState::reserved);
  CHECK(state_of(store, "call-2/1") == HoldState::released);
}

// Another recovers first, between what this one reads and what it writes.
class Overtaken : public test::StillStore {
 public:
  StoreReply apply(const StoreBatch& batch) override {
    if (std::exchange(is_armed, false)) REQUIRE(recover(*this, Epoch::own()));
    return MemoryStore::apply(batch);
  }
  bool is_armed = false;
};

TEST_CASE("of two who recover at once each row is moved by one") {
  Overtaken store;
  for (const char* id : {"call-1", "call-2"})
    REQUIRE(applied(store.apply(ledger::reserve(test::record(id, kPayers, store.time), kLimits, "gone", store.time))));
  store.is_armed = true;
  const Result<Recovered> done = recover(store, Epoch::own());
  REQUIRE(done);
  CHECK(done->released == 0);
  CHECK(state_of(store, "call-1/1") == HoldState::released);
  CHECK(state_of(store, "call-2/1") == HoldState::released);
  CHECK(held(store, test::record("call-1", kPayers, store.time)) == 0);
}

TEST_CASE("a row that cannot be read is left alone, and so is its epoch") {
  test::StillStore store;
  Epoch gone = Epoch::own();
  gone.start += 1;
  put_epoch(store, "gone", gone);
  StoreBatch batch;
  batch.rows.push_back({"call-1/1", HoldState::none, HoldState::sent, "global", "gone", store.time, Instant::never(), "{"});
  REQUIRE(applied(store.apply(batch)));
  const Result<Recovered> done = recover(store, Epoch::own());
  REQUIRE(done);
  CHECK(done->epochs == 0);
  CHECK(state_of(store, "call-1/1") == HoldState::sent);
}

// The child kills itself where it is told to, with its book open.
enum class Point : uint8_t { opened, reserved, sent, settled };

[[noreturn]] void live_until(Point point, const Config& config) {
  const Result<std::unique_ptr<Book>> book = Book::open(config);
  if (!book) ::_exit(1);
  Store& store = (*book)->store();
  const Instant at = wall_now();
  HoldRecord record = test::record("call-1", kPayers, at);
  const auto reach = [&](Point here, const StoreBatch& batch) {
    if (!applied(store.apply(batch))) ::_exit(2);
    if (here == point) ::raise(SIGKILL);
  };
  if (point == Point::opened) ::raise(SIGKILL);
  reach(Point::reserved, ledger::reserve(record, kLimits, (*book)->epoch(), at));
  reach(Point::sent, ledger::mark_sent(record, (*book)->epoch(), at));
  record.actual = {700};
  record.source = AmountSource::provider;
  reach(Point::settled, ledger::settle(record, HoldState::sent, kLimits, at));
  ::_exit(3);
}

TEST_CASE("a killed process is found by the next one that opens the book") {
  const Point point = GENERATE(Point::opened, Point::reserved, Point::sent, Point::settled);
  const bool is_reaped = GENERATE(true, false);  // a zombie is dead too
  const test::TemporaryFolder folder;
  const Config config = test::config({{"ORTHINK_STORE", "sqlite:" + folder.file("ledger.db")}});
  const pid_t child = ::fork();
  if (child == 0) live_until(point, config);
  siginfo_t end{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | (is_reaped ? 0 : WNOWAIT)) == 0);
  CHECK(end.si_code == CLD_KILLED);

  const Result<std::unique_ptr<Book>> book = Book::open(config);
  if (!is_reaped) ::waitpid(child, nullptr, 0);
  REQUIRE(book);
  Store& store = (*book)->store();
  const Result<Store::Texts> epochs = store.documents("epoch/", wall_now());
  REQUIRE(epochs);
  REQUIRE(epochs->size() == 1);
  CHECK(epochs->front().first == "epoch/" + (*book)->epoch());
  const std::vector<std::string> keys{ledger::committed_key(kPayers[1], true, window::month_of(wall_now())),
                                      ledger::held_key(kPayers[1], true, window::month_of(wall_now()))};
  const std::vector<int64_t> money = *store.counters(keys);
  switch (point) {
    case Point::opened:
      CHECK_FALSE(*store.row("call-1/1"));
      CHECK(money == std::vector<int64_t>{0, 0});
      break;
    case Point::reserved:
      CHECK(state_of(store, "call-1/1") == HoldState::released);
      CHECK(money == std::vector<int64_t>{0, 0});
      break;
    case Point::sent:
      CHECK(state_of(store, "call-1/1") == HoldState::unknown);
      CHECK(money == std::vector<int64_t>{1000, 1000});
      break;
    case Point::settled:
      CHECK(state_of(store, "call-1/1") == HoldState::settled);
      CHECK(money == std::vector<int64_t>{700, 0});
      break;
  }
}

TEST_CASE("a process that runs keeps its rows while others open the book") {
  const test::TemporaryFolder folder;
  const Config config = test::config({{"ORTHINK_STORE", "sqlite:" + folder.file("ledger.db")}});
  int ready[2];
  int go[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(go) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(go[1]);
    char byte = 'x';
    const Result<std::unique_ptr<Book>> book = Book::open(config);
    const Instant at = wall_now();
    if (!book || !applied((*book)->store().apply(ledger::reserve(test::record("call-1", kPayers, at), kLimits, (*book)->epoch(), at))))
      ::_exit(1);
    if (::write(ready[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) < 0) ::_exit(2);
    ::raise(SIGKILL);
  }
  ::close(go[0]);
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  {
    const Result<std::unique_ptr<Book>> book = Book::open(config);
    REQUIRE(book);
    CHECK(state_of((*book)->store(), "call-1/1") == HoldState::reserved);
    CHECK((*book)->store().documents("epoch/", wall_now())->size() == 2);
  }
  ::close(go[1]);
  ::waitpid(child, nullptr, 0);
  for (const int fd : {ready[0], ready[1]}) ::close(fd);
  const Result<std::unique_ptr<Book>> book = Book::open(config);
  REQUIRE(book);
  CHECK(state_of((*book)->store(), "call-1/1") == HoldState::released);
}

}  // namespace
}  // namespace orthink
