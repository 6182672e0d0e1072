#include "orthink/ledger/budget.h"

#include <algorithm>

#include "orthink/base/utf8.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

namespace orthink::budget {
namespace {

constexpr int64_t kMinuteUs = 60'000'000;
constexpr size_t kBarColumns = 20;

int64_t at(const Values& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? 0 : found->second;
}

ledger::LimitState money_state(const Scope& scope, LimitKind kind, int64_t limit, const Values& counters, Instant now) {
  const bool is_month = kind == LimitKind::usd_per_month;
  const int64_t window = is_month ? window::month_of(now) : window::day_of(now);
  const int64_t held = at(counters, ledger::held_key(scope, is_month, window));
  const int64_t committed = at(counters, ledger::committed_key(scope, is_month, window));
  return {scope, kind, limit, committed - held, held, is_month ? window::month_begin(window + 1) : window::day_begin(window + 1)};
}

ledger::LimitState rate_state(const Scope& scope, LimitKind kind, int64_t limit, int64_t arrival, Instant now) {
  int64_t used = 0;
  if (arrival > now.us) {
    // What lies a minute or more ahead is the whole limit, so the product stays within 10^9 * 6 * 10^7.
    const int64_t ahead = std::min(arrival - now.us, kMinuteUs);
    used = std::min(limit, (ahead * limit + kMinuteUs - 1) / kMinuteUs);
  }
  return {scope, kind, limit, used, 0, std::max(now, Instant{arrival})};
}

ledger::LimitState state_of(const Scope& scope, LimitKind kind, int64_t limit, const Values& counters, const Values& arrivals, Instant now) {
  switch (kind) {
    case LimitKind::usd_per_day:
    case LimitKind::usd_per_month:
      break;
    case LimitKind::requests_per_day: {
      const int64_t day = window::day_of(now);
      return {scope, kind, limit, at(counters, ledger::requests_key(scope, day)), 0, window::day_begin(day + 1)};
    }
    case LimitKind::requests_per_minute:
      return rate_state(scope, kind, limit, at(arrivals, ledger::requests_rate_key(scope)), now);
    case LimitKind::tokens_per_minute:
      return rate_state(scope, kind, limit, at(arrivals, ledger::tokens_rate_key(scope)), now);
  }
  return money_state(scope, kind, limit, counters, now);
}

// A counter below zero is a fault of the book, which ledger/audit tells of; as an amount it is nothing.
std::string usd(int64_t nano) { return NanoUsd{std::max<int64_t>(nano, 0)}.to_money().to_decimal(); }

void write_amount(json::Writer& out, std::string_view key, LimitKind kind, int64_t amount) {
  out.key(key);
  if (is_money(kind)) {
    out.string(usd(amount));
  } else {
    out.number(amount);
  }
}

std::string shown(std::string_view text, size_t columns) {
  std::string out;
  for (size_t i = 0, used = 0; i < text.size() && used < columns; ++used) {
    const Character c = character_at(text, i);
    out += c.is_valid && c.code >= 0x20 && !steers_terminal(c.code) ? text.substr(i, c.size) : std::string_view("?");
    i += c.size;
  }
  return out;
}

// Columns of `part` in a bar for `whole`: at least one of what is not nothing.
size_t share(int64_t part, int64_t whole) {
  if (part <= 0) return 0;
  if (whole <= 0 || part >= whole) return kBarColumns;
  constexpr auto kColumns = static_cast<int64_t>(kBarColumns);
  const int64_t columns = whole > INT64_MAX / kColumns ? part / (whole / kColumns) : part * kColumns / whole;
  return static_cast<size_t>(std::clamp<int64_t>(columns, 1, kColumns));
}

std::string bar(const ledger::LimitState& state, const Paint& paint) {
  size_t spent = share(state.spent, state.limit);
  const size_t held = std::min(share(state.held, state.limit), kBarColumns);
  if (spent + held > kBarColumns) spent = kBarColumns - held + (held == kBarColumns ? 1 : 0);
  const size_t shown_held = std::min(held, kBarColumns - spent);
  const Ink ink = state.left() == 0 ? Ink::alarm : Ink::spent;
  return "[" + inked(paint, ink, std::string(spent, '#')) + inked(paint, Ink::held, std::string(shown_held, '=')) +
         std::string(kBarColumns - spent - shown_held, '.') + "] ";
}

std::string amount(LimitKind kind, int64_t value) { return is_money(kind) ? "$" + usd(value) : std::to_string(value); }

// What is left, and behind it or on a second line how it stands so.
std::string limit_lines(const ledger::LimitState& state, size_t width, const Paint& paint) {
  constexpr size_t kNameColumns = 20;
  std::string head = "  " + std::string(name(state.kind));
  head.append(kNameColumns + 3 - head.size(), ' ');
  const bool has_bar = width >= 60;
  const std::string left = amount(state.kind, state.left()) + " left of " + amount(state.kind, state.limit);
  std::string details = amount(state.kind, state.spent) + (is_money(state.kind) ? " spent, " + amount(state.kind, state.held) + " held" : " used");
  details += ", resets " + window::iso_text(state.resets);
  const bool is_one_line = head.size() + (has_bar ? kBarColumns + 3 : 0) + left.size() + 2 + details.size() <= width;
  const std::string between = is_one_line ? "; " : "\n" + std::string(head.size(), ' ');
  return head + (has_bar ? bar(state, paint) : "") + left + between + inked(paint, Ink::faint, details) + "\n";
}

}  // namespace

Keys keys(const ledger::ScopeList& limits, Instant now) {
  Keys keys;
  for (const ScopeLimits& each : limits) {
    keys.counters.push_back(ledger::blocked_key(each.scope));
    for (const bool is_month : {false, true}) {
      if (!is_month && !each.limits.get(LimitKind::usd_per_day)) continue;
      const int64_t window = is_month ? window::month_of(now) : window::day_of(now);
      keys.counters.push_back(ledger::committed_key(each.scope, is_month, window));
      keys.counters.push_back(ledger::held_key(each.scope, is_month, window));
    }
    if (each.limits.get(LimitKind::requests_per_day)) keys.counters.push_back(ledger::requests_key(each.scope, window::day_of(now)));
    if (each.limits.get(LimitKind::requests_per_minute)) keys.rates.push_back(ledger::requests_rate_key(each.scope));
    if (each.limits.get(LimitKind::tokens_per_minute)) keys.rates.push_back(ledger::tokens_rate_key(each.scope));
  }
  return keys;
}

std::vector<ScopeState> states(const ledger::ScopeList& limits, const Values& counters, const Values& arrivals, Instant now) {
  std::vector<ScopeState> all;
  for (const ScopeLimits& each : limits) {
    ScopeState state{each.scope, at(counters, ledger::blocked_key(each.scope)) > 0, {}};
    for (const LimitKind kind : kLimitKinds)
      if (const std::optional<int64_t>& limit = each.limits.get(kind))
        state.limits.push_back(state_of(each.scope, kind, *limit, counters, arrivals, now));
    const ledger::LimitState month = money_state(each.scope, LimitKind::usd_per_month, 0, counters, now);
    state.spent_this_month = month.spent;
    state.held_this_month = month.held;
    all.push_back(std::move(state));
  }
  return all;
}

std::string json(const std::vector<ScopeState>& states) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("scopes").array();
  for (const ScopeState& each : states) {
    out.object().key("scope").string(name(each.scope.kind)).key("id");
    out.string_or_null(each.scope.id.empty() ? std::nullopt : std::optional<std::string>(each.scope.id));
    out.key("blocked").boolean(each.is_blocked).key("limits").array();
    for (const ledger::LimitState& state : each.limits) {
      out.object().key("what").string(name(state.kind));
      write_amount(out, "limit", state.kind, state.limit);
      write_amount(out, "spent", state.kind, state.spent);
      write_amount(out, "held", state.kind, state.held);
      write_amount(out, "left", state.kind, state.left());
      out.key("resets_at").string(window::iso_text(state.resets)).end();
    }
    out.end().end();
  }
  out.end().end();
  return out.take();
}

std::string text(const std::vector<ScopeState>& states, size_t width, const Paint& paint) {
  width = std::max<size_t>(width, 40);
  std::string out;
  for (const ScopeState& each : states) {
    out += inked(paint, Ink::heading, shown(each.scope.to_text(), width - 12));
    if (each.scope.id == "*") out += inked(paint, Ink::faint, "  default of the kind");
    out += (each.is_blocked ? "  " + inked(paint, Ink::alarm, "BLOCKED") : "") + "\n";
    for (const ledger::LimitState& state : each.limits) out += limit_lines(state, width, paint);
    const bool has_money = std::any_of(each.limits.begin(), each.limits.end(), [](const ledger::LimitState& l) { return is_money(l.kind); });
    if (!has_money)
      out += "  no limit of money; this month $" + usd(each.spent_this_month) + " spent, $" + usd(each.held_this_month) + " held\n";
  }
  return out;
}

}  // namespace orthink::budget
