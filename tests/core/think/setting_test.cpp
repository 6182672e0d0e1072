// Settings as people type them, and what the shell makes of some of them.
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "orthink/think/setting.h"

using namespace orthink;

namespace {

std::string round_trip(const char* text) {
  const Result<Setting> setting = parse_setting(text);
  return setting ? setting->to_text() : "refused";
}

}  // namespace

TEST_CASE("the forms of a setting") {
  CHECK(round_trip("default") == "default");
  CHECK(round_trip("off") == "off");
  CHECK(round_trip("OFF") == "off");
  CHECK(round_trip("none") == "off");
  CHECK(round_trip("0") == "off");
  for (const char* effort : {"minimal", "low", "medium", "high", "xhigh", "max"}) CHECK(round_trip(effort) == effort);
  CHECK(round_trip("8000") == "8000");
  CHECK(round_trip("8k") == "8000");
  CHECK(round_trip("8K") == "8000");
  CHECK(round_trip("1") == "1");
  CHECK(round_trip("0.05usd") == "0.05usd");
  CHECK(round_trip("0.05USD") == "0.05usd");
  CHECK(round_trip("$0.05") == "0.05usd");
  CHECK(round_trip("$1") == "1usd");
}

TEST_CASE("what is no setting is refused with the forms") {
  for (const char* text : {"", " ", "on", "hgih", "8kk", "k", "-1", "8.5k", "8 000", "1e3", "$", "usd", "$-1", "0usd", "1e-3usd", "99999999999999999999", "2000000k",
                           "\xff\xfe", "0.05", "0.05eur"}) {
    INFO(text);
    const Result<Setting> setting = parse_setting(text);
    REQUIRE(!setting.ok());
    CHECK(setting.error().errc == Errc::invalid_argument);
    CHECK(setting.error().remedy.find("off") != std::string::npos);
  }
}

TEST_CASE("a value such as bash.05 gets a hint about the shell") {
  for (const char* text : {"bash.05", "zsh.05", "-bash.05", "-zsh.05", "sh.05", "/bin/bash.05", "/usr/bin/zsh.05", "dash.05", "fish.05"}) {
    INFO(text);
    const Result<Setting> setting = parse_setting(text);
    REQUIRE(!setting.ok());
    CHECK(setting.error().message.find("$0") != std::string::npos);
    CHECK(setting.error().remedy.find("0.05usd") != std::string::npos);
    CHECK(setting.error().remedy.find("'$0.05'") != std::string::npos);
  }
  CHECK(parse_setting("bash.x").error().message.find("$0") == std::string::npos);
  CHECK(parse_setting("bash.").error().message.find("$0") == std::string::npos);
}
