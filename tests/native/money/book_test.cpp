#include "native/money/book.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>

#include "native/money/epoch.h"
#include "native/money/limit_table.h"
#include "native/money/recovery.h"
#include "tests/native/money/calls.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

std::string text_of(const std::vector<Scope>& scopes) {
  std::string text;
  for (const Scope& scope : scopes) text += scope.to_text() + " ";
  return text;
}

TEST_CASE("who pays: global first, then those the call names") {
  const Config config = test::config();
  Ask ask;
  CHECK(text_of(payers(config, ask, "")) == "global user:local ");
  CHECK(text_of(payers(test::config({{"ORTHINK_USER", "carol"}}), ask, "0123")) == "global user:carol key:0123 ");
  ask.user = "alice";
  ask.tenant = "acme";
  ask.session = "s:1";
  CHECK(text_of(payers(config, ask, "0123")) == "global tenant:acme user:alice key:0123 session:s:1 ");
  // An id that no scope can have is still charged, always to the same scope.
  ask.user = "a\nb";
  const std::vector<Scope> odd = payers(config, ask, "");
  CHECK(odd == payers(config, ask, ""));
  CHECK(odd[2].id.starts_with("sha256-"));
  for (const Scope& scope : odd) CHECK(Scope::parse(scope.to_text()));
}

