// The SQLite store: what only a file can go wrong with. Its answers are those of store_contract_test and differential_test.
#include "native/store/sqlite_store.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "native/store/sqlite_schema.h"
#include "native/system.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

using Verdict = StoreReply::Verdict;
using test::TemporaryFolder;

constexpr Instant kNoon{1'795'521'600'000'000};

std::unique_ptr<SqliteStore> opened(const std::string& path) {
  auto store = SqliteStore::open({path});
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

Error refusal(const std::string& path) {
  const auto store = SqliteStore::open({path});
  REQUIRE_FALSE(store);
  CHECK(store.error().errc == Errc::store_unavailable);
  CHECK_FALSE(store.error().remedy.empty());
  return store.error();
}

void execute(const std::string& path, const std::string& sql) {
  SqliteDatabase database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "", Duration::seconds(5));
  INFO(database.words());
  REQUIRE(database.execute(sql.c_str()));
}

unsigned mode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 0777U;
}

}  // namespace

TEST_CASE("rates and marks outlive the process") {
  TemporaryFolder folder;
  StoreBatch batch;
  batch.at = kNoon;
  batch.marks = {{"clock", 100, 5}};
  batch.rates = {{"r", 1'000, 1'000}};
  CHECK(opened(folder.file("l"))->apply(batch).verdict == Verdict::applied);
  const auto store = opened(folder.file("l"));
  const StoreReply limited = store->apply(batch);
  CHECK(limited.verdict == Verdict::rate_limited);
  CHECK(limited.found_value == 1'000);
  batch.marks = {{"clock", 94, 5}};
  const StoreReply behind = store->apply(batch);
  CHECK(behind.verdict == Verdict::clock_behind);
  CHECK(behind.found_value == 100);
}

TEST_CASE("two stores on one file and eight threads keep a guarded counter exact at its limit") {
  constexpr int64_t kLimit = 1'000;
  TemporaryFolder folder;
  const std::array stores{opened(folder.file("l")), opened(folder.file("l"))};
  std::array<uint32_t, 8> applied{};
  std::array<std::string, 8> trouble;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < applied.size(); ++t)
    threads.emplace_back([&, t] {
      StoreBatch batch;
      batch.additions = {{"c", 1, kLimit}};
      batch.journal = {{"a", std::to_string(t)}};
      for (int i = 0; i < 200; ++i) {
        batch.is_durable = i % 10 == 0;
        const StoreReply reply = stores[t % 2]->apply(batch);
        applied[t] += reply.verdict == Verdict::applied ? 1 : 0;
        if (reply.verdict == Verdict::unavailable) trouble[t] = reply.found_text;
      }
    });
  for (std::thread& thread : threads) thread.join();
  uint32_t sum = 0;
  for (const uint32_t n : applied) sum += n;
  for (const std::string& words : trouble) CHECK(words.empty());
  CHECK(sum == kLimit);
  CHECK(*stores[0]->counters({"c"}) == std::vector<int64_t>{kLimit});
  uint64_t lines = 0;
  CHECK(stores[1]->journal("a", 1, [&](uint64_t number, const std::string&) { return number == ++lines; }));
  CHECK(lines == kLimit);
}

