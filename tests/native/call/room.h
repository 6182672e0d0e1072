// A desk with a simulator upstream, a key in a file and a ledger of its own.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "native/call/purchase.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "orthink/chat/ask.h"
#include "tests/native/temporary_folder.h"

namespace orthink::test {

class Room {
 public:
  explicit Room(std::string_view faults = "", std::string_view more = "") : more_(more) {
    sim::SimOptions options;
    options.seed = 7;
    options.now = [] { return now(); };
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator = std::move(*started);
    put_key("sk-test-first");
  }
  void put_key(std::string_view key) { REQUIRE(save_key(folder.file("key"), Secret(std::string(key)))); }
  [[nodiscard]] Config config() const {
    ConfigSources sources;
    sources.file_path = folder.file("config.json");
    sources.state_folder = folder.path();
    const std::string url = has_own_url_ ? "" : "\"base_url\":\"" + simulator->url() + "\",";
    std::string text = "{" + url + "\"key_file\":\"" + folder.file("key") + "\",\"store\":\"" + store + "\"" + more_ + "}";
    REQUIRE(write_file(sources.file_path, text, 0600));
    Result<Config> loaded = load_config(sources);
    INFO((loaded ? std::string() : loaded.error().message));
    REQUIRE(loaded);
    return *loaded;
  }
  // More settings, as members of the configuration's file: ",\"listen\":\"...\"".
  void set(std::string_view more) {
    more_ = more;
    has_own_url_ = more.find("base_url") != std::string_view::npos;
  }
  [[nodiscard]] size_t bought() const { return simulator->bill().lines.size(); }

  TemporaryFolder folder;
  std::unique_ptr<sim::Simulator> simulator;
  std::string store = "memory:";

 private:
  std::string more_;
  bool has_own_url_ = false;
};

inline Ask ask_of(std::string_view document) {
  Result<Ask> ask = parse_ask(document);
  REQUIRE(ask);
  return *ask;
}

}  // namespace orthink::test
