// JwksCache: the issuer's keys over time, as a machine: it says when they should be fetched, the host fetches.
//
//   JwksCache cache({});
//   JwksCache::Found found = cache.find(now, token.kid, token.algorithm);
//   if (found.should_fetch && cache.may_fetch(now)) {
//     cache.began(now);                                  // one fetch at a time
//     cache.fetched(later, body);                        // or cache.failed(later)
//   }
//
// Keys are fresh for `fresh`, then fetched anew at the next use; while that fails they serve until they are `stale` old, then none does. A
// name that is not among them asks for a fetch too, but not within `pause` of the last one: whoever sends invented names does not drive
// our traffic to the issuer. What is fetched replaces what was there, so that a key the issuer withdraws is gone.
// Thread rule: one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/access/jwks.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink::access {

struct JwksCacheOptions {
  Duration fresh = Duration::seconds(600);
  Duration stale = Duration::seconds(24 * 3600);
  Duration pause = Duration::seconds(60);
};

class JwksCache {
 public:
  explicit JwksCache(JwksCacheOptions options) : options_(options) {}

  struct Found {
    std::vector<SigningKey> keys;  // that fit; empty: none, or none that may still be trusted
    bool should_fetch = false;     // they are old, or there is no such key
    uint64_t generation = 0;       // of the keys
    bool has_set = false;          // there are keys that may be trusted: an unknown name is really unknown
  };
  [[nodiscard]] Found find(Instant now, const std::optional<std::string>& kid, Algorithm algorithm) const;

  // No fetch is under way, and the last one began long enough ago.
  [[nodiscard]] bool may_fetch(Instant now) const;
  [[nodiscard]] bool is_fetching() const { return is_fetching_; }
  // REQUIRES: may_fetch(now).
  void began(Instant now);
  // Ends the fetch. An Error of parse_jwks is a failed fetch: what was there stays.
  Result<void> fetched(Instant now, std::string_view body);
  void failed();

  [[nodiscard]] uint64_t fetches() const { return fetches_; }        // that began
  [[nodiscard]] uint64_t generation() const { return generation_; }  // changes whenever the keys do

 private:
  [[nodiscard]] bool is_trusted(Instant now) const { return set_at_ && now - *set_at_ < options_.stale; }

  JwksCacheOptions options_;
  KeySet set_;
  std::optional<Instant> set_at_;
  std::optional<Instant> began_at_;
  bool is_fetching_ = false;
  uint64_t fetches_ = 0;
  uint64_t generation_ = 0;
};

}  // namespace orthink::access
