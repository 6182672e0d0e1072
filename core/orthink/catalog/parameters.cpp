#include "orthink/catalog/parameters.h"

#include <array>

namespace orthink {

namespace {

// The bit of a name is its place; a cache file holds these bits, so names are only ever added at the end.
constexpr std::array<std::string_view, 26> kNames = {
    "max_tokens",  "response_format", "tools",             "tool_choice",       "structured_outputs", "temperature",        "seed",
    "top_p",       "include_reasoning", "reasoning",       "stop",              "frequency_penalty",  "presence_penalty",   "top_k",
    "logprobs",    "top_logprobs",    "reasoning_effort",  "repetition_penalty", "logit_bias",        "min_p",              "max_completion_tokens",
    "verbosity",   "web_search_options", "top_a",          "prediction",        "parallel_tool_calls",
};

}  // namespace

std::optional<uint64_t> parameter_bit(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return uint64_t{1} << i;
  }
  return std::nullopt;
}

bool lists_parameter(uint64_t parameters, std::string_view name) { return (parameters & parameter_bit(name).value_or(0)) != 0; }

std::string parameter_names(uint64_t parameters) {
  std::string out;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if ((parameters >> i & 1U) == 0) continue;
    if (!out.empty()) out += ", ";
    out += kNames[i];
  }
  return out;
}

}  // namespace orthink
