// The Redis store: what only a server that many share can go wrong with. Its answers are those of store_contract_test and
// differential_test.
#include "native/store/redis_store.h"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "native/store/redis_script.h"
#include "native/system.h"
#include "orthink/base/money.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/rederive.h"
#include "tests/native/store/redis_server.h"

namespace orthink {
namespace {

using Verdict = StoreReply::Verdict;
using ledger::Counters;
using test::RedisServer;

constexpr Instant kNoon{1'795'521'600'000'000};

std::unique_ptr<RedisStore> opened(const RedisServer& server) {
  auto store = RedisStore::open(server.url());
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

Error refusal(const RedisServer& server) {
  const auto store = RedisStore::open(server.url());
  REQUIRE_FALSE(store);
  CHECK(store.error().errc == Errc::store_unavailable);
  CHECK_FALSE(store.error().remedy.empty());
  return store.error();
}

HoldRecord record(const std::string& call, int64_t bound) {
  HoldRecord hold;
  hold.call_id = call;
  hold.row = 1;
  hold.scopes = {Scope{}, {ScopeKind::user, "alice"}};
  hold.day = 20'781;
  hold.month = 682;
  hold.bound = {bound};
  hold.created = kNoon;
  return hold;
}

StoreBatch reserve(const std::string& call, int64_t bound) {
  const HoldRecord hold = record(call, bound);
  return ledger::reserve(hold, {{hold.scopes[0], {}}, {hold.scopes[1], {}}}, "e", kNoon);
}

StoreBatch addition(int64_t add, std::optional<int64_t> limit = std::nullopt) {
  StoreBatch batch;
  batch.ticket = 7;
  batch.additions = {{"c", add, limit}};
  return batch;
}

Counters counters_of(Store& store) {
  Counters counters;
  CHECK(store.all_counters([&](const std::string& key, int64_t value) { return counters.emplace(key, value).second; }));
  return counters;
}

// What the rows of a store say that its counters must be corrected by.
Counters corrections_of(Store& store) {
  ledger::Rederived rederived;
  CHECK(store.rows({}, [&](const std::string&, const StoredRow& row) { return rederived.add(row.state, row.record).ok(); }));
  return rederived.corrections(counters_of(store));
}

// Whether the server would apply a batch of a client that knows its run_id.
bool is_accepted(RedisServer& server) {
  const RedisAnswer info = server.command({"INFO", "server"});
  return info.text()->find("run_id:" + std::string(*server.command({"GET", redis_script::kEpoch}).text())) != std::string_view::npos;
}

}  // namespace

TEST_CASE("what was answered is there after kill -9, and the store goes on") {
  RedisServer server;
  const auto store = opened(server);
  REQUIRE(store->apply(reserve("a", 30)).verdict == Verdict::applied);
  REQUIRE(store->apply(reserve("b", 4)).verdict == Verdict::applied);
  const Counters before = counters_of(*store);
  server.restart();
  CHECK_FALSE(is_accepted(server));
  CHECK(counters_of(*store) == before);
  CHECK(store->check().error().message.ends_with("holds wait to be recomputed after a restart of the server"));
  CHECK(store->apply(ledger::mark_sent(record("b", 4), "e", kNoon)).verdict == Verdict::applied);
  CHECK(is_accepted(server));
  CHECK(store->check());
  CHECK(counters_of(*store) == before);
  CHECK((*store->row("a/1"))->state == HoldState::reserved);
  CHECK((*store->row("b/1"))->state == HoldState::sent);
}

TEST_CASE("counters that a failover left wrong are recomputed from the rows; requests and blocks stay") {
  RedisServer server;
  auto store = opened(server);
  REQUIRE(store->apply(reserve("a", 30)).verdict == Verdict::applied);
  REQUIRE(store->apply(reserve("b", 4)).verdict == Verdict::applied);
  Counters expected = counters_of(*store);
  server.command(
      {"HSET", redis_script::kCounters, "c/global/d20781", "33", "h/user:alice/m682", "0", "c/user:gone/d1", "8", "b/user:alice", "1"});
  server.command({"HDEL", redis_script::kCounters, "h/global/m682"});
  expected["c/user:gone/d1"] = 0;
  expected["b/user:alice"] = 1;
  SECTION("by the store that was open") {
    server.restart();
    CHECK(store->apply({}).verdict == Verdict::applied);
  }
  SECTION("by one that is opened") {
    server.restart();
    store = opened(server);
    CHECK(is_accepted(server));
  }
  CHECK(counters_of(*store) == expected);
  CHECK(expected.at("n/global/d20781") == 2);
}

TEST_CASE("a lost end of the append-only file takes whole batches, and counters agree with the rows") {
  for (const uintmax_t cut : {1U, 40U, 400U, 900U, 1'500U}) {
    INFO("cut " << cut);
    RedisServer server;
    const auto store = opened(server);
    for (const char* call : {"a", "b", "c", "d"}) REQUIRE(store->apply(reserve(call, 30)).verdict == Verdict::applied);
    server.kill();
    server.cut_log(cut);
    server.start();
    CHECK_FALSE(*store->row("d/1"));
    REQUIRE(*store->row("a/1"));
    const StoreReply missing = store->apply(ledger::mark_sent(record("d", 30), "e", kNoon));
    CHECK(missing.verdict == Verdict::row_conflict);
    CHECK(missing.found_state == HoldState::none);
    CHECK(corrections_of(*store) == Counters{});
    CHECK(store->check());
    CHECK(store->apply(reserve("d", 30)).verdict == Verdict::applied);
    CHECK(counters_of(*store).at("n/global/d20781") == static_cast<int64_t>(counters_of(*store).at("c/global/d20781") / 30));
  }
}

TEST_CASE("while holds cannot be recomputed no batch is applied, and all can be read") {
  RedisServer server;
  auto store = opened(server);
  REQUIRE(store->apply(reserve("a", 30)).verdict == Verdict::applied);
  const std::string row(*server.command({"HGET", redis_script::kRows, "a/1"}).text());
  server.command({"HSET", redis_script::kRows, "a/1", row.substr(0, row.find('{')) + R"({"v":2})"});
  server.restart();
  const StoreReply reply = store->apply(addition(1));
  CHECK(reply.verdict == Verdict::unavailable);
  CHECK(reply.ticket == 7);
  CHECK(reply.found_text.find("the row a/1: a row of the ledger cannot be read: its version is not 1") != std::string::npos);
  store = opened(server);
  CHECK(store->apply(addition(1)).verdict == Verdict::unavailable);
  CHECK(*store->counters({"c", "h/global/d20781"}) == std::vector<int64_t>{0, 30});
  CHECK((*store->row("a/1"))->state == HoldState::reserved);
  CHECK_FALSE(is_accepted(server));
  server.command({"HSET", redis_script::kRows, "a/1", row});
  CHECK(store->apply(addition(1)).verdict == Verdict::applied);
  CHECK(*store->counters({"c"}) == std::vector<int64_t>{1});
}

TEST_CASE("every batch is unavailable while the server is away, and well again afterwards") {
  RedisServer server;
  const auto store = opened(server);
  constexpr size_t kThreads = 24;  // more than there are connections
  const auto all = [&](Verdict expected) {
    std::array<uint32_t, kThreads> other{};
    std::vector<std::thread> threads;
    for (uint32_t& count : other)
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          const StoreReply reply = store->apply(addition(1));
          count += reply.verdict == expected && reply.ticket == 7 && reply.found_text.empty() == (expected == Verdict::applied) ? 0 : 1;
        }
      });
    for (std::thread& thread : threads) thread.join();
    for (const uint32_t count : other) CHECK(count == 0);
  };
  all(Verdict::applied);
  server.kill();
  all(Verdict::unavailable);
  CHECK(store->apply(addition(1)).found_text.starts_with("Redis at " + server.socket()));
  CHECK_FALSE(store->row("x"));
  CHECK_FALSE(store->rows({}, [](const auto&, const auto&) { return true; }));
  CHECK_FALSE(store->counters({"c"}));
  CHECK_FALSE(store->rates({"c"}));
  CHECK_FALSE(store->mark("c"));
  CHECK_FALSE(store->all_counters([](const auto&, int64_t) { return true; }));
  CHECK_FALSE(store->document("d", kNoon));
  CHECK_FALSE(store->documents("", kNoon));
  CHECK_FALSE(store->accounts());
  CHECK_FALSE(store->journal("a", 1, [](uint64_t, const auto&) { return true; }));
  CHECK_FALSE(store->now());
  CHECK_FALSE(store->check());
  CHECK_FALSE(RedisStore::open(server.url()));
  server.start();
  all(Verdict::applied);
  CHECK(*store->counters({"c"}) == std::vector<int64_t>{2 * kThreads * 20});
}

TEST_CASE("a server that comes back without its data is refused") {
  RedisServer server;
  const auto store = opened(server);
  REQUIRE(store->apply(addition(1)).verdict == Verdict::applied);
  server.kill();
  std::filesystem::remove_all(server.file("appendonlydir"));
  server.start();
  CHECK(store->apply(addition(1)).found_text.ends_with("has lost the ledger: the server came back without its data"));
  CHECK_FALSE(server.command({"GET", redis_script::kFormat}).text());
}

TEST_CASE("a server that may evict keys, and a replica, are refused with advice") {
  RedisServer server({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  CHECK(refusal(server).message.ends_with("may throw the ledger away: its maxmemory-policy is allkeys-lru"));
  CHECK(refusal(server).remedy.starts_with("Set maxmemory-policy noeviction"));
  server.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  const auto store = opened(server);
  CHECK(store->check());
  server.command({"REPLICAOF", "127.0.0.1", "1"});
  CHECK(refusal(server).message.ends_with("is a replica"));
  CHECK(store->apply(addition(1)).found_text.find("READONLY") != std::string::npos);
  CHECK(store->apply(addition(1)).found_text.ends_with("is a replica"));
  server.command({"REPLICAOF", "NO", "ONE"});
  CHECK(store->apply(addition(1)).verdict == Verdict::applied);
}

TEST_CASE("a newer format and a part of a ledger are refused and left as they are") {
  RedisServer server;
  opened(server);
  server.command({"SET", redis_script::kFormat, "2"});
  CHECK(refusal(server).message.ends_with("was written by a newer orthink: its format is 2, this one knows 1"));
  CHECK(refusal(server).remedy.starts_with("Update orthink"));
  CHECK(server.command({"GET", redis_script::kFormat}).text() == "2");
  server.command({"DEL", redis_script::kFormat});
  CHECK(refusal(server).message.ends_with("holds a part of a ledger, without its format"));
  server.command({"FLUSHALL"});
  CHECK(opened(server)->check());
}

TEST_CASE("a server that may lose what it has answered is refused, and left as it is") {
  RedisServer forgetful({"--appendonly", "no"});
  CHECK(refusal(forgetful).message.ends_with("may lose what it has answered: appendonly is no"));
  CHECK_FALSE(forgetful.command({"GET", redis_script::kFormat}).text());
  RedisServer server({"--appendfsync", "everysec"});
  CHECK(refusal(server).message.ends_with("may lose what it has answered: appendfsync is everysec"));
  CHECK(refusal(server).remedy.starts_with("Set appendonly yes and appendfsync always"));
  CHECK_FALSE(server.command({"GET", redis_script::kFormat}).text());
  server.command({"CONFIG", "SET", "appendfsync", "always"});
  CHECK(opened(server)->apply(addition(1)).verdict == Verdict::applied);
}

TEST_CASE("where CONFIG is forbidden INFO alone says whether a server may lose what it has answered") {
  const auto without_config = [](const char* append_only) {
    return RedisServer::Settings{"--appendonly", append_only, "--user", "default", "on", "nopass", "~*", "&*", "+@all", "-config"};
  };
  RedisServer server(without_config("yes"));
  CHECK(server.command({"CONFIG", "GET", "appendfsync"}).error().value_or("").starts_with("NOPERM"));
  const auto store = opened(server);
  CHECK(store->check());
  CHECK(store->apply(addition(1)).verdict == Verdict::applied);
  CHECK(refusal(RedisServer(without_config("no"))).message.ends_with("appendonly is no"));
}

TEST_CASE("check() says when an answered batch may be lost, and when the index is not that of the rows") {
  RedisServer server;
  const auto store = opened(server);
  CHECK(store->check());
  server.command({"CONFIG", "SET", "appendfsync", "everysec"});
  CHECK(store->check().error().message.ends_with("may lose what it has answered: appendfsync is everysec"));
  server.command({"CONFIG", "SET", "appendfsync", "always"});
  REQUIRE(store->apply(reserve("a", 1)).verdict == Verdict::applied);
  server.command({"ZREM", redis_script::kCreated, "a/1"});
  CHECK(store->check().error().message.ends_with("holds 1 rows, and 0 in their index"));
}

TEST_CASE("what cannot be read is named by every reader, and stops the batches that need it and no other") {
  RedisServer server;
  const auto store = opened(server);
  const auto any = [](const std::string&, const auto&) { return true; };
  const std::string number = "c cannot be read: it is \"x\"";
  server.command({"HSET", redis_script::kCounters, "c", "x"});
  CHECK(store->apply(addition(1)).found_text == "in the Redis database the counter " + number);
  CHECK(store->counters({"b", "c"}).error().message == "in the Redis database the number " + number);
  CHECK(store->all_counters(any).error().message == "in the Redis database the number " + number);
  StoreBatch batch;
  batch.reads = {"b", "c"};
  CHECK(store->apply(batch).found_text == "in the Redis database the number " + number);
  for (const char* hash : {redis_script::kMarks, redis_script::kRates, redis_script::kDocuments, redis_script::kRows})
    server.command({"HSET", hash, "c", "x"});
  batch = {};
  batch.marks = {{"c", 1, 0}};
  CHECK(store->apply(batch).found_text == "in the Redis database the mark " + number);
  batch = {};
  batch.rates = {{"c", 1, 1}};
  CHECK(store->apply(batch).found_text == "in the Redis database the rate " + number);
  batch = {};
  batch.documents = {{"c", DocumentWrite::Expects::anything, {}, "t", Instant::never()}};
  CHECK(store->apply(batch).found_text == "in the Redis database the document " + number);
  CHECK(store->document("c", kNoon).error().message == "in the Redis database the document " + number);
  batch = {};
  batch.rows = {{"c", HoldState::none, HoldState::sent, "acc", "e", kNoon, kNoon, "r"}};
  batch.additions = {{"d", 1, std::nullopt}};
  CHECK(store->apply(batch).found_text == "in the Redis database the row " + number);
  CHECK(store->row("c").error().message == "in the Redis database the row " + number);
  CHECK(*store->counters({"d"}) == std::vector<int64_t>{0});
  batch.rows.clear();
  CHECK(store->apply(batch).verdict == Verdict::applied);
}

TEST_CASE("a full server takes nothing of a batch") {
  RedisServer server({"--maxmemory", "3mb"});
  const auto store = opened(server);
  StoreReply reply;
  int64_t applied = 0;
  while (reply.verdict == Verdict::applied) {
    StoreBatch batch = addition(1);
    batch.journal = {{"a", std::string(20'000, 'x')}};
    reply = store->apply(batch);
    applied += reply.verdict == Verdict::applied ? 1 : 0;
  }
  CHECK(reply.verdict == Verdict::unavailable);
  CHECK(reply.found_text.find("OOM") != std::string::npos);
  CHECK(*store->counters({"c"}) == std::vector<int64_t>{applied});
  CHECK(server.command({"LLEN", std::string(redis_script::kJournalPrefix) + "a"}).number() == applied);
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(store->apply(addition(1)).verdict == Verdict::applied);
}

TEST_CASE("the largest integers are kept to the last digit") {
  RedisServer server;
  const auto store = opened(server);
  CHECK(store->apply(addition(NanoUsd::kMax - 2)).verdict == Verdict::applied);
  CHECK(store->apply(addition(3)).found_value == NanoUsd::kMax - 2);
  CHECK(store->apply(addition(2, NanoUsd::kMax)).verdict == Verdict::applied);
  CHECK(server.command({"HGET", redis_script::kCounters, "c"}).text() == "9007199254740991");
  CHECK(store->apply(addition(1)).verdict == Verdict::guard_failed);
  CHECK(store->apply(addition(-NanoUsd::kMax)).verdict == Verdict::applied);
  CHECK(server.command({"HGET", redis_script::kCounters, "c"}).text() == "0");
  StoreBatch batch;
  batch.marks = {{"m", NanoUsd::kMax, 0}};
  batch.at = kNoon;
  batch.rates = {{"r", 1, 1}};
  CHECK(store->apply(batch).verdict == Verdict::applied);
  CHECK(*store->mark("m") == NanoUsd::kMax);
  CHECK(*store->rates({"r", "none"}) == std::vector<int64_t>{kNoon.us + 1, 0});
}

TEST_CASE("two stores on one server and eight threads keep a guarded counter exact at its limit") {
  constexpr int64_t kLimit = 1'000;
  RedisServer server;
  const std::array stores{opened(server), opened(server)};
  std::array<int64_t, 8> applied{};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < applied.size(); ++t)
    threads.emplace_back([&, t] {
      StoreBatch batch = addition(1, kLimit);
      batch.journal = {{"a", std::to_string(t)}};
      for (int i = 0; i < 200; ++i) applied[t] += stores[t % 2]->apply(batch).verdict == Verdict::applied ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  int64_t sum = 0;
  for (const int64_t n : applied) sum += n;
  CHECK(sum == kLimit);
  CHECK(*stores[0]->counters({"c"}) == std::vector<int64_t>{kLimit});
  int64_t lines = 0;
  CHECK(stores[1]->journal("a", 1, [&](uint64_t number, const std::string&) { return number == static_cast<uint64_t>(++lines); }));
  CHECK(lines == kLimit);
}

TEST_CASE("two stores find the restarted server at once, and both go on") {
  RedisServer server;
  const std::array stores{opened(server), opened(server)};
  REQUIRE(stores[0]->apply(reserve("a", 30)).verdict == Verdict::applied);
  server.restart();
  std::array<Verdict, 8> verdicts{};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < verdicts.size(); ++t) threads.emplace_back([&, t] { verdicts[t] = stores[t % 2]->apply(addition(1)).verdict; });
  for (std::thread& thread : threads) thread.join();
  for (const Verdict verdict : verdicts) CHECK(verdict == Verdict::applied);
  CHECK(*stores[1]->counters({"c"}) == std::vector<int64_t>{8});
  CHECK(corrections_of(*stores[0]) == Counters{});
}

TEST_CASE("rows come oldest first over many pages, and a callback can write and stop") {
  RedisServer server;
  const auto store = opened(server);
  constexpr int kRows = 1'500;
  for (int first = 0; first < kRows; first += 250) {
    StoreBatch batch;
    for (int i = first; i < first + 250; ++i)
      batch.rows.push_back({"r" + std::to_string(10'000 - i), HoldState::none, i % 2 == 0 ? HoldState::settled : HoldState::unknown, "acc",
                            "e", Instant{kNoon.us + i / 700}, Instant{kNoon.us + i}, std::to_string(i)});
    REQUIRE(store->apply(batch).verdict == Verdict::applied);
  }
  const auto count = [&](const RowQuery& query) {
    std::vector<std::pair<int64_t, std::string>> keys;
    CHECK(store->rows(query, [&](const std::string& key, const StoredRow& row) {
      keys.emplace_back(row.created.us, key);
      return true;
    }));
    CHECK(std::is_sorted(keys.begin(), keys.end()));
    return keys.size();
  };
  CHECK(count({}) == kRows);
  CHECK(count({{}, Instant{kNoon.us + 1}, Instant{kNoon.us + 2}, Instant::never()}) == 700);
  CHECK(count({{HoldState::settled}, Instant::zero(), Instant::never(), Instant::never()}) == kRows / 2);
  CHECK(count({{HoldState::unknown}, Instant{kNoon.us + 1}, Instant::never(), Instant::never()}) == 400);
  CHECK(count({{}, Instant::zero(), Instant::never(), Instant{kNoon.us + 99}}) == 100);
  int seen = 0;
  CHECK(store->rows({}, [&](const std::string& key, const StoredRow& row) {
    StoreBatch batch;
    batch.rows = {{key, row.state, HoldState::released, "acc", "e", kNoon, Instant::never(), "r"}};
    CHECK(store->apply(batch).verdict == Verdict::applied);
    return ++seen < 600;
  }));
  CHECK(seen == 600);
  CHECK(count({{HoldState::released}, Instant::zero(), Instant::never(), Instant::never()}) == 600);
  CHECK(count({{}, Instant::zero(), Instant::never(), Instant{kNoon.us + kRows}}) == kRows - 600);
  // The indexes hold no more than what they are asked for.
  CHECK(server.command({"ZCARD", redis_script::kDue}).number() == kRows - 600);
  const size_t unknown = count({{HoldState::unknown}, Instant::zero(), Instant::never(), Instant::never()});
  CHECK(unknown < kRows / 2);
  CHECK(server.command({"ZCARD", redis_script::kOpen}).number() == static_cast<int64_t>(unknown));
}

TEST_CASE("a batch of thousands of lines is one batch, and a long journal is read from anywhere") {
  RedisServer server;
  const auto store = opened(server);
  StoreBatch batch;
  for (int i = 0; i < 2'500; ++i) {
    batch.additions.push_back({"counter-" + std::to_string(i), i, std::nullopt});
    batch.journal.push_back({"a", std::to_string(i)});
    batch.reads.push_back("counter-" + std::to_string(i));
  }
  const StoreReply reply = store->apply(batch);
  CHECK(reply.verdict == Verdict::applied);
  REQUIRE(reply.values.size() == 2'500);
  CHECK(reply.values[2'499] == 2'499);
  CHECK(counters_of(*store).size() == 2'500);
  uint64_t expected = 1'400;
  CHECK(store->journal("a", expected, [&](uint64_t number, const std::string& line) {
    CHECK(number == expected);
    CHECK(line == std::to_string(number - 1));
    ++expected;
    return true;
  }));
  CHECK(expected == 2'501);
  CHECK(*store->accounts() == std::vector<std::string>{"a"});
}

TEST_CASE("what expired a day ago is cleared away by later writes of documents") {
  RedisServer server;
  const auto store = opened(server);
  constexpr int64_t kDayUs = 86'400'000'000;
  StoreBatch batch;
  batch.at = kNoon;
  for (int i = 0; i < 20; ++i)
    batch.documents.push_back({"d" + std::to_string(i), DocumentWrite::Expects::absence, {}, "t", Instant{kNoon.us + 1 + i}});
  REQUIRE(store->apply(batch).verdict == Verdict::applied);
  batch.documents = {{"other", DocumentWrite::Expects::anything, {}, "t", Instant::never()}};
  batch.at = {kNoon.us + kDayUs};
  REQUIRE(store->apply(batch).verdict == Verdict::applied);
  CHECK(server.command({"HLEN", redis_script::kDocuments}).number() == 21);
  batch.at = {kNoon.us + kDayUs + 100};
  for (int i = 0; i < 3; ++i) {
    batch.documents[0].text = std::to_string(i);
    REQUIRE(store->apply(batch).verdict == Verdict::applied);
  }
  CHECK(server.command({"HLEN", redis_script::kDocuments}).number() == 1);
  CHECK(server.command({"ZCARD", redis_script::kNames}).number() == 1);
}

TEST_CASE("a child of fork() is refused, and leaves the connections alone") {
  RedisServer server;
  const auto store = opened(server);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(store->apply({}).verdict == Verdict::unavailable && !store->row("x") && !store->check() ? 0 : 1);
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(store->apply(addition(1)).verdict == Verdict::applied);
}

TEST_CASE("scripts that the server has forgotten are sent again, and its clock is the store's") {
  RedisServer server;
  const auto store = opened(server);
  server.command({"SCRIPT", "FLUSH"});
  CHECK(store->apply(addition(1)).verdict == Verdict::applied);
  const Result<Instant> at = store->now();
  REQUIRE(at);
  CHECK(*at <= wall_now());
  CHECK(wall_now() - *at < Duration::seconds(30));
}

}  // namespace orthink
