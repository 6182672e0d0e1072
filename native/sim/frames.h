// Frames: a Script as the bytes of the wire (OpenRouter's documentation). A streamed answer is events and comments; one that is
// not is keep-alive white space and a document.
//
//   FrameWriter frames(script, faults);
//   std::string frame;
//   while (frames.next(frame)) send(frame);
//
// Thread rule: one thread at a time. The Script outlives the writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/sim/dice.h"
#include "native/sim/faults.h"
#include "native/sim/script.h"

namespace orthink::sim {

class FrameWriter {
 public:
  FrameWriter(const Script& script, const ActiveFaults& faults);

  // The next event or comment with its blank line (or a part of a whole body); false when the body is over.
  bool next(std::string& frame);
  // Tokens that have been sent as text so far: what a provider that stops at a cancel charges.
  [[nodiscard]] uint64_t tokens_out() const { return tokens_out_; }
  // Chunks (not comments) so far.
  [[nodiscard]] uint64_t chunks() const { return chunks_; }
  // The body ended in an error: nothing is charged, or what the usage beside the error says.
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] bool is_failure_billed() const { return faults_.has(Fault::midstream_error_billed); }
  // What comes next must not be sent: the connection is reset, or waits for the client to leave.
  [[nodiscard]] bool wants_reset() const { return wants_reset_; }
  [[nodiscard]] bool wants_stall() const { return wants_stall_; }

 private:
  enum class Step : uint8_t { comments, whole, opening, oddity, thinking, sealing, output, tool_call, finish, usage, late_text, done, over };

  std::string take_pieces(const std::vector<std::string_view>& from, size_t& at);
  void advance(std::string& frame);      // appends at most one chunk, goes on to the next step
  bool is_interrupted(std::string& frame);
  void step_comments(std::string& frame);
  void step_whole(std::string& frame);
  void step_oddity(std::string& frame);
  void step_thinking(std::string& frame);
  void step_sealing(std::string& frame);
  void step_output(std::string& frame);
  void step_tool_call(std::string& frame);
  void step_finish(std::string& frame);
  void step_usage(std::string& frame);
  void emit(std::string& frame, std::string_view delta);

  const Script& script_;
  const ActiveFaults& faults_;
  Dice dice_;
  Step step_ = Step::comments;
  std::vector<std::string_view> thinking_, output_;
  size_t thinking_at_ = 0, output_at_ = 0;
  std::vector<std::string_view> arguments_;
  size_t arguments_at_ = 0;
  bool has_named_tool_ = false;
  uint64_t comments_ = 0, chunks_ = 0, tokens_out_ = 0;
  uint64_t usages_ = 0;
  uint64_t long_megabytes_ = 0;
  bool has_failed_ = false, wants_reset_ = false, wants_stall_ = false;
};

// The document of an answer that is not streamed.
std::string whole_document(const Script& script, const ActiveFaults& faults);

// The usage object, spoiled as the faults want it. `usage` is what it says.
std::string usage_json(const Script& script, const ActiveFaults& faults, const Usage& usage);

// reasoning_details of the readable part (`text`), and of the sealed part, as arrays. Empty: there is none.
std::string readable_details(const Script& script, std::string_view text);
std::string sealed_details(const Script& script);

// A JSON number as JavaScript writes it: 0.00072, 6e-7, 0.
std::string js_number(Money money);

}  // namespace orthink::sim
