// The table of methods: who may call them, what the server must offer for them, and who answers.
#pragma once

#include <cstdint>
#include <string_view>

#include "orthink/mcp/offer.h"

namespace orthink::mcp {

enum class Needs : uint8_t { nothing, tools, prompts, resources, completions, logging, subscriptions };
enum class Answers : uint8_t { initialize, nothing, discover, list, set_level, subscribe, unsubscribe, listen, work };

struct Method {
  std::string_view name;
  bool is_legacy;
  bool is_modern;
  Needs needs;
  Answers answers;
  std::string_view name_param;  // of params: what Mcp-Name repeats and Call::name is; empty = none
  bool is_cacheable;            // its modern result carries ttlMs and cacheScope
  bool may_ask;                 // it may end with input_required
};

// Null: no such method in any era.
const Method* find_method(std::string_view name);
bool is_offered(Needs needs, const Offer& offer);

}  // namespace orthink::mcp
