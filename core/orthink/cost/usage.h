// Usage: what an answer says it used. Absent is not zero: every count is optional.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "orthink/base/money.h"

namespace orthink {

enum class UsageState : uint8_t {
  none,     // the wire said nothing
  partial,  // counts seen in a stream that did not end properly
  final_,   // the answer's own usage; only this settles a hold
};
std::string_view name(UsageState state);

struct Usage {
  UsageState state = UsageState::none;
  std::optional<uint64_t> prompt_tokens;       // includes cached and cache-written ones
  std::optional<uint64_t> cached_tokens;
  std::optional<uint64_t> cache_write_tokens;
  std::optional<uint64_t> completion_tokens;   // includes thinking
  std::optional<uint64_t> thinking_tokens;     // may exceed completion_tokens on some providers (an estimate there)
  std::optional<Money> cost;                   // usage.cost, from its own characters (12 decimals, half to even)
  bool cost_unusable = false;                  // a cost was there but negative, a string that is no number, too large ...
  std::optional<bool> is_byok;
  std::optional<Money> upstream_cost;          // cost_details.upstream_inference_cost
  uint64_t web_search_requests = 0;
  uint64_t other_tool_requests = 0;            // server tools whose fees no price list names

  // Visible answer tokens: max(0, completion - thinking); nothing when completion is unknown.
  [[nodiscard]] std::optional<uint64_t> visible_tokens() const {
    if (!completion_tokens) return std::nullopt;
    return *completion_tokens - std::min(*completion_tokens, thinking_tokens.value_or(0));
  }
  // What the account and the vendor together were paid: BYOK adds the upstream cost (OpenRouter's documentation).
  [[nodiscard]] std::optional<Money> charged() const {
    if (!cost) return std::nullopt;
    return is_byok.value_or(false) && upstream_cost ? cost->plus(*upstream_cost) : *cost;
  }
};

}  // namespace orthink
