// Who serves a model in the simulation, and how that house names things on the wire.
#pragma once

#include <string>
#include <string_view>

#include "orthink/catalog/catalog.h"

namespace orthink::sim {

// The display name in chunks and X-Provider-Name, by the author of the model ("Anthropic", "Google AI Studio", "Together").
std::string_view provider_of(const ModelCard& card);
// The display name of a provider slug as it stands in provider.only and provider.order ("amazon-bedrock"); empty: unknown.
std::string_view provider_by_slug(std::string_view slug);
// reasoning_details[].format of this model's thinking.
std::string_view detail_format(const ModelCard& card);
bool signs_thinking(const ModelCard& card);    // Claude and Gemini
// What this house calls finish reason "stop", "length" or "tool_calls".
std::string_view native_finish(std::string_view provider, std::string_view finish);

}  // namespace orthink::sim
