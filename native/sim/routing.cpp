#include "native/sim/routing.h"

#include <array>

#include "native/sim/providers.h"
#include "orthink/catalog/parameters.h"

namespace orthink::sim {
namespace {

constexpr uint64_t kMillion = 1'000'000;

Reply no_endpoint(std::string_view why) {
  return error_reply(404, "No endpoints found that can handle the requested parameters (" + std::string(why) +
                              "). To learn more about provider routing, visit: https://openrouter.ai/docs/guides/routing/provider-selection",
                     {.error_type = "not_found"});
}

const json::Value* preference(const json::Value& body, std::string_view key) {
  const json::Value* provider = body.find("provider");
  return provider && provider->is_object() ? provider->find(key) : nullptr;
}

// max_price is in USD per million tokens (request and image: per piece). Unreadable limits bind nothing.
std::optional<Reply> check_price(const json::Value& body, const Prices& prices) {
  struct Limit {
    std::string_view name;
    PriceKey key;
    uint64_t pieces;
  };
  constexpr std::array<Limit, 4> kLimits = {{{"prompt", PriceKey::prompt, kMillion},
                                             {"completion", PriceKey::completion, kMillion},
                                             {"request", PriceKey::request, 1},
                                             {"image", PriceKey::image, 1}}};
  const json::Value* limits = preference(body, "max_price");
  if (!limits || !limits->is_object()) return std::nullopt;
  for (const Limit& limit : kLimits) {
    const json::Value* value = limits->find(limit.name);
    const std::optional<Money> listed = prices.get(limit.key);
    if (!value || !listed || (!value->is_number() && !value->is_string())) continue;
    const Result<Money> most = Money::parse(value->text());
    if (most && listed->times(limit.pieces) > *most) return no_endpoint("max_price." + std::string(limit.name));
  }
  return std::nullopt;
}

}  // namespace

std::string choose_provider(const json::Value& body, const ModelCard& card) {
  for (const std::string_view key : {"only", "order"}) {
    const json::Value* slugs = preference(body, key);
    if (!slugs || !slugs->is_array()) continue;
    for (const json::Member& slug : slugs->members()) {
      const std::string_view name = slug.value.is_string() ? provider_by_slug(slug.value.text()) : std::string_view{};
      if (!name.empty()) return std::string(name);
    }
  }
  return std::string(provider_of(card));
}

std::optional<Reply> check_routing(const json::Value& body, const ModelCard& card, uint64_t prompt_tokens, Instant now) {
  if (std::optional<Reply> refused = check_price(body, card.price.at(prompt_tokens, now))) return refused;
  const json::Value* requires_all = preference(body, "require_parameters");
  if (!requires_all || !requires_all->is_boolean() || !requires_all->as_bool()) return std::nullopt;
  for (const json::Member& member : body.members()) {
    // Fields that are no model parameter have no bit: a row need not list them.
    const std::optional<uint64_t> bit_of = member.value.is_null() ? std::nullopt : parameter_bit(member.key);
    if (bit_of && (card.parameters & *bit_of) == 0) return no_endpoint(member.key);
  }
  return std::nullopt;
}

}  // namespace orthink::sim