TEST_CASE("many openers of a file that is not there yet agree") {
  TemporaryFolder folder;
  std::array<std::string, 8> trouble;
  std::vector<std::thread> threads;
  for (std::string& words : trouble)
    threads.emplace_back([&] {
      auto store = SqliteStore::open({folder.file("l")});
      if (!store) {
        words = store.error().message;
        return;
      }
      StoreBatch batch;
      batch.additions = {{"c", 1, std::nullopt}};
      words = (*store)->apply(batch).found_text;
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& words : trouble) CHECK(words == "");
  CHECK(*opened(folder.file("l"))->counters({"c"}) == std::vector<int64_t>{8});
}

TEST_CASE("a row that was just written is read, and a callback can stop and write") {
  TemporaryFolder folder;
  const auto store = opened(folder.file("l"));
  StoreBatch batch;
  for (const char* key : {"b", "a", "c"}) batch.rows.push_back({key, HoldState::none, HoldState::sent, "acc", "e", kNoon, kNoon, "r"});
  REQUIRE(store->apply(batch).verdict == Verdict::applied);
  std::string seen;
  CHECK(store->rows({}, [&](const std::string& key, const StoredRow&) {
    seen += key;
    StoreBatch release;
    release.rows = {{key, HoldState::sent, HoldState::released, "acc", "e", Instant{5}, kNoon, "r"}};
    CHECK(store->apply(release).verdict == Verdict::applied);
    return key != "b";
  }));
  CHECK(seen == "ab");
  CHECK((*store->row("a"))->state == HoldState::released);
  CHECK((*store->row("a"))->created == kNoon);
}

TEST_CASE("the file, what lies beside it and its folder are private") {
  TemporaryFolder folder;
  const std::string path = folder.file("new/deep/ledger.db");
  const mode_t before = ::umask(0);
  auto store = opened(path);
  StoreBatch batch;
  batch.additions = {{"c", 1, std::nullopt}};
  CHECK(store->apply(batch).verdict == Verdict::applied);
  ::umask(before);
  CHECK(mode_of(folder.file("new")) == 0700);
  CHECK(mode_of(folder.file("new/deep")) == 0700);
  for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(path + suffix) == 0600);
  store.reset();
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  store = opened(path);
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("what is no ledger is refused by its kind and keeps its mode") {
  TemporaryFolder folder;
  const auto stays = [&](const std::string& name, mode_t mode, const std::string& words) {
    INFO(name);
    const std::string path = folder.file(name);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(refusal(path).message.find(words) != std::string::npos);
    CHECK(mode_of(path) == mode);
    std::filesystem::create_symlink(path, folder.file(name + "-link"));
    CHECK(refusal(folder.file(name + "-link")).message.find(words) != std::string::npos);
    CHECK(mode_of(path) == mode);
  };
  std::filesystem::create_directory(folder.file("folder"));
  stays("folder", 0755, "is a folder, not a file");
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0666) == 0);
  stays("pipe", 0666, "is a pipe, not a file");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder.file("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  stays("socket", 0666, "is a socket, not a file");
  ::close(fd);
  std::ofstream(folder.file("text")) << std::string(8'192, 'x');
  stays("text", 0644, "file is not a database");
  execute(folder.file("database"), "CREATE TABLE t(x)");
  stays("database", 0664, "is a database of another program");
  std::filesystem::create_symlink(folder.file("nothing"), folder.file("astray"));
  CHECK(refusal(folder.file("astray")).message.starts_with("cannot look at " + folder.file("astray")));
  CHECK_FALSE(std::filesystem::exists(folder.file("nothing")));
}

TEST_CASE("a read-only ledger stays read-only; what a link beside one leads to stays as it is") {
  TemporaryFolder folder;
  const std::string path = folder.file("l");
  opened(path).reset();
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  CHECK(refusal(path).message == path + " is read-only: its mode lets nobody write");
  CHECK(mode_of(path) == 0400);
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  std::ofstream(folder.file("text")) << "text";
  REQUIRE(::chmod(folder.file("text").c_str(), 0644) == 0);
  for (const char* suffix : {"-wal", "-shm"}) {
    std::filesystem::remove(path + suffix);
    std::filesystem::create_symlink(folder.file("text"), path + suffix);
    CHECK(refusal(path).message == path + suffix + " is a link, where SQLite keeps a file of its own");
    std::filesystem::remove(path + suffix);
  }
  CHECK(mode_of(folder.file("text")) == 0644);
  CHECK(std::filesystem::file_size(folder.file("text")) == 4);
  std::filesystem::create_symlink(path, folder.file("link"));
  const auto store = opened(folder.file("link"));
  for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(path + suffix) == 0600);
}

TEST_CASE("what only SQLite takes for memory or a URI is refused, and makes no file") {
  for (const char* path : {":memory:", "file:x?mode=memory", "file::memory:"}) {
    const auto store = SqliteStore::open({path});
    REQUIRE_FALSE(store);
    CHECK(store.error().errc == Errc::invalid_config);
    CHECK(store.error().remedy.find("memory:") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(path));
  }
}

