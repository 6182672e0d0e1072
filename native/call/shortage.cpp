#include "native/call/shortage.h"

#include <algorithm>

#include "orthink/chat/fit.h"
#include "orthink/ledger/record.h"
#include "orthink/think/words.h"

namespace orthink {
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

std::string would_pass(const Ask& ask, const Ask& less, const Spelling* spelling) {
  if (spelling != nullptr) return "This would pass: " + spelling->difference(ask, less) + "; " + std::string(spelling->fit) + " finds it by itself.";
  return "This would pass: " + difference_json(ask, less) + "; \"fit\" finds it by itself.";
}

}  // namespace

std::optional<ShortOf> short_of(const StoreBatch& batch, const StoreReply& reply, const ledger::ScopeList& limits, const Prepared& prepared) {
  if (reply.verdict == StoreReply::Verdict::applied || batch.rows.empty() || batch.rows.front().to != HoldState::reserved) return std::nullopt;
  const Result<HoldRecord> record = HoldRecord::parse(batch.rows.front().record);
  if (!record || record->row != 1) return std::nullopt;
  const std::optional<ledger::LimitState> limit = ledger::short_of(*record, limits, reply);
  if (!limit || limit->limit <= 0) return std::nullopt;
  ShortOf by{*limit, {}};
  by.prompt_tokens = prepared.prompt_tokens_bound;
  if (limit->kind == LimitKind::tokens_per_minute) {
    by.tokens_bound = record->tokens_bound;
    return by;
  }
  const std::optional<NanoUsd> affordable = ledger::affordable(*record, limits, reply);
  if (!affordable) return std::nullopt;
  by.affordable = *affordable;
  return by;
}

std::optional<Ask> less_for(const Ask& ask, const ShortOf& by, const LessOptions& options) {
  std::optional<Ask> less = by.tokens_bound ? under_tokens(ask, by, by.limit.left(), options) : under_money(ask, by.affordable, options);
  if (less) tell_lowered(ask, *less, why(by));
  return less;
}

std::string remedy_for(const Ask& ask, const ShortOf& by, const LessOptions& options, const Spelling* spelling) {
  if (by.tokens_bound && !is_never(by)) return {};
  const std::optional<Ask> less = by.tokens_bound ? under_tokens(ask, by, by.limit.limit, options) : under_money(ask, by.affordable, options);
  if (less && !ask.fits) return would_pass(ask, *less, spelling);
  if (less) return {};
  return "No smaller setting fits: raise the limit with " + ledger::how_to_raise(by.limit) + ", shorten the prompt, or choose a cheaper model.";
}

Error spelled(Error error, const Ask& ask, const LessOptions& options, const Spelling& spelling) {
  if (error.errc != Errc::cost_above_max || !ask.max_cost) return error;
  const std::optional<Ask> less = lowered(ask, options.catalog, options.planning, *ask.max_cost);
  error.remedy = less ? would_pass(ask, *less, &spelling)
                      : "No smaller setting fits: raise " + std::string(spelling.max_cost) + ", shorten the prompt, or choose a cheaper model.";
  return error;
}

}  // namespace orthink
