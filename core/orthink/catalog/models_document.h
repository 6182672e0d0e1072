// The `models` document of the public interface: rows of the catalogue that pass a filter, in an order.
//
//   std::vector<ModelCard> cards = chosen(catalog, {.provider = "anthropic", .is_reasoning = true}, ModelOrder::price);
//   std::string document = models_document(cards);
//
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/money.h"
#include "orthink/catalog/catalog.h"

namespace orthink {

struct ModelFilter {
  std::string_view provider{};               // as in ModelCard; empty: all
  std::string_view search{};                 // part of the id or the name, in any case of ASCII letters; empty: all
  std::optional<Money> output_price_max{};   // per million tokens; a row without a price does not pass
  bool is_reasoning = false;                 // only models whose thinking can be had
  std::vector<Capability> capabilities{};    // all of them

  [[nodiscard]] bool passes(const ModelCard& card) const;
};

enum class ModelOrder : uint8_t { name, price, context };  // by id; cheapest output first; longest context first
std::optional<ModelOrder> model_order(std::string_view name);

// A view into `filter` is not kept.
std::vector<ModelCard> chosen(const Catalog& catalog, const ModelFilter& filter, ModelOrder order);

// {"schema":1,"models":[{id, name, context_tokens, output_max_tokens, input_usd_per_m, output_usd_per_m, capabilities, thinking}, ...]}.
std::string models_document(const std::vector<ModelCard>& cards);

// A price per token as one per million; nothing where the row has none.
std::optional<Money> per_million(const ModelCard& card, PriceKey key);
std::vector<std::string_view> capabilities_of(const ModelCard& card);
std::vector<std::string_view> efforts_of(const ModelCard& card);

}  // namespace orthink
