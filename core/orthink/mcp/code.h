// Error codes: JSON-RPC 2.0 section 5.1 and the Model Context Protocol 2026-07-28 ("Error codes").
#pragma once

namespace orthink::mcp {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kResourceNotFound = -32002;          // legacy only; a modern client gets kInvalidParams
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingClientCapability = -32021;   // data.requiredCapabilities is an object
inline constexpr int kUnsupportedVersion = -32022;        // data.supported, data.requested
// Ours lie outside the range that JSON-RPC reserves.
inline constexpr int kServerStopping = -31001;
inline constexpr int kTooManyCalls = -31002;
inline constexpr int kNotAllowedHere = -31003;            // Host or Origin

}  // namespace orthink::mcp
