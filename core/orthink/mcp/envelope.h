// Envelope: what params._meta says of a request, and which era the request belongs to.
//
//   "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
//             "io.modelcontextprotocol/clientInfo": {...}, "io.modelcontextprotocol/logLevel": "info", "progressToken": 1, "traceparent": "..."}
//
// Specification 2026-07-28, "Base protocol: request metadata" and "Versioning: dual-era servers".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "orthink/mcp/call.h"
#include "orthink/mcp/message.h"

namespace orthink::mcp {

inline constexpr std::string_view kMetaPrefix = "io.modelcontextprotocol/";

struct Envelope {
  std::string revision;              // modern only, as the four below
  json::Value client_capabilities = json::Value::object();
  std::string client_name;
  std::optional<LogLevel> log_level;
  std::string progress_token;        // as JSON; empty = none
  std::string traceparent, tracestate;
};

// `version_header`: HTTP alone. Malformed modern requests are modern too: a legacy error would make the client fall back.
Era era_of(const Message& message, std::optional<std::string_view> version_header);

// The version that a modern request names in its body; empty where it names none.
std::string_view version_in(const Message& message);

struct EnvelopeFault { int status = 400; news::Fault fault; };
// Checks the two keys that a modern request needs, and that its revision is spoken.
std::variant<Envelope, EnvelopeFault> read_modern(const json::Value& params);
// Progress token and trace alone.
Envelope read_legacy(const json::Value& params);

}  // namespace orthink::mcp
