// Results of the tools as JSON objects ready to be sent (specification of MCP, CallToolResult), without what is the protocol's own.
//
//   {"content":[{"type":"text","text":"the answer"},{"type":"text","text":"{...}"}],"structuredContent":{...},"isError":true}
//
// The first text is for whoever reads: the answer itself, or a sentence. The second is the text twin of structuredContent; that of a
// completion leaves out what the first says (`text`) and what only programs want (`thinking`, `message`), so that nothing is paid for twice
// by a client that shows its model all of it. Between them a text may note what a reader must not miss: that the answer is a replay, that
// its thinking was lowered to fit, or that the model did otherwise than asked; the latter two are warnings of the receipt here, too. structuredContent always fits the tool's output schema, failures too.
// An answer goes through byte for byte, at most limits::kToolTextBytesMax of it (then `text_is_cut` is true).
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/error.h"
#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/tools/question.h"

namespace orthink::tools {

// A call that did not happen: isError, {"error":{kind, code, message, remedy, blame, retry, retry_after_ms, ...}}.
std::string error_result(const Error& error);

struct Ended {
  std::string_view line;                 // the call's last line, complete or error (exchange/render), live or replayed
  std::optional<std::string_view> stream_id{};
  Include include{};
  std::string_view thinking{};           // the thinking text, where it is to be included
  bool is_replayed = false;              // the line is that of an earlier call with the same idempotency key: nothing was bought now
};
// isError where the call failed or gave no answer (thinking_used_all, empty, filtered); the receipt says what it cost all the same.
std::string result_of(const Ended& ended);

struct Running {
  std::string_view stream_id;
  std::string_view phase;  // of Exchange
  Duration elapsed;
  uint64_t thinking_tokens = 0;
  uint64_t output_tokens = 0;
  Money spent;
  Money held;
};
// The handle: state running, and how to fetch the rest.
std::string result_of(const Running& running);

struct Cancelled {
  std::string_view stream_id;
  bool had_ended = false;
  std::optional<Money> spent, held;  // while it runs
  std::string_view line{};           // its last line, where it had ended; empty: it was refused before it was open, and cost nothing
};
std::string result_of(const Cancelled& cancelled);

struct Health {
  std::string_view version;
  Duration uptime;
  uint64_t calls_running = 0;
  std::vector<std::string> problems;  // why calls will be refused, or what upkeep cannot do, each a sentence; empty: status ok
};
std::string result_of(const Health& health);

// `document`: a plan document (chat/prepare). Its body comes without the messages, which the caller has; `nearest` in arguments of the tool.
std::string plan_result(std::string_view document);
// `document`: a JSON object of the public interface as it is; `says`: the sentence for people.
std::string document_result(std::string_view says, std::string_view document);

}  // namespace orthink::tools
