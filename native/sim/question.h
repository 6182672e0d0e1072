// A POST /chat/completions body as the simulator understands it, or the refusal the real one answers with (OpenRouter's documentation).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "native/sim/reply.h"
#include "native/sim/thinking.h"
#include "orthink/base/instant.h"
#include "orthink/catalog/catalog.h"
#include "orthink/wire/json.h"

namespace orthink::sim {

struct Question {
  json::Value body;
  ModelCard card;               // of the row that was asked; behind a router, of the model that answers
  std::string provider;         // display name
  bool streams = false;
  bool is_byok = false;
  uint64_t cap_tokens = 0;      // hard: thinking and answer together
  bool has_cap = false;         // the request named it
  uint64_t prompt_tokens = 0;
  std::string prompt;           // text of the last user message
  std::string tool_result;      // the last message is a tool's: its text
  bool answers_tool = false;
  Thinking thinking;
  std::string tool_name;        // a tool the model will call; empty: none
  json::Value tool_arguments;
  bool wants_json = false;      // response_format json_object or json_schema
  json::Value json_answer;
};

// `now` dates the prices that provider.max_price is held against.
std::variant<Question, Reply> read_question(std::string_view body, const Catalog& catalog, Instant now);

}  // namespace orthink::sim
