#include "orthink/ledger/ledger.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "orthink/ledger/journal_line.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink::ledger {
namespace {

constexpr int64_t kMinuteUs = 60'000'000;
// After an amount of a limit's kind.
constexpr std::array<std::string_view, kLimitKinds.size()> kWords{" a day", " a month", " requests a minute", " requests a day",
                                                                  " tokens a minute"};

std::string window_key(char what, const Scope& scope, bool is_month, int64_t window) {
  return std::string(1, what) + "/" + scope.to_text() + "/" + (is_month ? "m" : "d") + std::to_string(window);
}

int64_t window_of(const HoldRecord& record, bool is_month) { return is_month ? record.month : record.day; }

int64_t divided_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// One request, or this many tokens, at a limit per minute. An allowance of 0 lets nothing pass.
RateUpdate rate_of(std::string key, uint64_t units, int64_t limit) {
  RateUpdate rate{std::move(key), 1, 0};
  if (limit <= 0) return rate;
  constexpr uint64_t kUnitsMax = 150'000'000;  // more than any call takes; times a minute it stays below 2^53
  rate.cost_us = divided_up(static_cast<int64_t>(std::min(units, kUnitsMax)) * kMinuteUs, limit);
  rate.tolerance_us = std::max(kMinuteUs, divided_up(kMinuteUs, limit) * (units == 1 ? limit : 0));
  return rate;
}

void give_back(StoreBatch& batch, std::string key, uint64_t units, const std::optional<int64_t>& limit) {
  if (!limit || *limit <= 0 || units == 0) return;
  RateUpdate rate = rate_of(std::move(key), units, *limit);
  rate.cost_us = -rate.cost_us;
  batch.rates.push_back(std::move(rate));
}

void give_back_tokens(StoreBatch& batch, const HoldRecord& record, const ScopeList& limits, uint64_t used) {
  const uint64_t unused = record.tokens_bound - std::min(record.tokens_bound, used);
  for (const ScopeLimits& each : limits) give_back(batch, tokens_rate_key(each.scope), unused, each.limits.get(LimitKind::tokens_per_minute));
}

// Moves committed and held money of every scope and window; with `limits`, what is committed is guarded.
void move_money(StoreBatch& batch, const HoldRecord& record, int64_t committed, int64_t held, const ScopeList* limits) {
  for (size_t i = 0; i < record.scopes.size(); ++i) {
    for (const bool is_month : {false, true}) {
      const Scope& scope = record.scopes[i];
      const int64_t window = window_of(record, is_month);
      GuardedAddition addition{committed_key(scope, is_month, window), committed, std::nullopt};
      if (limits != nullptr) addition.limit = (*limits)[i].limits.get(is_month ? LimitKind::usd_per_month : LimitKind::usd_per_day);
      batch.additions.push_back(std::move(addition));
      batch.additions.push_back({held_key(scope, is_month, window), held, std::nullopt});
      if (record.row > 1) batch.additions.push_back({retries_key(scope, is_month, window), held, std::nullopt});
    }
  }
}

std::string journal_text(const HoldRecord& record, std::string_view stored, HoldState from, HoldState to, Instant at) {
  json::Writer out;
  out.object().key("row").string(record.key()).key("from").string(name(from)).key("to").string(name(to)).key("at").number(at.us);
  out.key("bound").number(record.bound.nano);
  if (from == HoldState::none) {
    out.key("scopes").array();
    for (const Scope& scope : record.scopes) out.string(scope.to_text());
    out.end().key("day").number(record.day).key("month").number(record.month);
  }
  if (to == HoldState::settled) out.key("actual").number(record.actual.nano).key("source").string(name(record.source));
  if (to == HoldState::settled || to == HoldState::released) out.key("sum").string(record_sum(stored));
  out.end();
  return out.take();
}

StoreBatch move(const HoldRecord& record, HoldState from, HoldState to, std::string_view epoch, Instant at) {
  StoreBatch batch;
  batch.at = at;
  RowWrite row;
  row.key = record.key();
  row.from = from;
  row.to = to;
  row.account = record.account();
  row.epoch = std::string(epoch);
  row.created = record.created;
  row.record = record.to_json();
  batch.journal.push_back({row.account, journal_text(record, row.record, from, to, at)});
  batch.rows.push_back(std::move(row));
  return batch;
}

std::string amount_text(LimitKind kind, int64_t amount) {
  return is_money(kind) ? "$" + NanoUsd{amount}.to_money().to_decimal() : std::to_string(amount);
}

std::string allowance(const Scope& scope, LimitKind kind, int64_t limit) {
  return scope.to_text() + " may use " + amount_text(kind, limit) + std::string(kWords[static_cast<size_t>(kind)]);
}

std::string key_of(const LimitState& state, const HoldRecord& record) {
  if (state.kind == LimitKind::requests_per_day) return requests_key(state.scope, record.day);
  const bool is_month = state.kind == LimitKind::usd_per_month;
  return committed_key(state.scope, is_month, window_of(record, is_month));
}

std::string retries_key_of(const LimitState& state, const HoldRecord& record) {
  const bool is_month = state.kind == LimitKind::usd_per_month;
  return retries_key(state.scope, is_month, window_of(record, is_month));
}

// `needed`: what the call takes of the limit. More than the limit ever lets pass is no matter of time.
Error over_limit(const LimitState& state, std::string text, int64_t needed, Instant at) {
  const bool never = needed > state.limit;
  text += state.limit == 0 ? "; nothing may pass" : never ? ", so it can never pass as it is" : "";
  const std::string raise = how_to_raise(state);
  const std::string remedy = state.limit == 0 ? "Waiting does not help; raise the limit: " + raise + "."
                             : never          ? "Ask for less, or raise the limit: " + raise + "."
                                              : "Wait until the limit has room again, or raise it: " + raise + ".";
  Error error = make_error(is_money(state.kind) ? Errc::budget_refused : Errc::rate_limited, std::move(text), remedy);
  error.scope = state.scope.to_text();
  if (state.limit > 0 && (!never || is_money(state.kind))) error.resets_at = window::iso_text(state.resets);
  if (never)
    error.retry = Retry::changed;
  else
    error.retry_after = state.resets - at;
  return error;
}

Error over_sum(const HoldRecord& record, const LimitState& state, Instant at) {
  const bool is_sum = is_money(state.kind);
  std::string text = standing(state);
  if (is_sum) text += "; this call may cost up to " + amount_text(state.kind, record.bound.nano);
  return over_limit(state, std::move(text), is_sum ? record.bound.nano : 1, at);
}

// The limit a minute that stands against the call; `spent`: what is in use of it, `resets`: when the call would pass.
std::optional<LimitState> rate_state(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply, Instant at) {
  for (const ScopeLimits& each : limits) {
    const bool is_tokens = reply.failed_key == tokens_rate_key(each.scope);
    if (!is_tokens && reply.failed_key != requests_rate_key(each.scope)) continue;
    const LimitKind kind = is_tokens ? LimitKind::tokens_per_minute : LimitKind::requests_per_minute;
    LimitState state{each.scope, kind, each.limits.get(kind).value_or(0), 0, 0, at + Duration::micros(reply.found_value)};
    if (state.limit <= 0) return state;
    const RateUpdate rate = rate_of({}, is_tokens ? record.tokens_bound : 1, state.limit);
    const int64_t busy_us = std::max<int64_t>(0, reply.found_value + rate.tolerance_us - rate.cost_us);
    state.spent = std::min(state.limit, divided_up(std::min(busy_us, kMinuteUs) * state.limit, kMinuteUs));
    return state;
  }
  return std::nullopt;
}

Error too_fast(const HoldRecord& record, const LimitState& state, Instant at) {
  const bool is_tokens = state.kind == LimitKind::tokens_per_minute;
  const int64_t needed = is_tokens ? static_cast<int64_t>(record.tokens_bound) : 1;
  std::string text = allowance(state.scope, state.kind, state.limit) + ": " + std::to_string(state.spent) + " used";
  if (is_tokens) text += "; this call may need up to " + std::to_string(needed);
  if (needed <= state.limit) text += "; it would pass in " + std::to_string(divided_up((state.resets - at).us, 1'000'000)) + " s";
  Error error = over_limit(state, std::move(text), needed, at);
  if (error.resets_at) error.resets_at = window::iso_text(state.resets + Duration::micros(999'999));
  return error;
}

}  // namespace

std::string committed_key(const Scope& scope, bool is_month, int64_t window) { return window_key('c', scope, is_month, window); }
std::string held_key(const Scope& scope, bool is_month, int64_t window) { return window_key('h', scope, is_month, window); }
std::string retries_key(const Scope& scope, bool is_month, int64_t window) { return window_key('x', scope, is_month, window); }
std::string requests_key(const Scope& scope, int64_t day) { return window_key('n', scope, false, day); }
std::string blocked_key(const Scope& scope) { return "b/" + scope.to_text(); }
std::string requests_rate_key(const Scope& scope) { return "r/" + scope.to_text(); }
std::string tokens_rate_key(const Scope& scope) { return "t/" + scope.to_text(); }

void read_standing(StoreBatch& batch, const HoldRecord& record) {
  for (const Scope& scope : record.scopes) {
    for (const bool is_month : {false, true}) {
      batch.reads.push_back(committed_key(scope, is_month, window_of(record, is_month)));
      batch.reads.push_back(held_key(scope, is_month, window_of(record, is_month)));
    }
    batch.reads.push_back(requests_key(scope, record.day));
  }
}

std::vector<LimitState> limit_states(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply) {
  std::vector<LimitState> all;
  constexpr size_t kReadsOfScope = 5;  // see read_standing
  for (size_t i = 0; i < limits.size() && (i + 1) * kReadsOfScope <= reply.values.size(); ++i) {
    const int64_t* read = &reply.values[i * kReadsOfScope];
    const auto add = [&](LimitKind kind, int64_t committed, int64_t held, Instant resets) {
      const std::optional<int64_t>& limit = limits[i].limits.get(kind);
      if (limit) all.push_back({limits[i].scope, kind, *limit, committed - held, held, resets});
    };
    add(LimitKind::usd_per_day, read[0], read[1], window::day_begin(record.day + 1));
    add(LimitKind::usd_per_month, read[2], read[3], window::month_begin(record.month + 1));
    add(LimitKind::requests_per_day, read[4], 0, window::day_begin(record.day + 1));
  }
  return all;
}

std::string standing(const LimitState& state) {
  std::string text = allowance(state.scope, state.kind, state.limit) + ": " + amount_text(state.kind, state.spent) + " spent";
  if (is_money(state.kind)) text += ", " + amount_text(state.kind, state.held) + " held";
  return text;
}

std::string how_to_raise(const LimitState& state) {
  std::string flag(name(state.kind));
  std::replace(flag.begin(), flag.end(), '_', '-');
  return "`orthink budget set " + state.scope.to_text() + " --" + flag + (is_money(state.kind) ? " USD`" : " N`");
}

Scope blocked_scope(const HoldRecord& record) {
  for (const ScopeKind kind : {ScopeKind::user, ScopeKind::key})
    for (const Scope& scope : record.scopes)
      if (scope.kind == kind) return scope;
  return {};
}

StoreBatch reserve(const HoldRecord& record, const ScopeList& limits, std::string_view epoch, Instant at) {
  StoreBatch batch = move(record, HoldState::none, HoldState::reserved, epoch, at);
  batch.marks.push_back({"clock", at.us, kClockSlack.us});
  for (const ScopeLimits& each : limits) batch.additions.push_back({blocked_key(each.scope), 0, 0});
  move_money(batch, record, record.bound.nano, record.bound.nano, &limits);
  for (const ScopeLimits& each : limits) {
    batch.additions.push_back({requests_key(each.scope, record.day), 1, each.limits.get(LimitKind::requests_per_day)});
    if (const auto& limit = each.limits.get(LimitKind::requests_per_minute))
      batch.rates.push_back(rate_of(requests_rate_key(each.scope), 1, *limit));
    if (const auto& limit = each.limits.get(LimitKind::tokens_per_minute))
      batch.rates.push_back(rate_of(tokens_rate_key(each.scope), record.tokens_bound, *limit));
  }
  read_standing(batch, record);
  return batch;
}

StoreBatch reserve_retry(const HoldRecord& record, const ScopeList& limits, const std::vector<LimitState>& standing, std::string_view epoch,
                         Instant at) {
  StoreBatch batch = reserve(record, limits, epoch, at);
  for (const LimitState& state : standing) {
    if (!is_money(state.kind)) continue;
    const std::string key = retries_key_of(state, record);
    for (GuardedAddition& addition : batch.additions)
      if (addition.key == key) addition.limit = state.left() / 100 * kRetryPercent;
  }
  return batch;
}

std::optional<LimitState> stands_against_retry(const HoldRecord& record, const std::vector<LimitState>& standing, const StoreReply& reply) {
  if (reply.verdict != StoreReply::Verdict::guard_failed) return std::nullopt;
  for (const LimitState& state : standing)
    if (is_money(state.kind) && retries_key_of(state, record) == reply.failed_key) return state;
  return std::nullopt;
}

StoreBatch mark_sent(const HoldRecord& record, std::string_view epoch, Instant at) {
  StoreBatch batch = move(record, HoldState::reserved, HoldState::sent, epoch, at);
  batch.is_durable = true;
  return batch;
}

StoreBatch note(const HoldRecord& record, std::string_view epoch, Instant at) {
  StoreBatch batch = move(record, HoldState::sent, HoldState::sent, epoch, at);
  batch.journal.clear();
  return batch;
}

StoreBatch settle(const HoldRecord& record, HoldState found, const ScopeList& limits, Instant at) {
  assert(record.source != AmountSource::none);
  StoreBatch batch = move(record, found, HoldState::settled, {}, at);
  batch.is_durable = true;
  move_money(batch, record, record.actual.nano - record.bound.nano, -record.bound.nano, nullptr);
  if (record.actual > record.bound) batch.additions.push_back({blocked_key(blocked_scope(record)), 1, std::nullopt});
  if (record.usage.state == UsageState::final_ && record.usage.prompt_tokens && record.usage.completion_tokens)
    give_back_tokens(batch, record, limits, *record.usage.prompt_tokens + *record.usage.completion_tokens);
  return batch;
}

StoreBatch release(const HoldRecord& record, HoldState found, const ScopeList& limits, Instant at) {
  StoreBatch batch = move(record, found, HoldState::released, {}, at);
  batch.is_durable = true;
  move_money(batch, record, -record.bound.nano, -record.bound.nano, nullptr);
  give_back_tokens(batch, record, limits, 0);
  if (found != HoldState::reserved) return batch;
  for (const Scope& scope : record.scopes) batch.additions.push_back({requests_key(scope, record.day), -1, std::nullopt});
  for (const ScopeLimits& each : limits) give_back(batch, requests_rate_key(each.scope), 1, each.limits.get(LimitKind::requests_per_minute));
  return batch;
}

StoreBatch leave_unknown(const HoldRecord& record, Instant due, Instant at) {
  StoreBatch batch = move(record, HoldState::sent, HoldState::unknown, {}, at);
  batch.is_durable = true;
  batch.rows.front().due = due;
  return batch;
}

StoreBatch postpone(const HoldRecord& record, Instant due, Instant at) {
  StoreBatch batch = move(record, HoldState::unknown, HoldState::unknown, {}, at);
  batch.journal.clear();
  batch.rows.front().due = due;
  return batch;
}

StoreBatch rebound(const HoldRecord& record, NanoUsd bound, const ScopeList& limits, std::string_view epoch, Instant at) {
  const int64_t more = bound.nano - record.bound.nano;
  HoldRecord changed = record;
  changed.bound = bound;
  StoreBatch batch = move(changed, HoldState::sent, HoldState::sent, epoch, at);
  move_money(batch, record, more, more, more > 0 ? &limits : nullptr);
  read_standing(batch, record);
  return batch;
}

Error refusal(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply, Instant at) {
  switch (reply.verdict) {
    case StoreReply::Verdict::guard_failed:
      for (const LimitState& state : limit_states(record, limits, reply))
        if (key_of(state, record) == reply.failed_key) return over_sum(record, state, at);
      for (const ScopeLimits& each : limits) {
        if (blocked_key(each.scope) != reply.failed_key) continue;
        Error error = make_error(Errc::account_blocked, each.scope.to_text() + " is blocked: a call of it cost more than its bound",
                                 "Look at it with orthink report and orthink why, then run orthink budget clear " + each.scope.to_text() + ".");
        error.scope = each.scope.to_text();
        return error;
      }
      return make_error(Errc::budget_refused, "the counter " + reply.failed_key + " cannot grow any more");
    case StoreReply::Verdict::rate_limited:
      if (const std::optional<LimitState> state = rate_state(record, limits, reply, at)) return too_fast(record, *state, at);
      return make_error(Errc::rate_limited, "the rate " + reply.failed_key + " is used up");
    case StoreReply::Verdict::clock_behind:
      return make_error(Errc::clock_refused, "this machine's clock is more than five minutes behind what the store has seen");
    case StoreReply::Verdict::row_conflict:
      return make_error(Errc::internal, "the store already knows the call " + reply.failed_key);
    case StoreReply::Verdict::applied:
    case StoreReply::Verdict::document_conflict:
    case StoreReply::Verdict::unavailable:
      break;
  }
  return not_taken(reply, "the reservation");
}

std::optional<NanoUsd> affordable(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply) {
  if (reply.verdict != StoreReply::Verdict::guard_failed) return std::nullopt;
  int64_t least = NanoUsd::kMax;
  bool is_money_short = false;
  for (const LimitState& state : limit_states(record, limits, reply)) {
    if (!is_money(state.kind)) continue;
    is_money_short = is_money_short || key_of(state, record) == reply.failed_key;
    least = std::min(least, state.left());
  }
  if (!is_money_short || least == 0) return std::nullopt;
  return NanoUsd{least};
}

std::optional<LimitState> short_of(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply) {
  if (reply.verdict == StoreReply::Verdict::rate_limited) return rate_state(record, limits, reply, Instant::zero());
  if (reply.verdict != StoreReply::Verdict::guard_failed) return std::nullopt;
  for (LimitState& state : limit_states(record, limits, reply))
    if (key_of(state, record) == reply.failed_key) return std::move(state);
  return std::nullopt;
}

std::vector<LimitState> near_limits(const HoldRecord& record, const ScopeList& limits, const StoreReply& reply, uint32_t percent) {
  std::vector<LimitState> near;
  for (LimitState& state : limit_states(record, limits, reply)) {
    if ((state.spent + state.held) * 100 >= state.limit * int64_t{percent}) near.push_back(std::move(state));
  }
  return near;
}

}  // namespace orthink::ledger
