// {"prompt_tokens":9,"completion_tokens":104,"cost":0.00085,"is_byok":false,
//  "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},
//  "completion_tokens_details":{"reasoning_tokens":64},
//  "cost_details":{"upstream_inference_cost":null},
//  "server_tool_use_details":{"web_search_requests":3,"tool_calls_executed":3}}       (OpenRouter's documentation)
#include "orthink/chat/usage_read.h"

#include <algorithm>

#include "orthink/wire/cursor.h"

namespace orthink {
namespace {

struct UsageReading {
  Cursor at;
  Usage usage;
  std::optional<uint64_t> cached_elsewhere;   // DeepSeek's and Moonshot's places for cached_tokens
  std::optional<uint64_t> tools_executed;
  std::optional<uint64_t> web_searches;

  template <class OnKey>
  bool nested(OnKey&& on_key) {
    return at.peek() == '{' ? at.object(on_key) : at.skip();
  }
  bool money(std::optional<Money>& out, bool* is_unusable);
  bool member(std::string_view key);
};

// A number, or a string that holds one; from its own characters.
bool UsageReading::money(std::optional<Money>& out, bool* is_unusable) {
  out.reset();
  std::string_view raw;
  if (!at.raw(raw)) return false;
  if (raw == "null") {
    if (is_unusable != nullptr) *is_unusable = false;
    return true;
  }
  if (raw.size() >= 2 && raw.front() == '"') raw = raw.substr(1, raw.size() - 2);
  const Result<Money> amount = Money::parse(raw, Money::Rounding::half_even);
  if (amount) out = *amount;
  if (is_unusable != nullptr) *is_unusable = !amount.ok();
  return true;
}

bool UsageReading::member(std::string_view key) {
  if (key == "prompt_tokens") return at.integer(usage.prompt_tokens);
  if (key == "completion_tokens") return at.integer(usage.completion_tokens);
  if (key == "cost") return money(usage.cost, &usage.cost_unusable);
  if (key == "is_byok") return at.boolean(usage.is_byok);
  if (key == "cached_tokens" || key == "prompt_cache_hit_tokens") return at.integer(cached_elsewhere);
  if (key == "prompt_tokens_details") {
    usage.cached_tokens.reset();
    usage.cache_write_tokens.reset();
    return nested([&](std::string_view k) {
      if (k == "cached_tokens") return at.integer(usage.cached_tokens);
      if (k == "cache_write_tokens") return at.integer(usage.cache_write_tokens);
      return at.skip();
    });
  }
  if (key == "completion_tokens_details") {
    usage.thinking_tokens.reset();
    return nested([&](std::string_view k) { return k == "reasoning_tokens" ? at.integer(usage.thinking_tokens) : at.skip(); });
  }
  if (key == "cost_details") {
    usage.upstream_cost.reset();
    return nested([&](std::string_view k) { return k == "upstream_inference_cost" ? money(usage.upstream_cost, nullptr) : at.skip(); });
  }
  if (key == "server_tool_use_details" || key == "server_tool_use") {
    tools_executed.reset();
    web_searches.reset();
    return nested([&](std::string_view k) {
      if (k == "web_search_requests") return at.integer(web_searches);
      if (k == "tool_calls_executed") return at.integer(tools_executed);
      return at.skip();
    });
  }
  return at.skip();
}

}  // namespace

Usage read_usage(std::string_view raw) {
  UsageReading reading{.at = Cursor(raw), .usage = {}, .cached_elsewhere = {}, .tools_executed = {}, .web_searches = {}};
  if (raw.empty() || !reading.at.object([&](std::string_view key) { return reading.member(key); })) return {};
  Usage& usage = reading.usage;
  if (!usage.cached_tokens) usage.cached_tokens = reading.cached_elsewhere;
  usage.web_search_requests = reading.web_searches.value_or(0);
  const uint64_t executed = reading.tools_executed.value_or(0);
  usage.other_tool_requests = executed - std::min(executed, usage.web_search_requests);
  return usage;
}

}  // namespace orthink
