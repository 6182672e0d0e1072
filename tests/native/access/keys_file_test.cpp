#include "native/access/keys_file.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <thread>
#include <vector>

#include "native/system.h"
#include "tests/native/temporary_folder.h"

namespace orthink::access {
namespace {

AccessKey key(const std::string& name) {
  AccessKey key;
  key.name = name;
  key.sha256 = Sha256::of(name);
  return key;
}

TEST_CASE("a file that is not there is an empty table, and the first key makes it, for its owner alone") {
  const orthink::test::TemporaryFolder folder;
  const std::string path = folder.file("new/folder/access.json");
  REQUIRE(read_keys(path));
  CHECK(read_keys(path)->keys().empty());
  REQUIRE(change_keys(path, [](KeyTable& table) { return table.add(key("ci")); }));
  CHECK(file_facts(path)->mode == 0600);
  REQUIRE(read_keys(path)->keys().size() == 1);
  CHECK(read_keys(path)->keys()[0].name == "ci");
}

TEST_CASE("a table that others may touch is not believed") {
  const orthink::test::TemporaryFolder folder;
  const std::string path = folder.file("access.json");
  REQUIRE(change_keys(path, [](KeyTable& table) { return table.add(key("ci")); }));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0666U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    const Result<KeyTable> table = read_keys(path);
    REQUIRE_FALSE(table);
    CHECK(table.error().errc == Errc::invalid_config);
    CHECK(table.error().remedy == "Run: chmod 600 '" + path + "'");
  }
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  CHECK(read_keys(path));
  CHECK_FALSE(read_keys(folder.path()));
  CHECK_FALSE(read_keys(""));
  CHECK_FALSE(change_keys("", [](KeyTable&) { return Result<void>(); }));
}

TEST_CASE("a text that is no table names its file, and a change that fails leaves it as it was") {
  const orthink::test::TemporaryFolder folder;
  const std::string path = folder.file("access.json");
  REQUIRE(write_file(path, "{\"keys\":[{\"name\":\"x\"}]}", 0600));
  const Result<KeyTable> table = read_keys(path);
  REQUIRE_FALSE(table);
  CHECK(table.error().message.starts_with(path + ": "));
  CHECK_FALSE(change_keys(path, [](KeyTable& each) { return each.add(key("ci")); }));
  CHECK(*read_file(path, 1000) == "{\"keys\":[{\"name\":\"x\"}]}");
  REQUIRE(write_file(path, "{\"keys\":[]}", 0600));
  CHECK_FALSE(change_keys(path, [](KeyTable& each) { return each.add(key("no name")); }));
  CHECK(*read_file(path, 1000) == "{\"keys\":[]}");
}

TEST_CASE("a folder that cannot be written is said") {
  const orthink::test::TemporaryFolder folder;
  const std::string path = folder.file("access.json");
  REQUIRE(write_file(path + ".lock/in-the-way", "", 0600));
  const Result<void> changed = change_keys(path, [](KeyTable& each) { return each.add(key("ci")); });
  REQUIRE_FALSE(changed);
  CHECK(changed.error().errc == Errc::file_unreadable);
}

TEST_CASE("many who add at once all come through") {
  const orthink::test::TemporaryFolder folder;
  const std::string path = folder.file("access.json");
  constexpr int kWriters = 4;
  constexpr int kEach = 5;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&path, w] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = "k" + std::to_string(w) + "-" + std::to_string(i);
        if (!change_keys(path, [&name](KeyTable& table) { return table.add(key(name)); })) return;
      }
    });
  for (std::thread& each : writers) each.join();
  REQUIRE(read_keys(path));
  CHECK(read_keys(path)->keys().size() == kWriters * kEach);
}

}  // namespace
}  // namespace orthink::access
