// What is true of a family of models where its row in GET /models is silent (OpenRouter's documentation).
//
//   ThinkingTraits traits = thinking_traits("anthropic/claude-haiku-4.5", facts);
//
// The row wins where it speaks, with three exceptions that the vendors' word outweighs: o-series, Gemini 3 and the always
// thinking models count as mandatory even where the row says otherwise; Claude up to 4.5 and Gemini 2.5 take a budget although
// the row does not flag it; Claude from 4.7 ignores one.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "orthink/catalog/catalog.h"
#include "orthink/catalog/effort.h"

namespace orthink {

// The row's own words about thinking: its `reasoning` object and whether supported_parameters lists "reasoning".
struct ReasoningFacts {
  bool has_object = false;
  bool lists_parameter = false;
  bool is_mandatory = false;
  bool supports_max_tokens = false;
  std::optional<bool> default_enabled;
  std::optional<EffortSet> efforts;       // absent = none advertised; all of them when the row says null
  std::optional<Effort> default_effort;
  bool operator==(const ReasoningFacts&) const = default;
};

// `id` is the row's id, or for an alias the slug it stands for; '~' and ':variant' do not matter.
ThinkingTraits thinking_traits(std::string_view id, bool is_router, const ReasoningFacts& facts);

}  // namespace orthink
