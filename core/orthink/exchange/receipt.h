// Receipt: what a call was, what it used, what it cost and why; the same on every host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/catalog/catalog.h"
#include "orthink/chat/answer.h"
#include "orthink/cost/usage.h"
#include "orthink/think/plan.h"

namespace orthink {

enum class CostSource : uint8_t { provider, computed, bound, unknown };
std::string_view name(CostSource source);

struct Receipt {
  std::optional<std::string> call_id, generation_id, asked_model, model, provider;
  std::optional<std::string> think_asked, think_sent;
  std::optional<Promise> promise;
  std::optional<uint64_t> budget_tokens;
  std::optional<std::string> contradiction;
  Usage usage;
  std::optional<Money> cost;               // of all legs; nothing = unknown
  CostSource cost_source = CostSource::unknown;
  std::optional<Money> provider_cost;      // what the wire said of the last leg
  std::optional<Money> computed_cost;      // ours, from usage and prices
  std::optional<std::string> difference_reason;
  std::optional<Money> held;               // what is held now; after the call: what stays held for outcomes not known. Nothing = no hold was made
  uint32_t attempts = 0;
  std::optional<Duration> first_token, total;
  std::vector<Note> reasons, warnings;
};

// Fills usage, provider, computed and difference from an answer. `card` is the row of the model that served (nothing = unknown model: the cost is the provider's or unknown).
// Each difference carries its reason in words: byok, web search fees, request fee, another provider's price, price moved, plugin fees, unknown.
void account(Receipt& receipt, const Answer& answer, const std::optional<ModelCard>& card, Instant when);

// "receipt" of the public interface, keys in its order.
std::string receipt_json(const Receipt& receipt);

}  // namespace orthink
