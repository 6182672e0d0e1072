#include "orthink/access/jwks_cache.h"

namespace orthink::access {

JwksCache::Found JwksCache::find(Instant now, const std::optional<std::string>& kid, Algorithm algorithm) const {
  Found found;
  found.has_set = is_trusted(now);
  found.generation = generation_;
  if (found.has_set)
    for (const SigningKey* key : set_.find(kid, algorithm)) found.keys.push_back(*key);
  found.should_fetch = found.keys.empty() || now - *set_at_ >= options_.fresh;
  return found;
}

bool JwksCache::may_fetch(Instant now) const { return !is_fetching_ && (!began_at_ || now - *began_at_ >= options_.pause); }

void JwksCache::began(Instant now) {
  is_fetching_ = true;
  began_at_ = now;
  ++fetches_;
}

Result<void> JwksCache::fetched(Instant now, std::string_view body) {
  is_fetching_ = false;
  Result<KeySet> set = parse_jwks(body);
  if (!set) return set.error();
  set_ = std::move(*set);
  set_at_ = now;
  ++generation_;
  return {};
}

void JwksCache::failed() { is_fetching_ = false; }

}  // namespace orthink::access
