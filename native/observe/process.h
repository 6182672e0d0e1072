// What this process uses of the machine, as the kernel tells it (/proc/self).
//
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "orthink/base/instant.h"

namespace orthink::observe {

// What cannot be told is absent.
struct ProcessFacts {
  std::optional<int64_t> resident_bytes;
  std::optional<int64_t> open_files;
  std::optional<Duration> cpu;  // user and system time of all threads
};
ProcessFacts process_facts();

}  // namespace orthink::observe
