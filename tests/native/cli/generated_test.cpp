// What is made from the tables: the manual page, the settings page, and the completion scripts.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "native/cli/completions.h"
#include "native/cli/manual.h"
#include "native/cli/options.h"
#include "native/config.h"
#include "tests/native/cli/program.h"

using namespace orthink;
using namespace orthink::cli;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

bool has_program(const std::string& name) {
  if (std::filesystem::exists("/usr/bin/" + name) || std::filesystem::exists("/bin/" + name)) return true;
  std::cout << "skipped: no " << name << " here\n";
  return false;
}

// What bash proposes after these words.
std::string proposals(const test::Home& home, const std::vector<std::string>& words) {
  std::string script = completion_script("bash") + "COMP_WORDS=(";
  for (const std::string& word : words) script += "'" + word + "' ";
  script += ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_orthink\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  return test::run_command(home, {"bash"}, script).out;
}

}  // namespace

TEST_CASE("docs/orthink.1 is the manual page; scripts/docs writes it", "[manual]") {
  CHECK(bytes_of(std::filesystem::path(ORTHINK_SOURCE_DIR) / "docs/orthink.1") == manual_page());
}

TEST_CASE("docs/configuration.md is the table of settings; scripts/docs writes it", "[manual]") {
  CHECK(bytes_of(std::filesystem::path(ORTHINK_SOURCE_DIR) / "docs/configuration.md") == configuration_page());
}

TEST_CASE("the manual page is sound roff and names everything", "[manual]") {
  std::string page = manual_page();
  for (const VerbRow& verb : verb_rows())
    CHECK((page.find(".SS \"orthink " + std::string(verb.name)) != std::string::npos) == !verb.is_hidden);
  for (const ConfigRow& setting : config_rows()) CHECK(page.find(setting.environment) != std::string::npos);
  if (!has_program("groff")) return;
  test::Home home;
  std::ofstream(home.path() + "/orthink.1") << page;
  test::Ran ran = test::run_command(home, {"groff", "-man", "-ww", "-Tutf8", home.path() + "/orthink.1"});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.find("bash.05") == std::string::npos);
}

TEST_CASE("each shell that is here accepts its completions", "[completions]") {
  test::Home home;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    std::string path = home.path() + "/completion";
    std::ofstream(path) << completion_script(shell);
    if (!has_program(shell)) continue;
    test::Ran ran = test::run_command(home, {shell, "-n", path});
    CAPTURE(shell, ran.err);
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
  }
}

TEST_CASE("bash completes verbs, flags, values and words", "[completions]") {
  test::Home home;
  CHECK(proposals(home, {"orthink", "pl"}) == "plan\n");
  CHECK(proposals(home, {"orthink", "ask", "--max-c"}) == "--max-cost\n");
  CHECK(proposals(home, {"orthink", "models", "--max"}) == "--max-price\n");
  CHECK(proposals(home, {"orthink", "ask", "--think", "x"}) == "xhigh\n");
  CHECK(proposals(home, {"orthink", "models", "--sort", ""}) == "price\ncontext\nname\n");
  CHECK(proposals(home, {"orthink", "key", ""}) == "set\n");
  CHECK(proposals(home, {"orthink", "completions", "f"}) == "fish\n");
  CHECK(proposals(home, {"orthink", "budget", "s"}) == "show\nset\n");
  CHECK(proposals(home, {"orthink", "ledger", "re"}) == "reconcile\n");
  CHECK(proposals(home, {"orthink", "report", "--by", ""}) == "model\nuser\nday\ntenant\n");
  CHECK(proposals(home, {"orthink", "budget", "set", "user:alice", "--usd"}) == "--usd-per-day\n--usd-per-month\n");
  CHECK(proposals(home, {"orthink", "man"}) == "\n");
}

TEST_CASE("each script names every verb and flag", "[completions]") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    std::string script = completion_script(shell);
    CAPTURE(shell);
    for (const VerbRow& verb : verb_rows())
      if (!verb.is_hidden) CHECK(script.find(verb.name) != std::string::npos);
    for (const FlagRow& flag : flag_rows()) {
      CAPTURE(flag.name);
      std::string name(flag.name);
      bool is_there = script.find(std::string(shell) == "fish" ? " -l " + name.substr(2) + " " : name) != std::string::npos;
      CHECK(is_there == !flag.is_hidden);
    }
  }
}
