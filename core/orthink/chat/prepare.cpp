#include "orthink/chat/prepare.h"

#include "orthink/chat/document.h"
#include "orthink/chat/fit.h"
#include "orthink/chat/planner.h"

namespace orthink {

Result<Prepared> prepare(const Ask& ask, const Catalog& catalog, const PrepareOptions& options) {
  Planner planner(catalog, options);
  if (auto found = planner.look_up(ask); !found) return found.error();
  return planner.plan_or_fit(ask);
}

std::optional<Ask> lowered(const Ask& ask, const Catalog& catalog, const PrepareOptions& options, Money ceiling) {
  Planner planner(catalog, options);
  return planner.look_up(ask) ? planner.fitted(ask, ceiling) : std::nullopt;
}

std::optional<Ask> lowered(const Ask& ask, const Catalog& catalog, const PrepareOptions& options, uint64_t cap_tokens) {
  Planner planner(catalog, options);
  return planner.look_up(ask) ? planner.fitted(ask, cap_tokens) : std::nullopt;
}

std::string plan_document(const Prepared& prepared) {
  const ThinkPlan& think = prepared.think;
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true);
  out.key("model").string(prepared.card.id);
  out.key("body").raw(prepared.body);
  out.key("think").object();
  out.key("asked").string(think.asked).key("sent").string(think.sent);
  out.key("promise").string(name(think.promise)).key("budget_tokens").number_or_null(think.budget_tokens).end();
  out.key("output_cap_tokens").number(think.output_cap_tokens);
  out.key("answer_floor_tokens").number(think.answer_floor_tokens);
  out.key("prompt_tokens").object().key("expected").number(prepared.prompt_tokens_expected);
  out.key("bound").number(prepared.prompt_tokens_bound).end();
  out.key("cost").object().key("expected_usd");
  write_usd(out, prepared.expected);
  out.key("worst_usd");
  write_usd(out, prepared.worst);
  out.key("price_source").string(prepared.price_source).key("price_age_s");
  if (prepared.price_age_s) {
    out.number(*prepared.price_age_s);
  } else {
    out.null();
  }
  out.end().key("reasons");
  write_notes(out, prepared.reasons);
  out.key("warnings");
  write_notes(out, prepared.warnings);
  out.end();
  return out.take();
}

namespace {

std::string refusal_document(const Error& error, const std::optional<std::string>& nearest) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("ok").boolean(false).key("error");
  write_error(out, error);
  out.key("nearest");
  if (nearest) {
    out.raw(*nearest);
  } else {
    out.null();
  }
  out.end();
  return out.take();
}

}  // namespace

std::string plan_document(const Error& refusal) {
  return refusal_document(refusal, std::nullopt);
}

std::string plan_document(const Ask& ask, const Catalog& catalog, const PrepareOptions& options) {
  Planner planner(catalog, options);
  const Result<void> found = planner.look_up(ask);
  const Result<Prepared> prepared = found ? planner.plan_or_fit(ask) : Result<Prepared>(found.error());
  if (prepared) return plan_document(*prepared);
  const std::optional<Ask> near = planner.nearest(ask, prepared.error());
  return refusal_document(prepared.error(), near ? std::optional(difference_json(ask, *near)) : std::nullopt);
}

}  // namespace orthink
