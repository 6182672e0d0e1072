// Admitted: tokens that were found good, so that a caller who comes again with the same one does not pay for its signature again.
//
//   Admitted admitted;
//   const Sha256::Digest sum = Sha256::of(token_text);
//   if (const Principal* caller = admitted.find(now, sum, cache.generation())) return *caller;
//   ... the signature is checked, the claims are judged ...
//   admitted.remember(sum, cache.generation(), admission);
//
// A token is known by its SHA-256 alone, until it ends, and while the issuer's keys are those it was checked with.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>

#include "orthink/access/claims.h"
#include "orthink/base/sha256.h"

namespace orthink::access {

class Admitted {
 public:
  // Callers that come at a time are fewer; what is forgotten is checked anew.
  static constexpr size_t kTokensMax = 4'096;

  // Null when it was never seen, has ended, or was checked with other keys. Dies with the next remember().
  [[nodiscard]] const Principal* find(Instant now, const Sha256::Digest& token, uint64_t generation) const;
  // Forgets all others when there are kTokensMax, or when the keys have changed.
  void remember(const Sha256::Digest& token, uint64_t generation, const Admission& admission);
  [[nodiscard]] size_t size() const { return tokens_.size(); }

 private:
  std::map<Sha256::Digest, Admission> tokens_;
  uint64_t generation_ = 0;
};

}  // namespace orthink::access
