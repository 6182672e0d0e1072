// The ledger: every move of money as a batch. Pure; nothing here talks to a store.
//
//   none -> reserved -> sent -> settled    final usage, or the bound when nothing more can be known (flagged)
//                    |       -> released   certainly nothing was or will be billed
//                    |       -> unknown -> settled | released
//                    -> released           never sent
//
// Counters of a scope S, window W (d<day> or m<month>):
//   c/S/W   committed = held + spent, guarded by the money limit      h/S/W   held
//   x/S/W   held by retries (rows after a call's first)               b/S     blocked when above 0
//   n/S/d.. requests of the day, guarded
// Rates: r/S requests, t/S tokens, per minute. Invariants (checked by ledger/audit and tests):
//   c <= limit after every commit that reserved;  h = sum of bounds of open rows;  c - h = sum of actuals of settled rows;
//   x = sum of bounds of open rows after the first of their call.
// A hold falls only by released or settled, or by lower(): a fact that lowers what may still be billed.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orthink/base/error.h"
#include "orthink/ledger/batch.h"
#include "orthink/ledger/record.h"
#include "orthink/ledger/scope.h"

namespace orthink::ledger {

using ScopeList = std::vector<ScopeLimits>;

// Clocks of machines that share a store may differ by this much, and a machine's from its upstream's.
inline constexpr Duration kClockSlack = Duration::seconds(300);

// What stands of one limit, for refusals, warnings and the budget document.
struct LimitState {
  Scope scope;
  LimitKind kind = LimitKind::usd_per_day;
  int64_t limit = 0;
  int64_t spent = 0;
  int64_t held = 0;
  Instant resets;
  [[nodiscard]] int64_t left() const { return limit - spent - held > 0 ? limit - spent - held : 0; }
};

// Reserves record.bound in every scope. record.scopes are those of `limits`, in their order. The answer's values are what
// near_limits(), refusal() and affordable() read.
StoreBatch reserve(const HoldRecord& record, const ScopeList& limits, std::string_view epoch, Instant at);
// The same for a retry, a row after its call's first: what retries hold takes at most kRetryPercent of what each money limit has left
//, as `standing` says: limit_states() of an answer. Refused by it: stands_against_retry().
StoreBatch reserve_retry(const HoldRecord& record, const ScopeList& limits, const std::vector<LimitState>& standing, std::string_view epoch,
                         Instant at);
inline constexpr int64_t kRetryPercent = 10;
StoreBatch mark_sent(const HoldRecord& record, std::string_view epoch, Instant at);  // durable
StoreBatch note(const HoldRecord& record, std::string_view epoch, Instant at);       // what is known of a sent row; not durable
// record.actual is what it cost. REQUIRES: record.source != none (the row's text would lose the amount). `found`: the state the row is
// in, sent or unknown. With `limits`, tokens that were not used go back to their rates. Above the bound the account is blocked
// (blocked_scope()) until an operator clears it. Durable.
StoreBatch settle(const HoldRecord& record, HoldState found, const ScopeList& limits, Instant at);
// `found`: reserved (the request counts as not made), sent or unknown. Durable.
StoreBatch release(const HoldRecord& record, HoldState found, const ScopeList& limits, Instant at);
StoreBatch leave_unknown(const HoldRecord& record, Instant due, Instant at);         // durable; the hold stays
StoreBatch postpone(const HoldRecord& record, Instant due, Instant at);              // an unknown row is looked at again then
// The bound of a sent row changes from record.bound to `bound`: up is guarded like a reservation (a slice), down needs a fact,
// which is the caller's to know.
StoreBatch rebound(const HoldRecord& record, NanoUsd bound, const ScopeList& limits, std::string_view epoch, Instant at);

// In words: "user:alice may use $5 a day: $1 spent, $0.5 held".
std::string standing(const LimitState& state);
// The refusal of a reservation in words: scope, limit, what is held and spent, when it resets. `reply` is what reserve() was
// answered with. REQUIRES: the verdict is not `applied`.
Error refusal(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply, Instant at);
// Money that would have passed when money stood against it: what the tightest scope has left. Nothing: another limit, or nothing left.
std::optional<NanoUsd> affordable(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply);
// The limit that refused a reservation; of one a minute, `spent` is what is in use of it. Nothing: no limit did.
std::optional<LimitState> short_of(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply);
// What raises it: "`orthink budget set user:alice --usd-per-day USD`".
std::string how_to_raise(const LimitState& state);
// Every limit of money and of requests a day that is set, as an answer to a batch with read_standing() says.
std::vector<LimitState> limit_states(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply);
void read_standing(StoreBatch& batch, const HoldRecord& record);
// The limit of which retries may take no more; nothing when the answer says something else.
std::optional<LimitState> stands_against_retry(const HoldRecord& record, const std::vector<LimitState>& standing, const StoreReply& reply);
// Limits of which at least `percent` is used, after an applied reservation.
std::vector<LimitState> near_limits(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply, uint32_t percent);
// Who is blocked when a call cost more than its bound: its user, else its key, else everyone.
Scope blocked_scope(const HoldRecord& record);

// Key names, for those who read counters (budget, audit).
std::string committed_key(const Scope& scope, bool is_month, int64_t window);
std::string held_key(const Scope& scope, bool is_month, int64_t window);
std::string retries_key(const Scope& scope, bool is_month, int64_t window);
std::string requests_key(const Scope& scope, int64_t day);
std::string blocked_key(const Scope& scope);
std::string requests_rate_key(const Scope& scope);
std::string tokens_rate_key(const Scope& scope);

}  // namespace orthink::ledger
