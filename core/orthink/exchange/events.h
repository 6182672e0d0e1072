// Input and Output of an Exchange: the closed sets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "orthink/base/error.h"
#include "orthink/base/instant.h"
#include "orthink/chat/answer.h"
#include "orthink/ledger/batch.h"
#include "orthink/wire/http.h"

namespace orthink {

namespace input {
// `leg` is the number SendHttp gave; inputs of a leg that is over are ignored.
struct Sent { uint32_t leg = 0; };              // the first byte of the request was handed to the kernel
struct Head { uint32_t leg = 0; http::Head head; };
struct Bytes { uint32_t leg = 0; std::string_view bytes; };   // only for the call of handle()
struct BodyEnd { uint32_t leg = 0; };
struct Lost {                                    // the transport failed
  uint32_t leg = 0;
  enum class Where : uint8_t { resolve, connect, tls, sending, waiting, body };
  Where where = Where::connect;
  bool sent_any = false;                         // a byte of the request may have left
  std::string detail;                            // the transport's own words
};
struct Tick {};                                  // time has passed: now is all that counts
// first: drain where billing goes on, else close at once; second (is_urgent): leave at once.
struct Cancel { bool is_urgent = false; };
}  // namespace input
using Input = std::variant<input::Sent, input::Head, input::Bytes, input::BodyEnd, input::Lost, input::Tick, input::Cancel, StoreReply>;

namespace output {
struct Store { StoreBatch batch; };              // apply, then hand the StoreReply back
struct SendHttp {                                // start a request; the host adds the key and the base URL
  uint32_t leg = 0;
  http::Request request;
  Instant connect_by;                            // give up connecting then (input Lost, where = connect)
};
// Stop this leg; nothing of it is wanted any more. Only of a leg closed while it was connecting (no Sent given yet) a last Lost is still
// heard for a second: its sent_any decides whether the hold may fall. A host that cannot tell says nothing, and the hold stays.
struct CloseHttp { uint32_t leg = 0; };
struct Thinking { std::string_view text; uint64_t tokens = 0; ThinkingKind kind = ThinkingKind::text; };  // views die at the next handle()
struct Text { std::string_view text; uint64_t tokens = 0; };
struct ToolCall { const orthink::ToolCall* call = nullptr; };    // dies at the next handle()
struct Usage { const orthink::Usage* usage = nullptr; };
struct Heartbeat { std::string_view phase; Duration elapsed; };  // phase: "waiting", "thinking", "answering", "draining", "retrying"
struct Complete {};                              // the last output: see Exchange::answer(), receipt()
struct Failed {};                                // the last output instead: see Exchange::error(), receipt()
struct Replay { std::string line; };             // the last output instead: the key's call is over, and this was its last event (last_event.h)
struct WaitUntil { Instant at; };                // drained: feed inputs, or a Tick at `at` (never() = only inputs)
}  // namespace output
using Output = std::variant<output::Store, output::SendHttp, output::CloseHttp, output::Thinking, output::Text, output::ToolCall, output::Usage,
                            output::Heartbeat, output::Complete, output::Failed, output::Replay, output::WaitUntil>;
// Complete, Failed or Replay: nothing follows it.
[[nodiscard]] inline bool is_last(const Output& out) {
  return std::holds_alternative<output::Complete>(out) || std::holds_alternative<output::Failed>(out) || std::holds_alternative<output::Replay>(out);
}

}  // namespace orthink
