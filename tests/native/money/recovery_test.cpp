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
  CHECK_FALSE(Epoch::parse("{}"));
  CHECK_FALSE(Epoch::parse(R"({"pid":-1,"start":1})"));
  CHECK_FALSE(Epoch::parse("[]"));
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

  const Result<Recovered> done = recover(store, self);
  REQUIRE(done);
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
