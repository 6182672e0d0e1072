// ChunkReader: one JSON text of the chat wire (a stream chunk or a whole body) read in place, without a DOM and without
// allocation. Strings stay spans of the input until they are applied.
//
// Grammar is RFC 8259, checked whole (also what is skipped): invalid UTF-8, raw control bytes, bad numbers or depth over
// limits::kJsonDepthMax make the text invalid. Duplicate keys: the last wins. Null or a wrong type: the value is absent,
// the chunk stays valid. Lone surrogate escapes are U+FFFD, except that a high one at the end of a delta is
// held and joined with the next delta of the same channel.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orthink {

// A JSON string inside the input, without its quotes. Empty ptr = absent.
struct Span {
  const char* ptr = nullptr;
  uint32_t size = 0;
  bool has_escapes = false;
  [[nodiscard]] bool present() const { return ptr != nullptr; }
  [[nodiscard]] std::string_view raw() const { return {ptr, size}; }
};

// Appends the unescaped text. A trailing lone high surrogate goes to `held` (0 = none) instead, and a held one from before is
// joined with a leading low one.
void append_unescaped(std::string& out, const Span& span, uint32_t& held);
std::string unescaped(const Span& span);

struct DetailDelta {              // one item of reasoning_details
  std::string_view raw;           // the object's own bytes
  Span type, text, summary, data, signature, id, format;
  std::optional<uint64_t> index;
};

struct ToolCallDelta {
  std::optional<uint64_t> index;
  Span id, name, arguments;
  std::string_view arguments_raw;  // when arguments came as an object instead of a string
};

enum class BodyKind : uint8_t {
  chat_chunk, chat_completion, chat_error, responses, anthropic_messages, gemini, embeddings, rerank, models, generation, text_completion, unknown,
};
std::string_view name(BodyKind kind);   // "an OpenAI Responses body" ...

struct Chunk {
  BodyKind kind = BodyKind::unknown;
  Span id, model, provider, native_finish_reason, finish_reason, service_tier;
  // delta or message of the first choice
  Span content, reasoning, reasoning_content, refusal;
  std::string_view content_parts_raw;   // content as an array
  std::string_view annotations_raw, images_raw, audio_raw;
  bool has_choice = false;
  bool has_details = false;             // reasoning_details was an array, maybe empty
  std::vector<DetailDelta> details;     // keep their capacity between chunks
  std::vector<ToolCallDelta> tool_calls;
  std::string_view usage_raw;           // the usage object's bytes, read only when it comes
  std::string_view error_raw;           // top-level error, or choices[0].error
  std::string_view other_type;          // raw of a top-level "type"/"object" that named a foreign body

  void clear();
};

class ChunkReader {
 public:
  // REQUIRES: a control byte (line end or NUL) at text.end() and 32 readable bytes past it.
  // False when the text is not one valid JSON object; `chunk` is then meaningless.
  // The spans in `chunk` die with the bytes of `text`.
  bool read(std::string_view text, Chunk& chunk);
};

}  // namespace orthink
