// What was typed for one question, before any of it means anything: the flags of `ask`, `chat` and `plan` as text.
// native/ask_document makes the question's JSON document of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orthink {

enum class ThinkingShown : uint8_t { by_default, shown, hidden };

struct AskFlags {
  std::optional<std::string> model;       // --model
  std::optional<std::string> think;       // --think: off, an effort, tokens, dollars
  std::optional<std::string> answer;      // --answer: tokens kept for the visible answer
  std::optional<std::string> max_tokens;  // --max-tokens: the total cap
  std::optional<std::string> max_cost;    // --max-cost: dollars
  std::optional<std::string> system;      // --system
  std::optional<std::string> tools;       // --tools: a file holding the JSON array of tools
  std::optional<std::string> schema;      // --schema: a file holding a JSON schema
  std::optional<std::string> request;     // --request: a file holding the whole document, "-" = standard input
  std::optional<std::string> user, tenant, session;
  std::optional<std::string> idempotency_key;          // --idempotency-key, of valid form; ask and chat
  std::optional<std::string> deadline;                 // --deadline: seconds
  std::vector<std::string> images;                     // --image: files or URLs, in their order
  std::vector<std::string> files;                      // --file
  bool fits = false;                                   // --fit
  bool is_lenient = false;                             // --lenient
  bool streams = true;                                 // without --no-stream
  ThinkingShown thinking = ThinkingShown::by_default;  // --show-thinking, --hide-thinking; given both, refused
  std::optional<std::string> continued;                // chat: --continue, the history's file
  std::optional<std::string> prompt;                   // the words joined by spaces; "-" alone = standard input
};

}  // namespace orthink
