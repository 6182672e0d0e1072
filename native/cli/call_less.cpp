#include "native/cli/call_less.h"

#include <algorithm>

#include "native/cli/options.h"
#include "orthink/chat/fit.h"
#include "orthink/ledger/window.h"
#include "orthink/think/words.h"

namespace orthink::cli {
namespace {

std::string usd(Money money) { return "$" + money.to_decimal(); }

std::string why(const ShortOf& by) {
  const ledger::LimitState& limit = by.limit;
  if (by.tokens_bound) {
    return "to fit a limit: " + limit.scope.to_text() + " may use " + grouped(static_cast<uint64_t>(limit.limit)) + " tokens a minute, and " +
           grouped(static_cast<uint64_t>(limit.left())) + " are left";
  }
  const std::string window = limit.kind == LimitKind::usd_per_month ? " a month" : " a day";
  return "to fit a limit: " + limit.scope.to_text() + " may use " + usd(NanoUsd{limit.limit}.to_money()) + window + ", and " +
         usd(by.affordable.to_money()) + " is left";
}

std::optional<Ask> under_tokens(const Ask& ask, const ShortOf& by, int64_t tokens, const LessOptions& options) {
  const auto allowed = static_cast<uint64_t>(std::max<int64_t>(0, tokens));
  if (allowed <= by.prompt_tokens) return std::nullopt;
  return lowered(ask, options.catalog, options.planning, allowed - by.prompt_tokens);
}

std::optional<Ask> under_money(const Ask& ask, NanoUsd affordable, const LessOptions& options) {
  const Money ceiling = std::min(affordable.to_money(), ask.max_cost.value_or(Money::max()));
  if (std::optional<Ask> less = lowered(ask, options.catalog, options.planning, ceiling)) return less;
  if (!ask.max_cost) return std::nullopt;
  // Where the price is not known, what the call may cost is its bound.
  Ask less = ask;
  less.max_cost = ceiling;
  less.fits = false;
  if (!prepare(less, options.catalog, options.planning)) return std::nullopt;
  less.fits = ask.fits;
  return less;
}

bool is_never(const ShortOf& by) { return by.tokens_bound && *by.tokens_bound > static_cast<uint64_t>(by.limit.limit); }

std::string would_pass(const Ask& ask, const Ask& less, bool is_spoken) {
  if (is_spoken) return "This would pass: " + flags_of(ask, less) + "; --fit finds it by itself.";
  return "This would pass: " + difference_json(ask, less) + "; \"fit\" finds it by itself.";
}

std::string day_words(Instant at, Instant now) {
  const std::string text = window::iso_text(at);
  const int64_t days = window::day_of(at) - window::day_of(now);
  const std::string day = days == 0 ? "today" : days == 1 ? "tomorrow" : "on " + text.substr(0, 10);
  return text.substr(11, 5) + " UTC " + day;
}

}  // namespace

std::optional<Ask> less_for(const Ask& ask, const ShortOf& by, const LessOptions& options) {
  std::optional<Ask> less = by.tokens_bound ? under_tokens(ask, by, by.limit.left(), options) : under_money(ask, by.affordable, options);
  if (less) tell_lowered(ask, *less, why(by));
  return less;
}

std::string remedy_for(const Ask& ask, const ShortOf& by, const LessOptions& options, bool is_spoken) {
  if (by.tokens_bound && !is_never(by)) return {};
  const std::optional<Ask> less = by.tokens_bound ? under_tokens(ask, by, by.limit.limit, options) : under_money(ask, by.affordable, options);
  if (less && !ask.fits) return would_pass(ask, *less, is_spoken);
  if (less) return {};
  return "No smaller setting fits: raise the limit with " + ledger::how_to_raise(by.limit) + ", shorten the prompt, or choose a cheaper model.";
}

std::string flags_of(const json::Value& difference) {
  struct Name {
    std::string_view field;
    Flag flag;
  };
  constexpr Name kNames[] = {{"model", Flag::model},           {"think", Flag::think},           {"answer_tokens", Flag::answer},
                             {"max_tokens", Flag::max_tokens}, {"max_cost_usd", Flag::max_cost}, {"lenient", Flag::lenient}};
  std::string out;
  for (const json::Member& member : difference.members()) {
    const auto* name = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& each) { return each.field == member.key; });
    if (name == std::end(kNames)) continue;
    out += (out.empty() ? "" : " ") + std::string(row(name->flag).name);
    if (row(name->flag).takes != Takes::nothing) out += " " + member.value.text();
  }
  return out;
}

std::string flags_of(const Ask& ask, const Ask& lower) {
  const Result<json::Value> difference = json::parse(difference_json(ask, lower));
  return difference ? flags_of(*difference) : std::string();
}

Error as_spoken(Error error, Instant now) {
  if (!error.resets_at) return error;
  for (int64_t day = window::day_of(now); day <= window::day_of(now) + 31; ++day) {
    if (window::iso_text(window::day_begin(day)) != *error.resets_at) continue;
    error.message += "; resets at " + day_words(window::day_begin(day), now);
    break;
  }
  return error;
}

Error as_spoken(Error error, const Ask& ask, const LessOptions& options) {
  if (error.errc != Errc::cost_above_max || !ask.max_cost) return error;
  const std::optional<Ask> less = lowered(ask, options.catalog, options.planning, *ask.max_cost);
  error.remedy = less ? would_pass(ask, *less, true) : "No smaller setting fits: raise --max-cost, shorten the prompt, or choose a cheaper model.";
  return error;
}

}  // namespace orthink::cli
