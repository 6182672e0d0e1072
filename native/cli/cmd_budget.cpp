#include <algorithm>
#include <array>
#include <map>

#include "native/cli/open_ledger.h"
#include "native/cli/verbs.h"
#include "native/key.h"
#include "native/money/limit_table.h"
#include "native/money/look.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/plain_text.h"
#include "orthink/ledger/budget.h"

namespace orthink::cli {
namespace {

enum class Action : uint8_t { show, set, clear, reset };
constexpr std::array<std::string_view, 4> kActions{"show", "set", "clear", "reset"};

struct LimitFlag {
  Flag flag;
  LimitKind kind;
};
constexpr LimitFlag kLimitFlags[] = {{Flag::usd_per_day, LimitKind::usd_per_day},
                                     {Flag::usd_per_month, LimitKind::usd_per_month},
                                     {Flag::requests_per_minute, LimitKind::requests_per_minute},
                                     {Flag::requests_per_day, LimitKind::requests_per_day},
                                     {Flag::tokens_per_minute, LimitKind::tokens_per_minute}};

struct Wish {
  Action action = Action::show;
  std::optional<Scope> scope;
  std::vector<LimitChange> changes;
};

Error wrong(std::string message, std::string remedy) {
  return make_error(Errc::invalid_argument, std::move(message), std::move(remedy));
}

// What a limit takes, as a sentence goes on after the flag.
std::string_view wants(LimitKind kind, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const bool has_digit = text.find_first_of(kDigits) != std::string_view::npos;
  const size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  if (!is_money(kind)) return has_digit && end == text.size() ? " takes at most 1000000000" : " takes a whole number";
  const bool is_fraction = end < text.size() && text[end] == '.' && text.find_first_not_of(kDigits, end + 1) == std::string_view::npos;
  if (!has_digit || (end < text.size() && !is_fraction)) return " takes dollars as a decimal number";
  const Result<Money> money = Money::parse(text);
  return money && *money < Money{1000} ? " takes 0 or at least 0.000000001 dollars" : " takes at most 9007199 dollars";
}

Result<std::vector<LimitChange>> changes_of(const Typed& typed) {
  std::vector<LimitChange> changes;
  for (const LimitFlag& each : kLimitFlags) {
    std::optional<std::string_view> text = typed.text(each.flag);
    if (!text) continue;
    Limits limits;
    if (Result<void> set = limits.set_text(each.kind, *text); !set) {
      const std::string takes = std::string(row(each.flag).name) + std::string(wants(each.kind, *text));
      return wrong(takes + ", or none; not \"" + plain_text(*text, 60) + "\"", set.error().remedy);
    }
    changes.push_back({each.kind, limits.get(each.kind)});
  }
  return changes;
}

// A secret has no place in the ledger, nor on the screen.
Result<void> no_secret(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const size_t colon = word.find(':');
    const std::string id = colon == std::string::npos ? word : word.substr(colon + 1);
    const bool is_key = colon == std::string::npos || word.starts_with(name(ScopeKind::key));
    if (!id.starts_with("sk-") || (!is_key && !id.starts_with("sk-or-"))) continue;
    return wrong("that is an API key, which no scope is named by; nothing of it was kept",
                 "A key's scope is its fingerprint: write key:" + Secret(id).fingerprint() +
                     " for this one. `orthink budget` shows those of the keys that were used.");
  }
  return {};
}

// The action and the scope; a scope alone is shown.
Result<Wish> words_read(const std::vector<std::string>& words) {
  Wish wish;
  if (Result<void> fit = no_secret(words); !fit) return fit.error();
  auto action = words.empty() ? kActions.begin() : std::find(kActions.begin(), kActions.end(), words[0]);
  size_t named = 0;
  if (action != kActions.end()) {
    wish.action = static_cast<Action>(action - kActions.begin());
    named = 1;
  }
  if (words.size() > named) {
    Result<Scope> scope = Scope::parse(words[named]);
    std::string_view closest = scope || named > 0 ? "" : closest_name(words[0], {kActions.begin(), kActions.end()});
    if (!closest.empty())
      return wrong("there is no `orthink budget " + plain_text(words[0], 60) + "`",
                   "Did you mean orthink budget " + std::string(closest) + "?");
    if (!scope) return scope.error();
    if (words.size() > named + 1)
      return wrong("\"" + plain_text(words[named + 1], 60) + "\" is one word too many",
                   "usage: orthink budget [show|set|clear|reset] [SCOPE]");
    wish.scope = std::move(*scope);
  }
  return wish;
}

Result<Wish> wish_of(const Typed& typed) {
  Result<Wish> wish = words_read(typed.words());
  if (!wish) return wish;
  Result<std::vector<LimitChange>> changes = changes_of(typed);
  if (!changes) return changes.error();
  wish->changes = std::move(*changes);
  std::string name(kActions[static_cast<size_t>(wish->action)]);
  if (wish->action != Action::show && !wish->scope)
    return wrong("`orthink budget " + name + "` does not say whose",
                 "Write global, or user:NAME, tenant:NAME, key:NAME or session:NAME after " + name + ".");
  if (wish->action == Action::set && wish->changes.empty())
    return wrong("no limit is given to set", "Write for instance `orthink budget set " + wish->scope->to_text() +
                                                 " --usd-per-day 5`; none lifts a limit, `orthink budget reset " + wish->scope->to_text() +
                                                 "` goes back to the defaults.");
  if (wish->action != Action::set && !wish->changes.empty())
    return wrong("limits are given, but `orthink budget " + name + "` sets none",
                 "Write `orthink budget set " + (wish->scope ? wish->scope->to_text() : std::string("SCOPE")) + " ...`.");
  return wish;
}

int show(OpenLedger& ledger, const std::optional<Scope>& scope, const Typed& typed, Printer& printer) {
  std::vector<Scope> scopes;
  if (scope) {
    scopes.push_back(*scope);
  } else {
    Result<std::vector<Scope>> known = known_scopes(*ledger.store);
    if (!known) return printer.fail(known.error(), typed.json());
    scopes = std::move(*known);
    const Scope own{ScopeKind::user, ledger.config.user()};  // who calls without --user
    if (std::find(scopes.begin(), scopes.end(), own) == scopes.end()) scopes.push_back(own);
  }
  Result<std::vector<budget::ScopeState>> states = standing_of(*ledger.store, ledger.config, scopes);
  if (!states) return printer.fail(states.error(), typed.json());
  if (typed.json()) {
    printer.line(budget::json(*states));
    return 0;
  }
  printer.out(budget::text(*states, printer.streams().columns, paint_of(printer)));
  for (const budget::ScopeState& each : *states)
    if (each.is_blocked)
      printer.line("A call of " + harmless(each.scope.to_text()) +
                   " cost more than it could. Look with `orthink report` and `orthink ledger verify`, then\n`orthink budget clear " +
                   harmless(each.scope.to_text()) + "`.");
  return 0;
}

Result<std::string> carry_out(Store& store, const Wish& wish) {
  std::string who = wish.scope->to_text();
  if (wish.action == Action::clear) {
    Result<bool> cleared = clear_block(store, *wish.scope);
    if (!cleared) return cleared.error();
    return *cleared ? who + " is not blocked any more" : who + " was not blocked";
  }
  if (Result<void> changed = change_limits(store, *wish.scope, wish.changes); !changed) return changed.error();
  return wish.action == Action::reset ? who + ": the defaults hold again" : who + ": set, and heeded by the next call";
}

}  // namespace

int run_budget(const Typed& typed, Printer& printer) {
  Result<Wish> wish = wish_of(typed);
  if (!wish) return printer.fail(wish.error(), typed.json());
  Result<OpenLedger> ledger = open_ledger();
  if (!ledger) return printer.fail(ledger.error(), typed.json());
  if (wish->action != Action::show) {
    if (!ledger->is_lasting)
      return printer.fail(make_error(Errc::invalid_config, "the store is memory:, which ends with the program: nothing would be kept",
                                     "Set ORTHINK_STORE to sqlite:PATH or a redis:// URL."),
                          typed.json());
    Result<std::string> done = carry_out(*ledger->store, *wish);
    if (!done) return printer.fail(done.error(), typed.json());
    printer.talk(harmless(*done));
  }
  return show(*ledger, wish->scope, typed, printer);
}

}  // namespace orthink::cli