TEST_CASE("a folder that cannot be made or written is named, with advice") {
  TemporaryFolder folder;
  std::ofstream(folder.file("plain")) << "text";
  CHECK(refusal(folder.file("plain/ledger.db")).message.find(folder.file("plain")) != std::string::npos);
  CHECK(refusal("/proc/orthink/ledger.db").message.starts_with("cannot make /proc/orthink"));
  refusal("");
  refusal(folder.file(""));
  if (::geteuid() == 0) return;
  REQUIRE(::chmod(folder.path().c_str(), 0500) == 0);
  CHECK(refusal(folder.file("ledger.db")).message == "cannot make " + folder.file("ledger.db") + ": Permission denied");
  REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
}

TEST_CASE("a file of a newer orthink is refused and left as it is") {
  TemporaryFolder folder;
  const std::string path = folder.file("l");
  opened(path).reset();
  execute(path, "PRAGMA user_version=99");
  const Error error = refusal(path);
  CHECK(error.message == path + " was written by a newer orthink: its format is 99, this one knows 1");
  CHECK(error.remedy.starts_with("Update orthink"));
}

TEST_CASE("another program's database is refused") {
  TemporaryFolder folder;
  execute(folder.file("tables"), "CREATE TABLE t(x)");
  execute(folder.file("id"), "PRAGMA application_id=7");
  for (const char* name : {"tables", "id"})
    CHECK(refusal(folder.file(name)).message == folder.file(name) + " is a database of another program");
  CHECK(refusal(folder.file("tables")).retry == Retry::changed);
}

TEST_CASE("an older file takes the steps it lacks, all or nothing") {
  TemporaryFolder folder;
  const std::string path = folder.file("l");
  const std::array<const char*, 3> steps{"CREATE TABLE a(x); INSERT INTO a VALUES(1)", "ALTER TABLE a ADD y; UPDATE a SET y=x+1",
                                         "UPDATE a SET y=y+40"};
  const auto prepared = [&](std::span<const char* const> list) {
    SqliteDatabase database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "", Duration::seconds(5));
    return sqlite::prepare(database, path, list);
  };
  const auto integer = [&](const char* sql) {
    SqliteDatabase database(path, SQLITE_OPEN_READWRITE, "", Duration::seconds(5));
    return database.integer(sql);
  };
  REQUIRE(prepared(std::span(steps).first(1)));
  CHECK(integer("PRAGMA user_version") == 1);
  const std::array<const char*, 3> broken{steps[0], steps[1], "UPDATE nothing SET y=1"};
  CHECK_FALSE(prepared(broken));
  CHECK(integer("PRAGMA user_version") == 1);
  REQUIRE(prepared(steps));
  CHECK(integer("PRAGMA user_version") == 3);
  CHECK(integer("SELECT y FROM a") == 42);
  REQUIRE(prepared(steps));
  CHECK(integer("SELECT y FROM a") == 42);
  CHECK(integer("PRAGMA application_id") == sqlite::kApplicationId);
  CHECK_FALSE(prepared(std::span(steps).first(2)));
}

TEST_CASE("an empty file of version 0 becomes a ledger") {
  TemporaryFolder folder;
  execute(folder.file("l"), "PRAGMA application_id=" + std::to_string(sqlite::kApplicationId));
  CHECK(opened(folder.file("l"))->check());
}

