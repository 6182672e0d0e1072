// ResponseReader: bytes of one response body in, deltas and the assembled Answer out. One class for streamed (SSE) and whole
// (JSON) bodies, live or replayed.
//
//   ResponseReader reader(ResponseReader::Form::sse);
//   reader.feed(bytes);
//   for (const Delta& d : reader.deltas()) use(d.kind, reader.text(d), d.tokens);
//   Ending ending = reader.finish();
//
// Deltas are one per chunk field; how they are cut never depends on how reads were cut. Once warm, feeding allocates nothing but the growth of the answer.
// Thread rule: one thread at a time. Movable, not copyable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/catalog/estimate.h"
#include "orthink/chat/answer.h"
#include "orthink/chat/chunk.h"
#include "orthink/wire/sse.h"

namespace orthink {

struct Delta {
  enum class Kind : uint8_t { thinking, output, tool_call, usage };
  Kind kind = Kind::output;
  ThinkingKind thinking_kind = ThinkingKind::text;
  uint32_t begin = 0;      // thinking, output: range in the batch's text
  uint32_t size = 0;
  uint64_t tokens = 0;     // running count of this channel
  uint32_t tool_call = 0;  // position in answer().tool_calls, whole by then
};

struct Ending {
  // Set when the body ended in an error: a mid-stream error, a foreign body, a bare EOF, a malformed body, an error document.
  std::optional<Error> error;
  Outcome outcome = Outcome::empty;   // meaningful without an error
};

class ResponseReader {
 public:
  enum class Form : uint8_t { sse, json, detect };  // detect: by the first bytes that are not white space

  explicit ResponseReader(Form form = Form::detect, int http_status = 200);
  ResponseReader(ResponseReader&&) noexcept = default;
  ResponseReader& operator=(ResponseReader&&) noexcept = default;

  // Takes bytes; the former batch of deltas is gone.
  void feed(std::string_view bytes);
  [[nodiscard]] std::span<const Delta> deltas() const { return deltas_; }
  [[nodiscard]] std::string_view text(const Delta& d) const { return std::string_view(text_).substr(d.begin, d.size); }

  // Input has ended. Tool calls not yet reported and a whole body's parts come as a last batch of deltas.
  Ending finish();

  // An error that came in mid-stream, or a cap that was exceeded: the caller stops reading.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool is_done() const { return saw_done_; }        // [DONE] was read
  [[nodiscard]] bool has_first_token() const { return has_first_token_; }  // any thinking, output or tool call seen
  [[nodiscard]] uint64_t comments() const { return sse_.comments(); }
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] Answer& answer() { return answer_; }

 private:
  Form form_;
  int http_status_;
  SseReader sse_;
  ChunkReader chunk_reader_;
  Chunk chunk_;
  Answer answer_;
  std::vector<Delta> deltas_;
  std::string text_;
  std::string body_;                 // whole JSON bodies are kept until finish()
  RunningTokens thinking_tokens_, output_tokens_;
  std::optional<Error> error_;
  bool saw_done_ = false;
  bool has_first_token_ = false;
};

}  // namespace orthink
