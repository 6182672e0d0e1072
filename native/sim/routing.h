// Whether any endpoint would take a request: provider preferences and parameters (OpenRouter's documentation).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "native/sim/reply.h"
#include "orthink/base/instant.h"
#include "orthink/catalog/catalog.h"
#include "orthink/wire/json.h"

namespace orthink::sim {

// The display name of the provider that serves: the first known one of provider.only, then of provider.order, else the model's own.
std::string choose_provider(const json::Value& body, const ModelCard& card);

// The 404 of a request that no endpoint fits: prices above provider.max_price, or with provider.require_parameters a parameter that
// the row does not list. Nothing when it can be served.
std::optional<Reply> check_routing(const json::Value& body, const ModelCard& card, uint64_t prompt_tokens, Instant now);

}  // namespace orthink::sim
