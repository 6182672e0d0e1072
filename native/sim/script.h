// Script: what a simulated model says to one question, decided before the first byte leaves.
#pragma once

#include <cstdint>
#include <string>

#include "native/sim/dice.h"
#include "native/sim/faults.h"
#include "native/sim/question.h"
#include "orthink/base/money.h"
#include "orthink/cost/usage.h"

namespace orthink::sim {

enum class ThinkingShape : uint8_t { nothing, text, summary_and_encrypted, encrypted, signature_only };

struct Script {
  std::string id;                 // "gen-1786403070-..."
  int64_t created_s = 0;
  Instant now;
  std::string row_id;             // of the catalogue
  std::string model;              // as the wire names it
  std::string provider;
  std::string user, session;      // of the request
  std::string format;             // of reasoning_details
  PriceCard price;
  bool streams = true;

  ThinkingShape shape = ThinkingShape::nothing;
  std::string thinking;           // readable part
  std::string signature;          // Claude, Gemini
  std::string encrypted;          // o-series, GPT-5, Grok
  std::string output;
  std::string tool_call_id, tool_name, tool_arguments;
  std::string finish_reason, native_finish_reason;

  uint64_t prompt_tokens = 0;
  uint64_t thinking_tokens = 0;
  uint64_t completion_tokens = 0;  // thinking included
  bool is_byok = false;
  bool is_dearer = false;          // served by a provider half as dear again as the list says
  bool usage_choice_is_empty = false;
  uint64_t comments = 1;           // keep-alive lines before the first event
  uint64_t cut_seed = 0;           // where text is cut into chunks

  // Counts of a call that went as far as `completion` tokens, thinking first.
  [[nodiscard]] Usage usage_at(uint64_t completion) const;
  [[nodiscard]] Usage usage() const { return usage_at(completion_tokens); }
  // What the provider charges for `usage`, exactly; the account pays it unless is_byok.
  [[nodiscard]] Money cost_of(const Usage& usage) const;
};

struct ScriptContext {
  uint64_t seed = 1;
  uint64_t repetition = 0;      // how often this body came before: makes generation ids differ
  Instant now;
  std::string_view body;        // the request's bytes
};

Script write_script(const Question& question, const ActiveFaults& faults, const ScriptContext& context);

}  // namespace orthink::sim
