// The routing headers of a modern HTTP request: MCP-Protocol-Version, Mcp-Method, Mcp-Name and Mcp-Param-NAME repeat what the body says, so
// that proxies can route without reading it. What differs is refused (specification 2026-07-28, "Transports: routing headers").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/mcp/message.h"
#include "orthink/wire/http.h"

namespace orthink::mcp {

// A property of a tool's schema that has x-mcp-header: clients send its argument as Mcp-Param-NAME too.
struct HeaderParam {
  std::string name;                 // without Mcp-Param-
  std::vector<std::string> path;    // from the arguments' root
  json::Type type = json::Type::string;  // number = integer
};

// All of an input schema; an error where one stands at a number, below an array, or twice.
Result<std::vector<HeaderParam>> header_params(const json::Value& input_schema);

// Outer white space off; =?base64?...?= decoded, anything without both marks taken as it is. Nothing where the base64 is broken or no UTF-8.
std::optional<std::string> decode_header(std::string_view value);

// What is wrong, in a sentence; nothing = all agree. REQUIRES: message is a modern request.
std::optional<std::string> header_mismatch(const orthink::http::Head& head, const Message& message, const std::vector<HeaderParam>& params);

}  // namespace orthink::mcp
