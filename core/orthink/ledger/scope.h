// Who spends, and what each may: scopes and their limits.
//
//   Result<Limits> limits = Limits::parse(R"({"usd_per_day":"5","requests_per_minute":20})");
//   std::vector<ScopeLimits> scopes = {{{ScopeKind::global, ""}, ...}, {{ScopeKind::user, "alice"}, *limits}};
//
// A call names any of user, tenant, key and session, and is always in the global scope; every limit of every one must pass.
// Thread rule: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/money.h"
#include "orthink/base/result.h"

namespace orthink {

enum class ScopeKind : uint8_t { global, tenant, user, key, session };
std::string_view name(ScopeKind kind);
std::optional<ScopeKind> scope_kind(std::string_view name);

struct Scope {
  ScopeKind kind = ScopeKind::global;
  std::string id;  // empty for global; never empty otherwise

  // "global", "user:alice". parse() takes the same; the id is what follows the first colon.
  [[nodiscard]] std::string to_text() const;
  static Result<Scope> parse(std::string_view text);
  auto operator<=>(const Scope&) const = default;
};

// The order in which limits are guarded and shown; the names are those of the budget document.
enum class LimitKind : uint8_t { usd_per_day, usd_per_month, requests_per_minute, requests_per_day, tokens_per_minute };
inline constexpr std::array kLimitKinds{LimitKind::usd_per_day, LimitKind::usd_per_month, LimitKind::requests_per_minute,
                                        LimitKind::requests_per_day, LimitKind::tokens_per_minute};
std::string_view name(LimitKind kind);
std::optional<LimitKind> limit_kind(std::string_view name);
[[nodiscard]] constexpr bool is_money(LimitKind kind) { return kind == LimitKind::usd_per_day || kind == LimitKind::usd_per_month; }

// Absent: no such limit. 0 allows nothing. Money in nano-dollars, at most NanoUsd::kMax; counts at most 10^9.
struct Limits {
  std::array<std::optional<int64_t>, kLimitKinds.size()> of{};

  [[nodiscard]] const std::optional<int64_t>& get(LimitKind kind) const { return of[static_cast<size_t>(kind)]; }
  void set(LimitKind kind, std::optional<int64_t> limit) { of[static_cast<size_t>(kind)] = limit; }
  [[nodiscard]] bool empty() const;

  // {"usd_per_day":"5.25","requests_per_minute":20}: dollars as decimal strings, rounded down to a nano-dollar (a limit never
  // grows by rounding), and not to 0; counts as integers. Unknown members are Errc::unknown_field, anything else wrong Errc::invalid_argument.
  static Result<Limits> parse(std::string_view json);
  [[nodiscard]] std::string to_json() const;
  // One value as typed: "5.25" dollars or a count. "none" lifts the limit.
  Result<void> set_text(LimitKind kind, std::string_view text);

  bool operator==(const Limits&) const = default;
};

// Of each limit that either sets: the smaller.
Limits tighter(const Limits& a, const Limits& b);

struct ScopeLimits {
  Scope scope;
  Limits limits;
};

}  // namespace orthink