TEST_CASE("damage is refused with advice") {
  TemporaryFolder folder;
  std::ofstream(folder.file("text")) << std::string(8'192, 'x');
  CHECK(refusal(folder.file("text")).remedy.starts_with("Restore the file"));
  const std::string path = folder.file("l");
  {
    const auto store = opened(path);
    StoreBatch batch;
    for (int i = 0; i < 2'000; ++i) batch.additions.push_back({"counter-" + std::to_string(i), i, std::nullopt});
    REQUIRE(store->apply(batch).verdict == Verdict::applied);
  }
  execute(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0, std::ios::end);
    const auto size = static_cast<int64_t>(file.tellp());
    for (int64_t at = size - 4'096 * 8; at < size; at += 4'096) {
      file.seekp(at);
      file << std::string(64, '\xee');
    }
  }
  const Error error = refusal(path);
  INFO(error.message);
  CHECK(error.remedy.starts_with("Restore the file"));
}

TEST_CASE("a large file is looked at once a day, and after a boot") {
  TemporaryFolder folder;
  const std::string path = folder.file("l");
  const auto damage_seen = [&] {
    const Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open({path});
    return !store;
  };
  {
    const auto store = opened(path);
    StoreBatch batch;
    for (int i = 0; i < 60'000; ++i) batch.additions.push_back({"counter-" + std::to_string(i), i, std::nullopt});
    REQUIRE(store->apply(batch).verdict == Verdict::applied);
  }
  CHECK_FALSE(damage_seen());  // looks, and notes it
  execute(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4'096 * 100);
    file << std::string(64, '\xee');
  }
  CHECK_FALSE(damage_seen());
  CHECK_FALSE(opened(path)->check());
  execute(path, "UPDATE checked SET at=at-86400000001");
  CHECK(damage_seen());
  execute(path, "UPDATE checked SET at=at+86400000001");
  CHECK_FALSE(damage_seen());
  execute(path, "UPDATE checked SET boot='another'");
  CHECK(damage_seen());
}

TEST_CASE("check() finds a gap in a journal") {
  TemporaryFolder folder;
  const auto store = opened(folder.file("l"));
  StoreBatch batch;
  for (int i = 0; i < 3; ++i) batch.journal.push_back({"global", "{}"});
  REQUIRE(store->apply(batch).verdict == Verdict::applied);
  CHECK(store->check());
  execute(folder.file("l"), "DELETE FROM journal WHERE number=2");
  const Result<void> found = store->check();
  REQUIRE_FALSE(found);
  CHECK(found.error().message.ends_with("lines are missing in the journal of global"));
}

TEST_CASE("a row whose state is none is an error that names it, not a row fewer") {
  TemporaryFolder folder;
  const std::string path = folder.file("l");
  const auto store = opened(path);
  StoreBatch batch;
  for (const char* key : {"a", "b", "c"}) batch.rows.push_back({key, HoldState::none, HoldState::sent, "acc", "e", kNoon, kNoon, "r"});
  REQUIRE(store->apply(batch).verdict == Verdict::applied);
  execute(path, "UPDATE rows SET state='foo' WHERE key='b'");
  const std::string words = "the row b cannot be read: its state is \"foo\"";
  const auto any = [](const std::string&, const StoredRow&) { return true; };
  for (const RowQuery& query : {RowQuery{}, RowQuery{{}, Instant::zero(), Instant::never(), kNoon}}) {
    const Result<void> read = store->rows(query, any);
    REQUIRE_FALSE(read);
    CHECK(read.error().errc == Errc::store_unavailable);
    CHECK(read.error().message == path + ": " + words);
    CHECK(read.error().remedy.starts_with("Run `orthink ledger verify`"));
  }
  CHECK(store->rows({{HoldState::sent}, Instant::zero(), Instant::never(), Instant::never()}, any));
  CHECK(store->row("b").error().message == path + ": " + words);
  CHECK(store->check().error().message == path + ": " + words);
  batch.rows = {{"b", HoldState::sent, HoldState::released, "acc", "e", kNoon, kNoon, "r"}};
  CHECK(store->apply(batch).found_text == words);
  CHECK((*store->row("a"))->state == HoldState::sent);
}

TEST_CASE("a file that another program locks is unavailable in SQLite's words, and well again afterwards") {
  TemporaryFolder folder;
  auto store = SqliteStore::open({folder.file("l"), "", false, Duration::micros(1)});
  REQUIRE(store);
  SqliteDatabase other(folder.file("l"), SQLITE_OPEN_READWRITE, "", Duration::micros(1));
  REQUIRE(other.execute("BEGIN IMMEDIATE"));
  StoreBatch batch;
  batch.ticket = 7;
  batch.additions = {{"c", 1, std::nullopt}};
  const StoreReply reply = (*store)->apply(batch);
  CHECK(reply.verdict == Verdict::unavailable);
  CHECK(reply.ticket == 7);
  CHECK(reply.found_text == "database is locked (SQLite 5)");
  REQUIRE(other.execute("ROLLBACK"));
  CHECK((*store)->apply(batch).verdict == Verdict::applied);
  CHECK(*(*store)->counters({"c"}) == std::vector<int64_t>{1});
}

TEST_CASE("a child of fork() is refused") {
  TemporaryFolder folder;
  const auto store = opened(folder.file("l"));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(store->apply({}).verdict == Verdict::unavailable && !store->row("x") ? 0 : 1);
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(store->apply({}).verdict == Verdict::applied);
}

}  // namespace orthink
