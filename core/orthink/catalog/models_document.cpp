#include "orthink/catalog/models_document.h"

#include <algorithm>
#include <array>

#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr std::array kCapabilities{Capability::vision, Capability::tools,      Capability::json, Capability::files,
                                   Capability::audio,  Capability::structured, Capability::web};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool has_part(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

void write_list(json::Writer& out, const std::vector<std::string_view>& names) {
  out.array();
  for (std::string_view name : names) out.string(name);
  out.end();
}

void write_usd(json::Writer& out, const std::optional<Money>& money) {
  if (money)
    out.string(money->to_decimal());
  else
    out.null();
}

void write_model(json::Writer& out, const ModelCard& card) {
  out.object().key("id").string(card.id).key("name").string(card.name);
  out.key("context_tokens").number_or_null(card.context_tokens).key("output_max_tokens").number_or_null(card.output_max_tokens);
  out.key("input_usd_per_m");
  write_usd(out, per_million(card, PriceKey::prompt));
  out.key("output_usd_per_m");
  write_usd(out, per_million(card, PriceKey::completion));
  out.key("capabilities");
  write_list(out, capabilities_of(card));
  out.key("thinking").object().key("control").string(name(card.thinking.control)).key("efforts");
  write_list(out, efforts_of(card));
  out.key("mandatory").boolean(card.thinking.is_mandatory).key("default").string(name(card.thinking.thinks_by_default)).end().end();
}

Money price_of(const ModelCard& card, PriceKey key) {
  return per_million(card, key).value_or(Money::max());
}

// Ids are all different, so that each order is total.
bool is_before(const ModelCard& a, const ModelCard& b, ModelOrder order) {
  if (order == ModelOrder::price) {
    for (const PriceKey key : {PriceKey::completion, PriceKey::prompt}) {
      const Money a_price = price_of(a, key);
      const Money b_price = price_of(b, key);
      if (a_price != b_price) return a_price < b_price;
    }
  }
  const uint64_t a_context = a.context_tokens.value_or(0);
  const uint64_t b_context = b.context_tokens.value_or(0);
  if (order == ModelOrder::context && a_context != b_context) return a_context > b_context;
  return a.id < b.id;
}

}  // namespace

bool ModelFilter::passes(const ModelCard& card) const {
  if (!provider.empty() && card.provider != provider) return false;
  if (!search.empty() && !has_part(card.id, search) && !has_part(card.name, search)) return false;
  if (is_reasoning && card.thinking.control == Control::none) return false;
  const std::optional<Money> output = per_million(card, PriceKey::completion);
  if (output_price_max && (!output || *output > *output_price_max)) return false;
  return std::all_of(capabilities.begin(), capabilities.end(), [&card](Capability each) { return card.has(each); });
}

std::optional<ModelOrder> model_order(std::string_view name) {
  if (name == "name") return ModelOrder::name;
  if (name == "price") return ModelOrder::price;
  if (name == "context") return ModelOrder::context;
  return std::nullopt;
}

std::vector<ModelCard> chosen(const Catalog& catalog, const ModelFilter& filter, ModelOrder order) {
  std::vector<ModelCard> cards = catalog.all();
  std::erase_if(cards, [&filter](const ModelCard& card) { return !filter.passes(card); });
  std::sort(cards.begin(), cards.end(), [order](const ModelCard& a, const ModelCard& b) { return is_before(a, b, order); });
  return cards;
}

std::string models_document(const std::vector<ModelCard>& cards) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("models").array();
  for (const ModelCard& card : cards) write_model(out, card);
  return out.end().end().take();
}

std::optional<Money> per_million(const ModelCard& card, PriceKey key) {
  const std::optional<Money> price = card.price.is_known() ? card.price.base.get(key) : std::nullopt;
  return price ? std::optional(price->times(kMillion)) : std::nullopt;
}

std::vector<std::string_view> capabilities_of(const ModelCard& card) {
  std::vector<std::string_view> names;
  for (const Capability capability : kCapabilities)
    if (card.has(capability)) names.push_back(name(capability));
  return names;
}

std::vector<std::string_view> efforts_of(const ModelCard& card) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kEfforts; ++i)
    if (card.thinking.efforts.has(static_cast<Effort>(i))) names.push_back(name(static_cast<Effort>(i)));
  return names;
}

}  // namespace orthink
