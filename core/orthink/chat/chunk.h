// ChunkReader: one JSON text of the chat wire (a stream chunk or a whole body) read in place, without a DOM and without
// allocation once warm. Strings stay spans of the input until they are applied.
//
//   Chunk chunk;
//   if (!ChunkReader().read(text, chunk)) ++broken;
//   else if (chunk.content.present()) append_unescaped(out, chunk.content, held);
//
// Grammar is RFC 8259, checked whole (also what is skipped): invalid UTF-8, raw control bytes, bad numbers or depth over
// limits::kJsonDepthMax make the text invalid. Duplicate keys: the last wins. Null or a wrong type: the value is absent,
// the chunk stays valid. Of several choices only the one with index 0 (or without index) is read; the rest is checked and skipped.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/wire/cursor.h"

namespace orthink {

struct DetailDelta {              // one item of reasoning_details
  std::string_view raw;           // the object's own bytes
  Span type, text, summary, data, signature, id, format;
  std::optional<uint64_t> index;
  bool has_other_keys = false;    // keys beside these
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
inline bool is_chat(BodyKind kind) {
  return kind == BodyKind::chat_chunk || kind == BodyKind::chat_completion || kind == BodyKind::chat_error;
}

struct Chunk {
  BodyKind kind = BodyKind::unknown;
  Span id, model, provider, native_finish_reason, finish_reason, service_tier;
  // delta or message of the first choice
  Span content, reasoning, reasoning_content, refusal;
  std::string_view content_parts_raw;   // content as an array
  std::string_view annotations_raw, images_raw, audio_raw;
  bool has_choice = false;
  bool is_message = false;              // the choice had a whole message instead of a delta
  bool has_details = false;             // reasoning_details was an array, maybe empty
  std::vector<DetailDelta> details;     // keep their capacity between chunks
  std::vector<ToolCallDelta> tool_calls;
  std::string_view usage_raw;           // the usage object's bytes, read only when it comes
  std::string_view error_raw;           // top-level error, or choices[0].error: an object or a string
  std::string_view other_type;          // a top-level "type" or "object" that named the body

  void clear();
  void clear_choice();                  // what came from a choice
  void clear_delta();                   // what came from its delta or message
};

// Within a stream little but the delta changes from chunk to chunk. The reader remembers the bytes around the delta of the last
// plain chunk; a chunk with the same bytes around its delta has the same meaning there, so that only its delta is read.
class ChunkReader {
 public:
  // REQUIRES: a control byte (line end or NUL) at text.end() and 32 readable bytes past it; text under 4 GiB.
  // False when the text is not one valid JSON object; `chunk` is then meaningless.
  // The spans in `chunk` die with the bytes of `text`.
  bool read(std::string_view text, Chunk& chunk);

 private:
  struct Place {  // a span outside the delta: counted from the start of the text, or from its end
    size_t distance = 0;
    uint32_t size = 0;
    bool is_present = false, has_escapes = false, is_from_end = false;
  };
  bool read_all(std::string_view text, Chunk& chunk);
  bool read_delta_alone(std::string_view text, Chunk& chunk) const;
  void remember(std::string_view text, const Chunk& chunk, std::string_view delta);

  std::string before_, after_;  // empty: nothing remembered
  std::array<Place, 5> names_{};
};

}  // namespace orthink
