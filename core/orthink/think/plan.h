// The thinking plan: from a setting and a model's row to what is sent, with the reason of each step in a sentence.
//
//   Result<ThinkPlan> plan = plan_thinking(card, {.setting = setting, .prompt_tokens_bound = 1200});
//
// Either a plan the model honours, or an Error whose sentence says what the model does allow (OpenRouter's documentation).
// Never both effort and max_tokens, never an empty reasoning object, never off on a mandatory model, never a budget at or
// above the total cap. What the row allows but nobody can promise (a default that is not known, a router that picks the model)
// is sent as nothing at all, with promise none and a warning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/limits.h"
#include "orthink/base/result.h"
#include "orthink/catalog/catalog.h"
#include "orthink/think/setting.h"

namespace orthink {

enum class Promise : uint8_t { hard, soft, level, none };
std::string_view name(Promise promise);

// A line of reasons[] or warnings[]: a stable code and a sentence.
struct Note {
  std::string code;
  std::string text;
};

// The `reasoning` object of the request. At most one of effort and max_tokens is set; all empty = the field is not sent.
struct ReasoningField {
  std::optional<bool> enabled;
  std::optional<Effort> effort;
  std::optional<uint64_t> max_tokens;
  bool exclude = false;
  [[nodiscard]] bool is_empty() const { return !enabled && !effort && !max_tokens && !exclude; }
};

enum class CapName : uint8_t { max_tokens, max_completion_tokens };
std::string_view name(CapName cap);

struct ThinkRequest {
  Setting setting;
  std::optional<uint64_t> answer_tokens;   // the answer floor; limits::kAnswerFloorDefaultTokens when absent
  std::optional<uint64_t> max_tokens;      // the caller's own total cap
  uint64_t prompt_tokens_bound = 0;
  uint64_t thinking_tokens_max = limits::kThinkingMaxDefaultTokens;  // configuration; 0 = no limit of ours
  bool is_lenient = false;
  bool hides_thinking = false;             // ask the server not to return the text (reasoning.exclude)
  Instant now;                             // for time-of-day prices when dollars are turned into tokens
};

enum class ThinkingExpected : uint8_t { no, yes, unknown };

struct ThinkPlan {
  ReasoningField reasoning;
  std::string asked;                       // Setting::to_text()
  std::string sent;                        // "off", an effort, a token number, "on", "default" (nothing to send), "none"
  Promise promise = Promise::none;
  std::optional<uint64_t> budget_tokens;   // the thinking limit in tokens where one exists (hard or soft)
  uint64_t output_cap_tokens = 0;          // the total cap, always sent
  uint64_t answer_floor_tokens = 0;
  CapName cap_name = CapName::max_tokens;
  ThinkingExpected expected = ThinkingExpected::unknown;  // what usage must agree with
  SamplingSet forbidden = 0;               // parameters that must not go with this plan
  bool names_alias_target = false;         // `model` must be the alias's target: on the alias off would not hold (OpenRouter's documentation)
  std::vector<Note> reasons;
  std::vector<Note> warnings;
};

Result<ThinkPlan> plan_thinking(const ModelCard& card, const ThinkRequest& request);

// The closest setting that this model would accept in place of a refused one; nothing when none would pass.
std::optional<ThinkRequest> nearest_thinking(const ModelCard& card, const ThinkRequest& request);

// The sentence of receipt.think.contradiction: thought although off, or no thinking although asked; nothing when usage agrees.
std::optional<std::string> contradiction(const ThinkPlan& plan, const Usage& usage, bool saw_thinking);

}  // namespace orthink
