// Answer: what a response has said so far, put together: thinking, output, reasoning_details, tool calls, finish, usage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/error.h"
#include "orthink/cost/usage.h"

namespace orthink {

enum class ThinkingKind : uint8_t { text, summary, encrypted };
std::string_view name(ThinkingKind kind);

// One merged item of reasoning_details (openrouter-api 3.6). Keys keep their order; unknown keys keep their bytes.
struct Detail {
  std::string type;
  std::optional<uint64_t> index;
  std::optional<std::string> text, summary, data, signature, id, format;
  // The item's keys in order of appearance, each with its raw JSON value where it is none of the above.
  struct Key {
    std::string name;
    std::string raw;
  };
  std::vector<Key> keys;
};

struct ToolCall {
  uint64_t index = 0;
  std::string id;
  std::string name;
  std::string arguments;
};

enum class Outcome : uint8_t { answered, tool_calls, truncated, thinking_used_all, empty, filtered };
std::string_view name(Outcome outcome);

struct Answer {
  std::string generation_id, model, provider;
  std::string thinking;               // readable thinking (text and summaries), joined
  std::string output;
  std::string refusal;
  bool has_content_null = true;       // content never was a string
  bool has_details = false;           // reasoning_details was there, maybe empty: an empty list goes back as well
  std::vector<Detail> details;
  std::vector<ToolCall> tool_calls;
  std::string annotations_raw, images_raw, audio_raw;
  std::string finish_reason, native_finish_reason;
  Usage usage;
  uint64_t thinking_tokens_seen = 0;  // running estimates of what was shown
  uint64_t output_tokens_seen = 0;
  bool saw_encrypted = false;         // thinking came, but unreadable
  uint64_t invalid_chunks = 0;

  [[nodiscard]] bool saw_thinking() const { return !thinking.empty() || saw_encrypted; }
  [[nodiscard]] size_t kept_bytes() const;
  // The assistant message to send back next turn: {"role":"assistant","content":...,"reasoning_details":[...],"tool_calls":[...]}.
  // content is null when only tools were called; `reasoning` is sent only where there are no details.
  [[nodiscard]] std::string message_json() const;
};

// What an ending means (A8): truncated, thinking used it all, empty, filtered, tools only, answered.
Outcome outcome_of(const Answer& answer);

}  // namespace orthink
