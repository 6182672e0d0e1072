// What a request's `reasoning` means for a model: the simulator's side of it.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "native/sim/reply.h"
#include "orthink/catalog/catalog.h"
#include "orthink/wire/json.h"

namespace orthink::sim {

struct Thinking {
  bool is_on = false;
  bool was_asked_off = false;
  std::optional<uint64_t> budget_tokens;  // honoured, softly
  std::optional<Effort> effort;           // the level it thinks at
  bool excludes = false;                  // thinks and bills, but does not show
  bool wants_summary = false;
};

struct ThinkingContext {
  uint64_t cap_tokens = 0;      // the hard total
  bool is_alias = false;        // asked through "~author/family-latest": off is softened instead of refused
  bool forces_tool = false;     // tool_choice required or a function
  std::string_view provider{};
};

// How `body` (the whole request, an object) makes `card` think, or the refusal the real one answers with.
std::variant<Thinking, Reply> resolve_thinking(const json::Value& body, const ModelCard& card, const ThinkingContext& context);

}  // namespace orthink::sim
