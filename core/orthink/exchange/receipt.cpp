#include "orthink/exchange/receipt.h"

#include <algorithm>
#include <array>

#include "orthink/chat/document.h"

namespace orthink {
namespace {

void write_duration(json::Writer& out, const std::optional<Duration>& duration) {
  if (duration) {
    out.number(duration->ms());
  } else {
    out.null();
  }
}

// The providers that sell their own models; with any other, a difference is most likely that provider's own price.
struct House {
  std::string_view author, provider;
};
constexpr std::array kHouses = std::to_array<House>({
    {"openai", "OpenAI"},
    {"anthropic", "Anthropic"},
    {"google", "Google"},
    {"x-ai", "xAI"},
    {"mistralai", "Mistral"},
    {"deepseek", "DeepSeek"},
    {"perplexity", "Perplexity"},
    {"cohere", "Cohere"},
    {"minimax", "Minimax"},
    {"moonshotai", "Moonshot"},
    {"z-ai", "Z.AI"},
    {"qwen", "Alibaba"},
});

bool is_own_house(const ModelCard& card, std::string_view provider) {
  return std::any_of(kHouses.begin(), kHouses.end(), [&](const House& house) {
    return house.author == card.provider && provider.substr(0, house.provider.size()) == house.provider;
  });
}

std::string usd(Money money) {
  return "$" + money.to_decimal();
}

// Why the wire's cost and ours differ, most certain reason first.
std::string difference_reason(const Answer& answer, const ModelCard& card, Money theirs, Money ours) {
  const Usage& usage = answer.usage;
  if (usage.is_byok.value_or(false)) {
    const std::string vendor = usage.upstream_cost ? usd(*usage.upstream_cost) : "its own price";
    return "Own provider key (byok): the account pays only the fee, the vendor bills " + vendor + " to that key.";
  }
  if (theirs == Money::zero() && usage.completion_tokens == uint64_t{0}) {
    return "Zero-completion insurance: nothing was generated, so nothing was charged.";
  }
  const bool is_dearer = theirs > ours;
  if (is_dearer && usage.web_search_requests > 0) {
    return "Web search fees: " + std::to_string(usage.web_search_requests) + " searches are in the cost but not in the token prices.";
  }
  if (is_dearer && usage.other_tool_requests > 0) return "Server tool fees are in the cost but not in the token prices.";
  if (is_dearer && answer.annotations_raw.find("\"file\"") != std::string::npos)
    return "Plugin fees: parsing the file is in the cost but not in the token prices.";
  if (is_dearer && card.provider == "perplexity")
    return "Request fee: this provider bills each request beside its tokens, which the catalogue does not list.";
  if (!answer.provider.empty() && !is_own_house(card, answer.provider)) {
    return "Other provider: " + answer.provider + " served it; the catalogue lists the price of the model's first provider.";
  }
  return "Price moved: the catalogue's price is not the one of that day.";
}

// Why there is nothing to compare.
std::string one_sided_reason(const Receipt& receipt, const Usage& usage, const std::optional<ModelCard>& card) {
  std::string theirs;
  if (usage.cost_unusable)
    theirs = "The answer's own cost is no amount of money; it was left aside.";
  else if (!receipt.provider_cost)
    theirs = "The answer names no cost of its own.";
  if (receipt.computed_cost) return theirs;
  const std::string ours = card ? "Ours is unknown: token counts are missing, or the price depends on what served it."
                                : "Ours is unknown: the catalogue has no price for the model that served it.";
  return theirs.empty() ? ours : theirs + " " + ours;
}

CostSource settle_cost(Receipt& receipt, const Usage& usage) {
  const bool lacks_vendor_bill = usage.is_byok.value_or(false) && !usage.upstream_cost;
  if (usage.cost && !lacks_vendor_bill) {
    receipt.cost = usage.charged();
    return CostSource::provider;
  }
  receipt.cost = receipt.computed_cost;
  return receipt.cost ? CostSource::computed : CostSource::unknown;
}

void write_think(json::Writer& out, const Receipt& receipt) {
  out.object();
  out.key("asked").string_or_null(receipt.think_asked);
  out.key("sent").string_or_null(receipt.think_sent);
  out.key("promise");
  if (receipt.promise) {
    out.string(name(*receipt.promise));
  } else {
    out.null();
  }
  out.key("budget_tokens").number_or_null(receipt.budget_tokens);
  out.key("contradiction").string_or_null(receipt.contradiction);
  out.end();
}

void write_cost(json::Writer& out, const Receipt& receipt) {
  out.object().key("usd");
  write_usd(out, receipt.cost);
  out.key("source").string(name(receipt.cost_source));
  out.key("provider_usd");
  write_usd(out, receipt.provider_cost);
  out.key("computed_usd");
  write_usd(out, receipt.computed_cost);
  out.key("difference_usd");
  if (receipt.provider_cost && receipt.computed_cost) {
    out.string(difference_decimal(*receipt.provider_cost, *receipt.computed_cost));
  } else {
    out.null();
  }
  out.key("difference_reason").string_or_null(receipt.difference_reason);
  out.key("held_usd");
  write_usd(out, receipt.held);
  out.end();
}

}  // namespace

std::string_view name(CostSource source) {
  switch (source) {
    case CostSource::provider:
      return "provider";
    case CostSource::computed:
      return "computed";
    case CostSource::bound:
      return "bound";
    case CostSource::unknown:
      return "unknown";
  }
  return "unknown";
}

void account(Receipt& receipt, const Answer& answer, const std::optional<ModelCard>& card, Instant when) {
  const auto keep = [](std::optional<std::string>& field, const std::string& said) {
    if (!said.empty()) field = said;
  };
  keep(receipt.generation_id, answer.generation_id);
  keep(receipt.model, answer.model);
  keep(receipt.provider, answer.provider);
  receipt.usage = answer.usage;
  receipt.provider_cost = answer.usage.cost;
  receipt.computed_cost = card && answer.usage.state == UsageState::final_ ? computed_cost(card->price, answer.usage, when) : std::nullopt;
  receipt.cost.reset();
  receipt.cost_source = CostSource::unknown;
  receipt.difference_reason.reset();
  if (answer.usage.state != UsageState::final_) return;
  receipt.cost_source = settle_cost(receipt, answer.usage);
  if (receipt.provider_cost && receipt.computed_cost && *receipt.provider_cost != *receipt.computed_cost) {
    receipt.difference_reason = difference_reason(answer, *card, *receipt.provider_cost, *receipt.computed_cost);
  }
  if (receipt.provider_cost && receipt.computed_cost) return;
  receipt.difference_reason = one_sided_reason(receipt, answer.usage, card);
}

std::string receipt_json(const Receipt& receipt) {
  json::Writer out;
  out.object();
  out.key("call_id").string_or_null(receipt.call_id);
  out.key("generation_id").string_or_null(receipt.generation_id);
  out.key("asked_model").string_or_null(receipt.asked_model);
  out.key("model").string_or_null(receipt.model);
  out.key("provider").string_or_null(receipt.provider);
  out.key("think");
  write_think(out, receipt);
  const Usage& usage = receipt.usage;
  out.key("usage").object().key("state").string(name(usage.state));
  write_usage_counts(out, usage);
  out.end();
  out.key("cost");
  write_cost(out, receipt);
  out.key("attempts").number(uint64_t{receipt.attempts});
  out.key("first_token_ms");
  write_duration(out, receipt.first_token);
  out.key("total_ms");
  write_duration(out, receipt.total);
  out.key("reasons");
  write_notes(out, receipt.reasons);
  out.key("warnings");
  write_notes(out, receipt.warnings);
  out.end();
  return out.take();
}

}  // namespace orthink
