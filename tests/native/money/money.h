// What the tests of the money room share: a configuration, a store whose clock stands still, records and their scopes.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <vector>

#include "native/config.h"
#include "native/store/memory_store.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/window.h"

namespace orthink::test {

inline Config config(std::map<std::string, std::string> values = {}) {
  values.emplace("ORTHINK_STORE", "memory:");
  ConfigSources sources;
  sources.variables = [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
  Result<Config> loaded = load_config(sources);
  REQUIRE(loaded);
  return std::move(*loaded);
}

class StillStore : public MemoryStore {
 public:
  Result<Instant> now() override { return time; }
  Instant time = Instant::from_ms(1'795'000'000'000);
};

inline HoldRecord record(std::string call_id, std::vector<Scope> scopes, Instant created, NanoUsd bound = {1000}) {
  HoldRecord made;
  made.call_id = std::move(call_id);
  made.row = 1;
  made.attempt = 1;
  made.scopes = std::move(scopes);
  made.day = window::day_of(created);
  made.month = window::month_of(created);
  made.bound = bound;
  made.created = created;
  made.deadline = created + Duration::seconds(900);
  return made;
}

inline ledger::ScopeList unlimited(const std::vector<Scope>& scopes) {
  ledger::ScopeList list;
  for (const Scope& scope : scopes) list.push_back({scope, Limits{}});
  return list;
}

}  // namespace orthink::test