TEST_CASE("a limit that is changed while a book is open holds for its next call") {
  const test::TemporaryFolder folder;
  const Config config = test::config({{"ORTHINK_STORE", "sqlite:" + folder.file("l.db")}, {"ORTHINK_WARN_PERCENT", "60"}, {"ORTHINK_SLICE_TOKENS", "512"}});
  const Result<std::unique_ptr<Book>> book = Book::open(config);
  REQUIRE(book);
  const std::vector<Scope> scopes = payers(config, Ask{}, "0123");
  const Result<LedgerOptions> before = (*book)->options_for(scopes);
  REQUIRE(before);
  CHECK(before->epoch == (*book)->epoch());
  CHECK(before->warn_percent == 60);
  CHECK(before->slice_tokens == 512);
  REQUIRE(before->scopes.size() == 3);
  CHECK(before->scopes[1].limits.get(LimitKind::usd_per_day) == 50'000'000'000);
  {
    const Result<std::unique_ptr<Store>> other = open_store(config.store());  // as `budget set` of another process does it
    REQUIRE(other);
    REQUIRE(change_limits(**other, scopes[1], {{LimitKind::usd_per_day, 3}}));
    REQUIRE(change_limits(**other, scopes[2], {{LimitKind::requests_per_minute, 4}}));
  }
  const Result<LedgerOptions> after = (*book)->options_for(scopes);
  REQUIRE(after);
  CHECK(after->scopes[1].limits.get(LimitKind::usd_per_day) == 3);
  CHECK(after->scopes[2].limits.get(LimitKind::requests_per_minute) == 4);
}

TEST_CASE("two books of one process are two epochs, and give them back") {
  const test::TemporaryFolder folder;
  const Config config = test::config({{"ORTHINK_STORE", "sqlite:" + folder.file("l.db")}});
  Result<std::unique_ptr<Book>> one = Book::open(config);
  REQUIRE(one);
  {
    const Result<std::unique_ptr<Book>> two = Book::open(config);
    REQUIRE(two);
    CHECK((*one)->epoch() != (*two)->epoch());
    CHECK((*one)->store().documents("epoch/", Instant::zero())->size() == 2);
  }
  CHECK((*one)->store().documents("epoch/", Instant::zero())->size() == 1);
  one->reset();
  CHECK((*open_store(config.store()))->documents("epoch/", Instant::zero())->empty());
}

TEST_CASE("without a store there is no book") {
  const test::TemporaryFolder folder;
  { std::ofstream(folder.file("text")) << std::string(8192, 'x'); }
  for (const std::string& url : {std::string("sqlite:/dev/null/l.db"), "sqlite:" + folder.file("text"),
                                 "redis+unix:" + folder.file("nobody.sock"), std::string("redis://127.0.0.1:1")}) {
    INFO(url);
    const Result<std::unique_ptr<Book>> book = Book::open(test::config({{"ORTHINK_STORE", url}}));
    REQUIRE_FALSE(book);
    CHECK(book.error().errc == Errc::store_unavailable);
    CHECK_FALSE(book.error().remedy.empty());
  }

  ConfigSources nowhere;
  const Result<std::unique_ptr<Book>> homeless = Book::open(*load_config(nowhere));
  REQUIRE_FALSE(homeless);
  CHECK(homeless.error().remedy.find("ORTHINK_STORE") != std::string::npos);
}

// Takes the process for dead as soon as its row has reached a state: its epoch is gone, and somebody recovers.
class Impatient : public test::StillStore {
 public:
  explicit Impatient(HoldState when) : when_(when) { time = wall_now(); }
  StoreReply apply(const StoreBatch& batch) override {
    StoreReply reply = MemoryStore::apply(batch);
    const bool is_there = !batch.rows.empty() && batch.rows.front().to == when_ && reply.verdict == StoreReply::Verdict::applied;
    if (is_there && std::exchange(is_armed_, false)) {
      const Result<Recovered> done = recover(*this, epoch::Epoch::own());
      REQUIRE(done);
      CHECK(done->released + done->unknown == 1);
    }
    return reply;
  }

 private:
  HoldState when_;
  bool is_armed_ = true;
};

TEST_CASE("who wakes up after it was taken for dead sends nothing") {
  const test::CallRoom room("");
  Impatient store(HoldState::reserved);
  std::optional<Error> error;
  const std::string key = room.call(store, "nobody", &error);
  REQUIRE(error);
  CHECK(error->errc == Errc::store_unavailable);
  CHECK(room.simulator().requests().empty());
  CHECK((*store.row(key))->state == HoldState::released);
  const int64_t day = window::day_of((*store.row(key))->created);
  CHECK(*store.counters({ledger::committed_key({}, false, day), ledger::held_key({}, false, day)}) == std::vector<int64_t>{0, 0});
}

TEST_CASE("the idempotency key of a call that never went out may be used anew, by whoever took its process for dead") {
  test::CallRoom room("");
  room.claim = Claim{"acme", "order-7", std::string(64, 'f'), "call-of-test"};
  std::optional<Error> error;
  SECTION("it was reserved") {
    Impatient store(HoldState::reserved);
    room.call(store, "nobody", &error);
    CHECK(error);
    CHECK_FALSE(*store.document(room.claim->document_key(), store.time));
    CHECK(room.simulator().requests().empty());
  }
  SECTION("it was sent, and goes on: its key stands for its answer") {
    Impatient store(HoldState::sent);
    room.call(store, "nobody", &error);
    CHECK_FALSE(error);
    const std::optional<std::string> text = *store.document(room.claim->document_key(), store.time);
    REQUIRE(text);
    CHECK(read_claim(*text, *room.claim).kind == Found::Kind::done);
  }
}

TEST_CASE("who had sent before it was taken for dead settles its row all the same") {
  const test::CallRoom room("");
  Impatient store(HoldState::sent);
  std::optional<Error> error;
  const std::string key = room.call(store, "nobody", &error);
  CHECK_FALSE(error);
  CHECK((*store.row(key))->state == HoldState::settled);
  const int64_t billed = NanoUsd::ceil(room.simulator().bill().total).nano;
  CHECK(billed > 0);
  const int64_t day = window::day_of((*store.row(key))->created);
  CHECK(*store.counters({ledger::committed_key({}, false, day), ledger::held_key({}, false, day)}) == std::vector<int64_t>{billed, 0});
}

// Answers reads and nothing else: the disk is full, the server went away.
class Away : public test::StillStore {
 public:
  StoreReply apply(const StoreBatch& batch) override {
    if (left > 0) {
      --left;
      return MemoryStore::apply(batch);
    }
    StoreReply reply;
    reply.ticket = batch.ticket;
    reply.verdict = StoreReply::Verdict::unavailable;
    reply.found_text = "the disk is full";
    return reply;
  }
  int left = 0;
};

TEST_CASE("a store that goes away between two steps lets nothing be sent") {
  const int steps = GENERATE(0, 1);  // before the reservation, before the mark
  const test::CallRoom room("");
  Away store;
  store.time = wall_now();
  store.left = steps;
  std::optional<Error> error;
  room.call(store, "epoch-1", &error);
  REQUIRE(error);
  CHECK(error->errc == Errc::store_unavailable);
  CHECK(room.simulator().requests().empty());
  CHECK(room.simulator().bill().lines.empty());
}

}  // namespace
}  // namespace orthink
