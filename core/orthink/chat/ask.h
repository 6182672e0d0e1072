// Ask: one whole question as the caller means it. Every host makes one from the same JSON document (docs/ask.schema.json),
// so the command line, the page and the edge agree.
//
//   Result<Ask> ask = parse_ask(R"({"model":"anthropic/claude-haiku-4.5","prompt":"Why?","think":"8k"})");
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/base/result.h"
#include "orthink/think/setting.h"
#include "orthink/wire/json.h"

namespace orthink {

inline constexpr std::string_view kDefaultModel = "anthropic/claude-haiku-4.5";

// What was asked before fitting lowered the ask.
struct AskedBefore {
  std::string think;
  std::optional<uint64_t> max_tokens;
  std::string told;  // what was lowered, from what, and to fit what: a sentence
};

struct Ask {
  std::string model{kDefaultModel};
  std::vector<std::string> fallbacks;           // models[] after the first
  json::Value messages = json::Value::array();  // checked: roles and part types; passed on as they came
  Setting think;
  std::optional<uint64_t> answer_tokens;
  std::optional<uint64_t> max_tokens;
  std::optional<Money> max_cost;
  bool fits = false;  // lower the settings until the call fits max_cost, and what the ledger's limits leave
  bool is_lenient = false;
  bool streams = true;
  bool hides_thinking = false;
  std::string user;
  std::string tenant;  // never sent upstream
  std::string session;
  std::optional<Duration> deadline;  // whole call
  std::optional<AskedBefore> before;  // set by fitting alone; plans and receipts tell it
  // Everything passed on unchanged after a check of its type: tools, tool_choice, response_format, provider, plugins,
  // temperature, top_p, stop, seed, ... in the order given.
  std::vector<json::Member> passed_on;

  [[nodiscard]] const json::Value* option(std::string_view key) const;  // of passed_on, or null
  [[nodiscard]] bool has_images() const;
  [[nodiscard]] bool has_files() const;
  [[nodiscard]] bool has_audio() const;
};

// The document's fields: model, models, prompt | messages, system, think, answer_tokens, max_tokens, max_cost_usd, fit, lenient,
// stream, hide_thinking, user, tenant, session, deadline_s, and the passed-on ones. Unknown fields, wrong types and empty
// prompts are refused by name, with "did you mean".
Result<Ask> parse_ask(std::string_view json_document);
Result<Ask> ask_from(const json::Value& document);

// The names of all fields a document may have, in the order of docs/ask.schema.json.
std::span<const std::string_view> ask_fields();
// The one of `known` that a mistyped name was most likely meant to be; empty when none is close.
std::string_view closest_name(std::string_view mistyped, std::span<const std::string_view> known);

}  // namespace orthink
