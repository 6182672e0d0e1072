// The limits of scopes: those set with `orthink budget set`, kept as documents of the store, over those of the configuration.
//
//   Result<ledger::ScopeList> limits = limits_of(store, config, scopes);
//
// Document "limits/SCOPE" for one scope, "limits/KIND:*" for every scope of a kind without a word of its own on that limit. Each is an
// object with a member for each limit that was set; null lifts it. What neither names comes from the configuration (a user's daily
// and monthly dollars); what is not there either is no limit.
// Thread rule: any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "native/config.h"
#include "native/store/store.h"
#include "orthink/ledger/ledger.h"

namespace orthink {

// In the order of `scopes`.
Result<ledger::ScopeList> limits_of(Store& store, const Config& config, const std::vector<Scope>& scopes);

struct LimitChange {
  LimitKind kind = LimitKind::usd_per_day;
  std::optional<int64_t> limit;  // nothing: lifted
};
// Changes some limits of `scope` and leaves the others; two who change at once both come through. An id of "*" means every scope of the
// kind. With no change at all the scope's document is removed: the defaults hold again.
Result<void> change_limits(Store& store, const Scope& scope, const std::vector<LimitChange>& changes);
// Lifts the block of a scope (a call cost more than its bound). False: it was not blocked.
Result<bool> clear_block(Store& store, const Scope& scope);
// Every scope that has limits of its own (an id of "*" among them), that is blocked, or that was charged in this month; global first,
// then by name.
Result<std::vector<Scope>> known_scopes(Store& store);

}  // namespace orthink
