#include "native/observe/facts.h"

namespace orthink::observe {

CallFacts facts_of(const Receipt& receipt, std::optional<Outcome> outcome, const std::optional<Error>& error) {
  CallFacts facts;
  facts.call_id = receipt.call_id.value_or("");
  facts.generation_id = receipt.generation_id.value_or("");
  facts.request_model = receipt.asked_model.value_or("");
  facts.response_model = receipt.model.value_or("");
  facts.provider = receipt.provider.value_or("");
  facts.outcome = outcome;
  if (error) facts.error = error->errc;
  facts.usage = receipt.usage;
  if (receipt.cost) facts.cost = NanoUsd::ceil(*receipt.cost);
  facts.attempts = receipt.attempts;
  facts.thinking_budget_tokens = receipt.budget_tokens;
  facts.first_token = receipt.first_token;
  return facts;
}

}  // namespace orthink::observe
