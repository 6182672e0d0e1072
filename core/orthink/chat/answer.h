// Answer: what a response has said so far, put together: thinking, output, reasoning_details, tool calls, finish, usage.
//
//   answer.merge_detail(delta);                 // as pieces come (ResponseReader does it)
//   send(answer.message_json());                // the assistant message of the next turn
//
// Thread rule: a value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/error.h"
#include "orthink/chat/chunk.h"
#include "orthink/cost/usage.h"

namespace orthink {

enum class ThinkingKind : uint8_t { text, summary, encrypted };
std::string_view name(ThinkingKind kind);

// One merged item of reasoning_details (OpenRouter's documentation). An item that came in one piece is kept as its own bytes; of
// one that came in several, keys keep their order and unknown keys their bytes.
struct Detail {
  std::string type;
  std::optional<uint64_t> index;
  std::optional<std::string> text, summary, data, signature, id, format;
  // The item's keys in order of appearance, each with its raw JSON value where it is none of the above (or null).
  struct Key {
    std::string name;
    std::string raw;
  };
  std::vector<Key> keys;
  std::string raw;                        // the whole item while it is of one piece; else empty
  std::array<uint32_t, 3> held{};         // surrogate halves waiting in text, summary, data
};

struct ToolCall {
  uint64_t index = 0;
  std::string id;
  std::string name;
  std::string arguments;
  uint32_t held = 0;                      // surrogate half waiting in arguments
};

enum class Outcome : uint8_t { answered, tool_calls, truncated, thinking_used_all, empty, filtered };
std::string_view name(Outcome outcome);
// What an ending other than an answer means, and what to do; empty for answered and tool_calls.
std::string_view advice(Outcome outcome);

struct Answer {
  std::string generation_id, model, provider;
  std::string thinking;               // readable thinking (text and summaries), joined
  std::string output;
  std::string refusal;
  bool has_content_null = true;       // content never was a string
  bool has_details = false;           // reasoning_details was there, maybe empty: an empty list goes back as well
  bool has_reasoning_content = false; // thinking came under the vendors' name, and goes back under it
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

  // Takes one item of a delta (merged by type and index) or of a whole message (kept as it is). True if it began a new item.
  bool add_detail(const DetailDelta& delta, bool is_whole);
  // Takes one piece of a tool call; a piece without index belongs to the last call unless it brings a new id.
  void add_tool_call(const ToolCallDelta& delta, bool is_whole);
  // Appends the elements of one JSON array to another: annotations and images come in several chunks.
  static void join_arrays(std::string& array, std::string_view more);
  // Surrogate halves still waiting become U+FFFD.
  void flush_held();

  // The assistant message to send back next turn: {"role":"assistant","content":...,"reasoning_details":[...],"tool_calls":[...]}.
  // content is null when only tools were called; `reasoning` is sent only where there are no details.
  [[nodiscard]] std::string message_json() const;
};

// What an ending means (A8): truncated, thinking used it all, empty, filtered, tools only, answered.
Outcome outcome_of(const Answer& answer);

}  // namespace orthink
