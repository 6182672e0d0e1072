// What GET /generation?id= knows of the calls that ended (OpenRouter's documentation).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "native/sim/faults.h"
#include "native/sim/script.h"

namespace orthink::sim {

// Thread rule: any thread.
class Generations {
 public:
  void add(const Script& script, const Usage& usage, Money cost, bool is_cancelled);
  // The document, or nothing: unknown id, or not yet (again) as `fault` wants it.
  std::optional<std::string> find(const std::string& id, const std::optional<FaultSpec>& fault);

 private:
  struct Entry {
    std::string document;
    uint64_t lookups = 0;
  };
  static constexpr size_t kEntriesMax = 10'000;

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace orthink::sim
