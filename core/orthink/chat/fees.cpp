#include "orthink/chat/fees.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace orthink {
namespace {

// The web plugin searches once a request; 0.001 to 0.015 USD each and 0.001 USD a result. Without max_results
// there are 5 (OpenRouter, Plugins: Web Search).
constexpr Money kSearchFee{15'000'000'000};
constexpr Money kResultFee{1'000'000'000};
constexpr uint64_t kResultsDefault = 5;
constexpr uint64_t kResultsMax = 1'000'000;
// OpenAI's priority tier costs between 1.7 times (GPT-4o) and 2.5 times (GPT-5.5: 12.50 and 75 over 5 and 30 USD per million) the
// listed prices (openai.com, Priority Processing and the pricing of GPT-5.5). Other vendors publish no common figure.
constexpr uint32_t kPriorityHalves = 5;

std::string_view text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.is_object() ? object.find(key) : nullptr;
  return value != nullptr && value->is_string() ? std::string_view(value->text()) : std::string_view();
}

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void join(std::string& list, const std::string& more) {
  list += (list.empty() ? "" : " and ") + more;
}

// The vendor's own search, taken where the plugin's engine is left open, runs as often as the model likes.
bool searches_natively(const json::Value& plugin, const ModelCard& card) {
  constexpr std::array<std::string_view, 2> kOnce = {"exa", "parallel"};
  constexpr std::array<std::string_view, 4> kVendors = {"anthropic", "openai", "perplexity", "x-ai"};
  const std::string_view engine = text_of(plugin, "engine");
  if (is_one_of(engine, kOnce)) return false;
  const bool is_open = engine.empty() || engine == "auto";
  return !is_open || card.price.base.get(PriceKey::web_search).has_value() || is_one_of(card.provider, kVendors);
}

void add_web_plugin(const json::Value& plugin, const ModelCard& card, Fees& fees) {
  if (searches_natively(plugin, card)) {
    fees.uncovered = "plugin web with the model's own search";
    return;
  }
  const json::Value* asked = plugin.find("max_results");
  const uint64_t results = asked == nullptr ? kResultsDefault : std::min(asked->as_u64().value_or(kResultsMax), kResultsMax);
  const Money fee = kSearchFee.plus(kResultFee.times(results));
  fees.known = fees.known.plus(fee);
  fees.fills_prompt = true;
  join(fees.known_text, "$" + fee.to_decimal() + " for a web search of " + std::to_string(results) + " results");
}

void add_plugins(const Ask& ask, const ModelCard& card, Fees& fees) {
  // Ids that only route, repair or cut cost nothing by themselves (OpenRouter's documentation).
  constexpr std::array<std::string_view, 5> kFree = {"auto-router", "auto-beta-router", "response-healing", "context-compression",
                                                     "moderation"};
  const json::Value* plugins = ask.option("plugins");
  if (plugins == nullptr) return;
  for (const json::Member& plugin : plugins->members()) {
    const std::string_view id = text_of(plugin.value, "id");
    if (is_one_of(id, kFree)) continue;
    const json::Value* enabled = plugin.value.is_object() ? plugin.value.find("enabled") : nullptr;
    if (enabled != nullptr && enabled->is_boolean() && !enabled->as_bool()) continue;
    if (id == "web") {
      add_web_plugin(plugin.value, card, fees);
    } else {
      fees.uncovered = "plugin " + std::string(id.empty() ? "without an id" : id);
    }
  }
}

void add_tier(const Ask& ask, const ModelCard& card, Fees& fees) {
  constexpr std::array<std::string_view, 3> kAsListed = {"auto", "default", "flex"};
  constexpr std::array<std::string_view, 2> kPriority = {"priority", "fast"};
  const json::Value* tier = ask.option("service_tier");
  if (tier == nullptr || is_one_of(tier->text(), kAsListed)) return;
  if (is_one_of(tier->text(), kPriority) && card.provider == "openai") {
    fees.tier_halves = kPriorityHalves;
    join(fees.known_text, "2.5 times the listed prices for service tier " + std::string(tier->text()));
  } else {
    fees.uncovered = "service tier " + std::string(tier->text());
  }
}

// Perplexity bills each request by the context of its search (0.00524 USD recorded for 243 tokens at 1 USD per million); the rows
// list at best the cheapest search and no request price.
void add_unlisted_request(const ModelCard& card, Fees& fees) {
  if (card.provider != "perplexity" || card.price.base.get(PriceKey::request)) return;
  fees.doubt = "the request fee of " + card.id + ", which its row does not list,";
  const std::optional<Money> search = card.price.base.get(PriceKey::web_search);
  if (!search) return;
  fees.known = fees.known.plus(*search);
  join(fees.known_text, "$" + search->to_decimal() + " for a search at least");
}

}  // namespace

Fees fees_of(const Ask& ask, const ModelCard& card) {
  Fees fees;
  add_unlisted_request(card, fees);
  if (const json::Value* modalities = ask.option("modalities")) {
    for (const json::Member& modality : modalities->members()) {
      if (modality.value.text() != "text") fees.doubt = "generated " + std::string(modality.value.text());
    }
  }
  if (const json::Value* prediction = ask.option("prediction")) {
    fees.output_tokens = json::dump(*prediction).size();
    join(fees.known_text, "the tokens of the prediction that are rejected");
  }
  add_tier(ask, card, fees);
  add_plugins(ask, card, fees);
  if (ask.option("web_search_options") != nullptr) fees.uncovered = "web search";
  if (std::string_view(ask.model).ends_with(":online")) fees.uncovered = "web search (:online)";
  if (ask.has_files() && !card.has(Capability::files)) {
    fees.uncovered = "file parsing, since " + card.id + " does not read files itself,";
  }
  if (const json::Value* tools = ask.option("tools")) {
    for (const json::Member& tool : tools->members()) {
      if (const std::string type(text_of(tool.value, "type")); type != "function") fees.uncovered = "server tool " + type;
    }
  }
  return fees;
}

Money at_tier(Money cost, const Fees& fees) {
  Money total = cost.times(fees.tier_halves / 2);
  if (fees.tier_halves % 2 != 0) total = total.plus(Money{cost.pico / 2 + cost.pico % 2});
  return total;
}

std::string fee_source(const Ask& ask, const ModelCard& card) {
  const Fees fees = fees_of(ask, card);
  if (!fees.uncovered.empty()) return fees.uncovered;
  return fees.doubt.empty() ? fees.known_text : fees.doubt;
}

}  // namespace orthink
