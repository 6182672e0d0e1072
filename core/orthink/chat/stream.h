// ResponseReader: bytes of one response body in, deltas and the assembled Answer out. One class for streamed (SSE) and whole
// (JSON) bodies, live or replayed.
//
//   ResponseReader reader(ResponseReader::Form::sse);
//   reader.feed(bytes);
//   for (const Delta& d : reader.deltas()) use(d.kind, reader.text(d), d.tokens);
//   Ending ending = reader.finish();
//
// Deltas are one per chunk field; how they are cut never depends on how reads were cut. Tool calls are reported when the stream
// has ended ([DONE] or finish()): pieces may come behind the finish reason. Once warm, feeding allocates nothing
// but the growth of the answer. After an error() or [DONE] everything that follows is ignored.
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

  explicit ResponseReader(Form form = Form::detect, int http_status = 200) : form_(form), http_status_(http_status) {}
  ResponseReader(ResponseReader&&) noexcept = default;
  ResponseReader& operator=(ResponseReader&&) noexcept = default;
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ~ResponseReader() = default;

  // Takes bytes; the former batch of deltas is gone.
  void feed(std::string_view bytes);
  [[nodiscard]] std::span<const Delta> deltas() const { return deltas_; }
  [[nodiscard]] std::string_view text(const Delta& d) const { return std::string_view(text_).substr(d.begin, d.size); }

  // Input has ended. Tool calls not yet reported (unless an error may have cut them), usage, and a whole body's parts come as a last batch of deltas.
  Ending finish();

  // An error that came in mid-stream, or a cap that was exceeded: the caller stops reading.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] bool is_done() const { return saw_done_; }        // [DONE] was read
  [[nodiscard]] bool has_first_token() const { return has_first_token_; }  // any thinking, output or tool call seen
  [[nodiscard]] uint64_t comments() const { return sse_.comments(); }
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] Answer& answer() { return answer_; }

 private:
  void begin_batch();
  bool detect(std::string_view& bytes);
  void feed_events(std::string_view bytes);
  void take_event(const SseEvent& event);
  void take_body();
  void take_chunk();
  void refuse_foreign();
  void take_names();
  void take_finish();
  void take_thinking();
  void take_output();
  void take_parts();
  void take_details(ThinkingKind& kind, uint32_t& new_encrypted);
  void take_details_text(ThinkingKind kind);
  void take_tool_calls();
  void add_text(Delta::Kind kind, ThinkingKind thinking_kind, size_t begin);
  void report_tool_calls();
  void report_usage();
  void fail(Errc errc, std::string message);
  void check_size(size_t bytes);
  [[nodiscard]] std::optional<Error> error_at_end() const;
  [[nodiscard]] std::optional<Error> error_without_chat() const;

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
  size_t kept_bytes_ = 0;            // of the answer, counted from the input: an upper bound of its texts
  uint64_t bytes_ = 0;               // fed so far, without leading white space
  uint64_t events_ = 0;
  uint64_t chat_chunks_ = 0;
  uint64_t unknown_chunks_ = 0;
  size_t tool_calls_reported_ = 0;
  uint32_t thinking_held_ = 0;       // surrogate halves waiting for the next piece
  uint32_t output_held_ = 0;
  uint32_t refusal_held_ = 0;
  bool saw_done_ = false;
  bool has_first_token_ = false;
  bool saw_usage_ = false;
  bool is_usage_overtaken_ = false;  // more of the answer came after the last counts, before it had ended
  bool usage_reported_ = false;
  bool ended_inside_event_ = false;
};

}  // namespace orthink
