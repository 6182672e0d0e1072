#include "orthink/tools/list_models.h"

#include <algorithm>
#include <vector>

#include "orthink/catalog/models_document.h"
#include "orthink/chat/ask.h"
#include "orthink/tools/tool_result.h"
#include "orthink/tools/wording.h"

namespace orthink::tools {
namespace {

std::string_view text_at(const json::Value& checked, std::string_view key) {
  const json::Value* value = checked.find(key);
  return value != nullptr ? std::string_view(value->text()) : std::string_view();
}

Result<ModelFilter> filter_of(const json::Value& checked) {
  ModelFilter filter;
  filter.provider = text_at(checked, "provider");
  filter.search = text_at(checked, "search");
  const json::Value* reasoning = checked.find("reasoning");
  filter.is_reasoning = reasoning != nullptr && reasoning->as_bool();
  if (const json::Value* list = checked.find("capabilities")) {
    for (const json::Member& each : list->members()) {
      if (const std::optional<Capability> capability = parse_capability(each.value.text())) filter.capabilities.push_back(*capability);
    }
  }
  const std::string_view price = text_at(checked, "max_price_usd");
  if (price.empty()) return filter;
  const Result<Money> money = Money::parse(price);
  if (!money) {
    return make_error(Errc::invalid_argument, "max_price_usd is \"" + seen_text(price) + "\"",
                      "Give dollars per million output tokens, such as 2.50.");
  }
  filter.output_price_max = *money;
  return filter;
}

Result<void> check_provider(const Catalog& catalog, std::string_view provider) {
  if (provider.empty()) return {};
  const std::vector<ModelCard> cards = catalog.all();
  std::vector<std::string_view> names;
  for (const ModelCard& card : cards) {
    if (card.provider == provider) return {};
    names.push_back(card.provider);
  }
  const std::string_view close = closest_name(provider, names);
  return make_error(Errc::invalid_argument, "no provider is called \"" + seen_text(provider) + "\"",
                    close.empty() ? "The provider is what an id has before its '/'." : "Did you mean " + std::string(close) + "?");
}

}  // namespace

Result<std::string> list_models(const json::Value& checked, const Catalog& catalog, const access::Principal& caller) {
  Result<ModelFilter> filter = filter_of(checked);
  if (!filter) return filter.error();
  if (auto ok = check_provider(catalog, filter->provider); !ok) return ok.error();
  std::vector<ModelCard> cards = chosen(catalog, *filter, model_order(text_at(checked, "sort")).value_or(ModelOrder::name));
  std::erase_if(cards, [&](const ModelCard& card) { return !caller.may_use_model(card.id); });
  const uint64_t total = cards.size();
  const json::Value* limit = checked.find("limit");
  const uint64_t most = limit != nullptr ? limit->as_u64().value_or(total) : total;
  if (cards.size() > most) cards.erase(cards.begin() + static_cast<std::ptrdiff_t>(most), cards.end());
  for (ModelCard& card : cards) card.name = seen_text(card.name);

  std::string document = models_document(cards);
  document.pop_back();
  document += ",\"total\":" + std::to_string(total) + "}";
  const std::string shown = std::to_string(cards.size());
  const std::string says = cards.size() == total ? shown + (total == 1 ? " model." : " models.")
                                                 : shown + " of " + std::to_string(total) + " models; narrow the search or raise limit for the others.";
  return document_result(says, document);
}

}  // namespace orthink::tools
