#include "native/sim/models_document.h"

#include <algorithm>
#include <array>

#include "native/sim/providers.h"
#include "orthink/catalog/parameters.h"
#include "orthink/catalog/row.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// The listed decimal: `excess` millionths of a pico-dollar below the rounded price.
std::string listed(Money price, uint32_t excess) {
  if (excess == 0) return price.to_decimal();
  std::string whole = std::to_string(price.pico - 1);
  if (whole.size() < 13) whole.insert(0, 13 - whole.size(), '0');
  whole.insert(whole.size() - 12, ".");
  const std::string rest = std::to_string(1'000'000 - excess);
  return whole + std::string(6 - rest.size(), '0') + rest;
}

void write_prices(json::Writer& w, const Prices& prices) {
  for (size_t i = 0; i < kPriceKeys; ++i) {
    const PriceKey key = static_cast<PriceKey>(i);
    if (const std::optional<Money> price = prices.get(key)) w.key(wire_name(key)).string(listed(*price, prices.excess(key)));
  }
}

void write_override(json::Writer& w, const PriceOverride& o) {
  w.object();
  if (o.min_prompt_tokens) w.key("min_prompt_tokens").number(*o.min_prompt_tokens);
  if (o.utc_start) w.key("utc_start").number(uint64_t{*o.utc_start});
  if (o.utc_end) w.key("utc_end").number(uint64_t{*o.utc_end});
  if (o.utc_days != 0x7f) {
    w.key("utc_days").array();
    for (size_t day = 0; day < kDays.size(); ++day) {
      if ((o.utc_days >> day & 1U) != 0) w.string(kDays[day]);
    }
    w.end();
  }
  if (o.has_unknown_condition) w.key("unknown_condition").boolean(true);
  write_prices(w, o.prices);
  w.end();
}

void write_pricing(json::Writer& w, const PriceCard& card) {
  w.key("pricing").object();
  if (card.is_variable) w.key("prompt").string("-1").key("completion").string("-1");
  else write_prices(w, card.base);
  if (!card.overrides.empty()) {
    w.key("overrides").array();
    for (const PriceOverride& o : card.overrides) write_override(w, o);
    w.end();
  }
  w.end();
}

void write_reasoning(json::Writer& w, const ReasoningFacts& facts) {
  if (!facts.has_object) return;
  w.key("reasoning").object().key("mandatory").boolean(facts.is_mandatory);
  if (facts.default_enabled) w.key("default_enabled").boolean(*facts.default_enabled);
  if (facts.efforts) {
    w.key("supported_efforts").array();
    for (size_t i = kEfforts; i-- > 0;) {
      if (facts.efforts->has(static_cast<Effort>(i))) w.string(name(static_cast<Effort>(i)));
    }
    w.end();
  }
  if (facts.default_effort) w.key("default_effort").string(name(*facts.default_effort));
  if (facts.supports_max_tokens) w.key("supports_max_tokens").boolean(true);
  w.end();
}

void write_parameters(json::Writer& w, uint64_t parameters) {
  w.key("supported_parameters").array();
  const std::string names = parameter_names(parameters);
  for (std::string_view rest = names; !rest.empty();) {
    const size_t end = std::min(rest.find(", "), rest.size());
    w.string(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  w.end();
}

void write_architecture(json::Writer& w, const RowFacts& row) {
  w.key("architecture").object().key("input_modalities").array().string("text");
  if ((row.modalities & static_cast<uint8_t>(Modality::image)) != 0) w.string("image");
  if ((row.modalities & static_cast<uint8_t>(Modality::file)) != 0) w.string("file");
  if ((row.modalities & static_cast<uint8_t>(Modality::audio)) != 0) w.string("audio");
  w.end().key("output_modalities").array().string("text").end();
  w.key("tokenizer").string(row.is_router ? "Router" : "Other").key("instruct_type").null().end();
}

void write_row(json::Writer& w, const RowFacts& row) {
  w.object().key("id").string(row.id).key("canonical_slug").string(row.canonical_slug.empty() ? row.id : row.canonical_slug);
  if (!row.alias_target.empty()) w.key("alias_target").object().key("slug").string(row.alias_target).end();
  w.key("name").string(row.name).key("description").string("Simulated.").key("context_length").number_or_null(row.context_tokens);
  write_architecture(w, row);
  write_pricing(w, row.price);
  w.key("top_provider").object().key("context_length").number_or_null(row.context_tokens);
  w.key("max_completion_tokens").number_or_null(row.output_max_tokens).key("is_moderated").boolean(false).end();
  w.key("per_request_limits").null();
  write_parameters(w, row.parameters);
  w.key("default_parameters").object().end();
  w.key("expiration_date").string_or_null(row.expires_on.empty() ? std::nullopt : std::optional(row.expires_on));
  write_reasoning(w, row.reasoning);
  w.end();
}

}  // namespace

std::string models_document(const Catalog& catalog) {
  json::Writer w;
  w.object().key("data").array();
  const std::string compact = catalog.to_compact();
  std::string_view rest = compact;
  for (bool is_head = true; !rest.empty(); is_head = false) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::optional<RowFacts> row = is_head ? std::nullopt : parse_row_line(rest.substr(0, end));
    if (row) write_row(w, *row);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  w.end().end();
  return w.take();
}

std::string endpoints_document(const ModelCard& card) {
  json::Writer w;
  w.object().key("data").object().key("id").string(card.id).key("name").string(card.name).key("endpoints").array().object();
  w.key("name").string(std::string(provider_of(card)) + " | " + card.id).key("model_id").string(card.id);
  w.key("provider_name").string(provider_of(card)).key("context_length").number_or_null(card.context_tokens);
  w.key("max_completion_tokens").number_or_null(card.output_max_tokens);
  write_pricing(w, card.price);
  write_parameters(w, card.parameters);
  w.key("status").number(uint64_t{0}).end().end().end().end();
  return w.take();
}

}  // namespace orthink::sim
