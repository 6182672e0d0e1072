#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>

#include "native/system.h"
#include "orthink/ledger/batch_json.h"
#include "orthink/wire/json.h"
#include "tests/native/store/redis_server.h"
#include "tests/native/store/store_contract.h"
#include "tests/native/temporary_folder.h"

namespace orthink::test {
namespace {

// The state of each row and its record; null: there is none.
void check_rows(Store& store, const json::Value& rows) {
  for (const json::Member& row : rows.members()) {
    INFO(row.key);
    const auto kept = store.row(row.key);
    REQUIRE(kept);
    REQUIRE(kept->has_value() == row.value.is_object());
    if (!*kept) continue;
    CHECK(name((*kept)->state) == row.value.find("state")->text());
    CHECK((*kept)->record == row.value.find("record")->text());
  }
}

void check_counters(Store& store, const json::Value& counters) {
  for (const json::Member& counter : counters.members()) {
    INFO(counter.key);
    const auto values = store.counters({counter.key});
    REQUIRE(values);
    CHECK(values->at(0) == std::stoll(counter.value.text()));
  }
}

void check_documents(Store& store, const json::Value& documents) {
  for (const json::Member& document : documents.members()) {
    INFO(document.key);
    const auto kept = store.document(document.key, Instant{1'000});
    REQUIRE(kept);
    CHECK(kept->value_or("(none)") == (document.value.is_null() ? "(none)" : document.value.text()));
  }
}

void check(Store& store, const json::Value& golden) {
  for (const json::Member& step : golden.find("steps")->members()) {
    const Result<StoreBatch> batch = read_batch(*step.value.find("batch"));
    const Result<StoreReply> expected = read_reply(*step.value.find("reply"));
    REQUIRE(batch);
    REQUIRE(expected);
    CHECK(reply_json(store.apply(*batch)) == reply_json(*expected));
  }
  if (const json::Value* rows = golden.find("rows")) check_rows(store, *rows);
  if (const json::Value* counters = golden.find("counters")) check_counters(store, *counters);
  if (const json::Value* documents = golden.find("documents")) check_documents(store, *documents);
}

}  // namespace

void check_contract(const std::function<std::unique_ptr<Store>()>& make) {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(ORTHINK_SOURCE_DIR "/tests/golden/store")) paths.insert(entry.path());
  REQUIRE(paths.size() >= 5);
  for (const std::filesystem::path& path : paths) {
    const Result<std::string> bytes = read_file(path.string(), size_t{1} << 20);
    REQUIRE(bytes);
    const Result<json::Value> golden = json::parse(*bytes);
    REQUIRE(golden);
    INFO(path.filename().string() << ": " << golden->find("what")->text());
    const std::unique_ptr<Store> store = make();
    check(*store, *golden);
  }
}

namespace {

std::unique_ptr<Store> opened(const std::string& url) {
  Result<std::unique_ptr<Store>> store = open_store(url);
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

}  // namespace

TEST_CASE("the memory store keeps the contract of stores") {
  check_contract([] { return opened("memory:"); });
}

TEST_CASE("the SQLite store keeps the contract of stores") {
  TemporaryFolder folder;
  int files = 0;
  check_contract([&] { return opened("sqlite:" + folder.file(std::to_string(++files))); });
}

TEST_CASE("the Redis store keeps the contract of stores") {
  RedisServer server;
  check_contract([&] {
    server.command({"FLUSHALL"});
    return opened(server.url());
  });
}

TEST_CASE("a long journal is read from any of its lines, and no further than is wanted") {
  constexpr uint64_t kLines = 3'000;
  TemporaryFolder folder;
  RedisServer server;
  for (const std::string& url : {std::string("memory:"), "sqlite:" + folder.file("l"), server.url()}) {
    INFO(url);
    const auto store = opened(url);
    StoreBatch batch;
    for (uint64_t number = 1; number <= kLines; ++number) batch.journal.push_back({"a", std::to_string(number)});
    REQUIRE(store->apply(batch).verdict == StoreReply::Verdict::applied);
    const auto read = [&](uint64_t from, uint64_t to) {
      uint64_t count = 0;
      CHECK(store->journal("a", from, [&](uint64_t number, const std::string& line) {
        if (number != std::max<uint64_t>(from, 1) + count || line != std::to_string(number)) FAIL("line " << number << " is " << line);
        ++count;
        return number < to;
      }));
      return count;
    };
    CHECK(read(0, kLines) == kLines);
    CHECK(read(1, UINT64_MAX) == kLines);
    CHECK(read(1'025, UINT64_MAX) == kLines - 1'024);
    CHECK(read(1, 1'500) == 1'500);
    CHECK(read(kLines, UINT64_MAX) == 1);
    CHECK(read(kLines + 1, UINT64_MAX) == 0);
    CHECK(read(uint64_t{1} << 53, UINT64_MAX) == 0);
    CHECK(store->journal("b", 1, [](uint64_t, const std::string&) { return false; }));
  }
}

TEST_CASE("the memory store takes batches while its journal is read, and gives out the lines that came meanwhile") {
  constexpr uint64_t kLines = 1'024;
  const auto store = opened("memory:");
  StoreBatch batch;
  batch.journal.assign(kLines, {"a", "early"});
  REQUIRE(store->apply(batch).verdict == StoreReply::Verdict::applied);
  batch.journal.assign(1, {"a", "late"});
  std::string last;
  CHECK(store->journal("a", 1, [&](uint64_t number, const std::string& line) {
    last = line;
    return number > 1 || store->apply(batch).verdict == StoreReply::Verdict::applied;
  }));
  CHECK(last == "late");
}

TEST_CASE("a URL of another form names no store") {
  for (const char* url : {"", "memory", "memory:x", "sqlite:", "sqlite", "postgres://host/db", "/var/ledger.db", "redis:", "redis:/host",
                          "redis://", "redis+unix:", "rediss://host"}) {
    INFO(url);
    const auto store = open_store(url);
    REQUIRE_FALSE(store);
    CHECK(store.error().errc == Errc::invalid_config);
    CHECK_FALSE(store.error().remedy.empty());
  }
}

}  // namespace orthink::test
