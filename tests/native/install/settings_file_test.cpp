// Files of other programs on a real file system, and the verb as its users run it.
#include "native/install/settings_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "native/system.h"
#include "tests/native/program.h"
#include "tests/native/temporary_folder.h"

using namespace orthink;
using install::read_settings;
using install::replace_settings;
using install::SettingsFile;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void put(const std::string& path, std::string_view text, unsigned mode = 0600) {
  std::ofstream(path, std::ios::binary) << text;
  ::chmod(path.c_str(), static_cast<mode_t>(mode));
}

unsigned mode_of(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0;
}

const Instant kNow{1'796'070'000'000'000};

std::string replace(const std::string& path, std::string_view text) {
  Result<SettingsFile> file = read_settings(path);
  if (!file) return "refused: " + file.error().message;
  Result<std::string> backup = replace_settings(*file, text, kNow);
  return backup ? *backup : "refused: " + backup.error().message;
}

}  // namespace

TEST_CASE("a file is replaced, its copy kept, its permissions too", "[settings]") {
  test::TemporaryFolder folder;
  const std::string path = folder.file("config.json");
  for (unsigned mode : {0600U, 0644U, 0664U}) {
    put(path, "old", mode);
    const std::string backup = replace(path, "new");
    CHECK(bytes_of(path) == "new");
    CHECK(bytes_of(backup) == "old");
    CHECK(mode_of(path) == mode);
    CHECK(mode_of(backup) == mode);
    CHECK(backup.starts_with(path + ".2026"));
  }
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 4);
}

TEST_CASE("a file that is not there is made with its folders, for its user alone", "[settings]") {
  test::TemporaryFolder folder;
  const std::string path = folder.file("a/b/mcp.json");
  CHECK(replace(path, "new").empty());
  CHECK(bytes_of(path) == "new");
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("a link stays a link", "[settings]") {
  test::TemporaryFolder folder;
  put(folder.file("real"), "old");
  fs::create_symlink(folder.file("real"), folder.file("link"));
  CHECK(replace(folder.file("link"), "new").starts_with(folder.file("real") + "."));
  CHECK(fs::is_symlink(folder.file("link")));
  CHECK(bytes_of(folder.file("real")) == "new");

  fs::create_symlink(folder.file("nowhere"), folder.file("dangling"));
  CHECK(replace(folder.file("dangling"), "new").find("is a link to something that is not there") != std::string::npos);
}

TEST_CASE("what is not ours to write is refused", "[settings]") {
  test::TemporaryFolder folder;
  put(folder.file("locked"), "old", 0400);
  CHECK(replace(folder.file("locked"), "new").find("is read-only") != std::string::npos);
  CHECK(bytes_of(folder.file("locked")) == "old");
  fs::create_directory(folder.file("folder"));
  CHECK(replace(folder.file("folder"), "new").find("is not a regular file") != std::string::npos);
}

TEST_CASE("a file that another program changed meanwhile is not overwritten", "[settings]") {
  test::TemporaryFolder folder;
  const std::string path = folder.file("config.json");
  put(path, "old");
  Result<SettingsFile> file = read_settings(path);
  REQUIRE(file);
  put(path, "theirs");
  Result<std::string> backup = replace_settings(*file, "ours", kNow);
  REQUIRE_FALSE(backup);
  CHECK(backup.error().message.find("was changed by another program meanwhile") != std::string::npos);
  CHECK(bytes_of(path) == "theirs");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("the verb shows, asks, writes once, and undoes", "[settings][program]") {
  test::TemporaryFolder home;
  const test::Variables variables = {{"HOME", home.path()}};
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "mcp");
    return test::run_program(words, variables);
  };
  const std::string path = home.file(".cursor/mcp.json");

  test::Run dry = run({"install", "--client", "cursor", "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(dry.out.find("+    \"orthink\": {") != std::string::npos);
  CHECK_FALSE(fs::exists(path));

  test::Run unasked = run({"install", "--client", "cursor"});
  CHECK(unasked.exit_code == 2);
  CHECK(unasked.err.find("--yes") != std::string::npos);
  CHECK_FALSE(fs::exists(path));

  test::Run written = run({"install", "--client", "cursor", "--yes"});
  CHECK(written.exit_code == 0);
  const std::string once = bytes_of(path);
  CHECK(once.find(std::string("\"command\": \"") + fs::canonical(ORTHINK_PROGRAM).string() + "\"") != std::string::npos);
  test::Run again = run({"install", "--client", "cursor", "--yes", "--json"});
  CHECK(again.out.find("\"changed\":false,\"written\":false,\"backup\":null") != std::string::npos);
  CHECK(bytes_of(path) == once);

  test::Run removed = run({"uninstall", "--client", "cursor", "--yes", "--json"});
  CHECK(removed.out.find("\"written\":true") != std::string::npos);
  CHECK(bytes_of(path) == "{\n  \"mcpServers\": {}\n}\n");
  CHECK(run({"uninstall", "--client", "cursor", "--yes"}).exit_code == 0);
}

TEST_CASE("the verb refuses what it should, and leaves the file", "[settings][program]") {
  test::TemporaryFolder home;
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "mcp");
    return test::run_program(words, {{"HOME", home.path()}});
  };
  CHECK(run({"install"}).exit_code == 2);
  CHECK(run({"install", "--client", "emacs"}).exit_code == 2);
  CHECK(run({"install", "--client", "chatgpt"}).exit_code == 2);
  CHECK(run({"install", "--client", "chatgpt", "--url", "https://x.example/mcp"}).out.find("https://x.example/mcp") != std::string::npos);
  CHECK(run({"install", "--client", "claude-desktop", "--url", "https://x.example/mcp"}).exit_code == 2);
  CHECK(run({"install", "--client", "codex", "--name", "a b", "--yes"}).exit_code == 2);

  const std::string broken = home.file("broken.json");
  put(broken, "{ \"mcpServers\": ");
  test::Run refused = run({"install", "--client", "vscode", "--settings", broken, "--yes"});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("line 1") != std::string::npos);
  CHECK(bytes_of(broken) == "{ \"mcpServers\": ");
}
