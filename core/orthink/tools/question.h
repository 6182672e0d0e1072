// Question: what thinking_completion and plan_request were called with, as an Ask and what surrounds it.
//
//   Result<json::Value> arguments = tools::check(Tool::thinking_completion, given);
//   Result<Question> question = tools::question(*arguments, caller, {.model = config.default_model()});
//   ... Exchange::open(now, question->ask, ...)
//
// The arguments become the one ask document (docs/ask.schema.json) and go through ask_from(), so that a question is refused in the same
// words wherever it is asked. What a caller is bound to (user, tenant, models) stands; arguments that say otherwise are refused.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/access/principal.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"
#include "orthink/chat/ask.h"
#include "orthink/tools/tool_table.h"
#include "orthink/wire/json.h"

namespace orthink::tools {

struct QuestionDefaults {
  std::string_view model = kDefaultModel;  // where the call names none
  std::string_view user{};                 // where neither the call nor the caller names one; empty: nobody
};

// What a result carries besides the answer.
struct Include {
  bool thinking = false;  // the thinking text
  bool message = false;   // the assistant message for the next turn; always there when tools were called
};

struct Question {
  Ask ask;
  std::optional<std::string> stream_id;        // the caller's own name of the call
  std::optional<std::string> idempotency_key;
  std::string claim_space;                     // ledger::Claim::tenant for the key: callers do not reach each other's
  std::optional<Duration> max_wait;
  Include include;
};

// `checked` came from check() of one of the two tools. The Error is a refusal of ask_from, Errc::invalid_argument where metadata names
// another than the caller is bound to, or Errc::model_forbidden.
Result<Question> question(const json::Value& checked, const access::Principal& caller, const QuestionDefaults& defaults = {});

// The same wait and include of get_result.
struct Fetch {
  std::string stream_id;
  Duration max_wait;
  Include include;
};
// REQUIRES: `checked` came from check(Tool::get_result).
Fetch fetch(const json::Value& checked);

// Errc::model_forbidden, with what the caller may use.
Error model_forbidden(std::string_view model, const access::Principal& caller);

}  // namespace orthink::tools
