// What a Redis or Valkey server says of itself, and whether a ledger may live on it.
//
//   RedisFacts facts = RedisFacts::parse(answer_to_INFO);
//   if (Result<void> fit = facts.judge("Redis at localhost:6379/0"); !fit) return fit.error();
//
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orthink/base/result.h"

namespace orthink {

struct RedisFacts {
  std::string run_id;             // of the server process
  std::string version;            // of Redis, or the Redis that a Valkey server stands for
  std::string role;               // "master" or "slave"
  std::string policy;             // maxmemory_policy
  uint64_t memory_bytes_max = 0;  // 0: no maximum
  bool is_loading = false;        // the data is still being read
  bool has_append_only = false;

  // The answer to INFO: lines "name:value". What it does not say stays as above.
  static RedisFacts parse(std::string_view info);
  // Errc::store_unavailable with advice: no run_id, older than version 6, a replica, one that may evict keys. `where` begins the message.
  [[nodiscard]] Result<void> judge(const std::string& where) const;
};

}  // namespace orthink
