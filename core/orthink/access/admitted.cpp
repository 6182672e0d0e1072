#include "orthink/access/admitted.h"

namespace orthink::access {

const Principal* Admitted::find(Instant now, const Sha256::Digest& token, uint64_t generation) const {
  const auto found = generation == generation_ ? tokens_.find(token) : tokens_.end();
  return found == tokens_.end() || now >= found->second.until ? nullptr : &found->second.caller;
}

void Admitted::remember(const Sha256::Digest& token, uint64_t generation, const Admission& admission) {
  if (generation != generation_ || tokens_.size() >= kTokensMax) tokens_.clear();
  generation_ = generation;
  tokens_.insert_or_assign(token, admission);
}

}  // namespace orthink::access
