// Request state: what a call that asks for input gives the client to bring back. Sealed with HMAC-SHA256, so that the client can neither
// change it nor bring it back for another caller, another call or after its time (specification 2026-07-28, "Multi round-trip requests",
// security considerations). It is not secret: nothing belongs into it that the client may not read.
//
//   base64url( mac[32] expiry_ms[8, big endian] payload )      mac over: binding[32] expiry_ms payload
//
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/instant.h"
#include "orthink/wire/json.h"

namespace orthink::mcp {

// What a state belongs to: 32 bytes. The order of the arguments' members does not matter.
std::string state_binding(std::string_view principal, std::string_view method, std::string_view name, const json::Value& arguments);
// REQUIRES: key is not empty.
std::string seal_state(std::string_view key, std::string_view binding, Instant expires, std::string_view payload);
// The payload; nothing where the seal is broken, of another binding, or the time is over.
std::optional<std::string> open_state(std::string_view key, std::string_view binding, Instant now, std::string_view sealed);

}  // namespace orthink::mcp
