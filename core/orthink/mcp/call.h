// Call: a request that the offer itself cannot answer, and News: what the work on it says.
//
//   act::Start{Call} leaves a conversation or an exchange; the host does the work and hands back
//   news::Progress, news::Log ... and at the end exactly one news::Result, news::InputRequired or news::Fault.
//
// Thread rule: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "orthink/wire/json.h"

namespace orthink::mcp {

// Legacy: revisions with a handshake, up to 2025-11-25. Modern: every request describes itself, from 2026-07-28 on.
enum class Era : uint8_t { legacy, modern };

// RFC 5424 severities by their names in the specification ("Logging").
enum class LogLevel : uint8_t { debug, info, notice, warning, error, critical, alert, emergency };
std::string_view name(LogLevel level);
std::optional<LogLevel> log_level_named(std::string_view name);

struct Call {
  uint64_t number = 0;                // unique in its conversation; names the call from here on
  std::string method;                 // "tools/call", "prompts/get", "resources/read", "completion/complete"
  std::string name;                   // params.name or params.uri
  json::Value arguments;              // params.arguments, an object (empty where absent)
  json::Value params;                 // all other members of params: without arguments, _meta, requestState and inputResponses
  Era era = Era::legacy;
  std::string revision;               // "2025-11-25"
  json::Value client_capabilities;    // an object; empty where the client is not known
  std::string client_name;            // for display only
  bool wants_progress = false;
  std::optional<LogLevel> log_level;  // log notifications are wanted from this level on
  std::string traceparent;            // of _meta, as it came, unchecked
  std::string tracestate;
  json::Value input_responses;        // of a repeated call: an object; else null
  std::optional<std::string> state;   // of a repeated call: the state that InputRequired gave, its seal checked
};

namespace news {
// `done` must rise: what does not rise is dropped, and no more leaves than options allow (2 a second).
struct Progress {
  uint64_t done = 0;
  std::optional<uint64_t> total;
  std::string message;
};
struct Log {
  LogLevel level = LogLevel::info;
  std::string logger;
  std::string data_json;
};
// A request to the client (sampling/createMessage, elicitation/create, roots/list). The answer comes back as act::Heard with the same tag;
// where the client cannot be asked it is an error at once. Legacy only: a modern call says InputRequired.
struct Ask {
  uint64_t tag = 0;
  std::string method;
  std::string params_json;
};
// What the server offers has changed; who listens is told.
struct Changed {
  enum class What : uint8_t { tools, prompts, resources, resource };
  What what = What::tools;
  std::string uri;  // resource: which one
};
struct Result { std::string json; };            // the result object, without resultType and serverInfo; ends the call
struct InputRequired {                          // ends the call: the client repeats it with the answers. Modern only
  std::string requests_json;                    // an object of requests; empty = none
  std::string state;                            // comes back in Call::state; the conversation seals it. Empty = none
};
struct Fault {                                  // a JSON-RPC error; ends the call
  int code = 0;
  std::string message;
  std::string data_json;                        // empty = no data
};
// From another request of the same client (act::Deliver), never from the work.
struct Cancelled {};
struct Answer {
  std::string ask_id;
  std::string json;                             // {"result":...} or {"error":...}
};
}  // namespace news
using News = std::variant<news::Progress, news::Log, news::Ask, news::Changed, news::Result, news::InputRequired, news::Fault, news::Cancelled,
                          news::Answer>;
// It ends its call.
[[nodiscard]] inline bool is_last(const News& news) {
  return std::holds_alternative<news::Result>(news) || std::holds_alternative<news::InputRequired>(news) || std::holds_alternative<news::Fault>(news);
}

}  // namespace orthink::mcp
