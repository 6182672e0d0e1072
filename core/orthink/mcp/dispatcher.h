// Dispatcher: what a request means, decided from the request alone (modern) or with what the handshake told (legacy). No state of its own.
//
//   Decision d = decide(menu, std::move(message), situation);
//   if (auto* reply = std::get_if<Reply>(&d.what)) ...
//
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/mcp/call.h"
#include "orthink/mcp/menu.h"
#include "orthink/mcp/message.h"
#include "orthink/mcp/offer.h"

namespace orthink::mcp {

// What a legacy client said of itself: per process on stdio, per session on HTTP, empty where nothing is kept.
struct LegacyPeer {
  std::string revision = "2025-11-25";
  json::Value capabilities = json::Value::object();
  std::string client_name;
  std::optional<LogLevel> log_level = LogLevel::info;
  std::vector<std::string> subscribed;  // uris, resources/subscribe
};

struct Situation {
  Instant now;
  Era era = Era::legacy;
  const Caller* caller = nullptr;       // REQUIRES: not null, as peer
  const LegacyPeer* peer = nullptr;
  std::string_view state_key;
};

struct Reply { std::string result_json; };              // complete, as it goes on the wire
struct Refusal { int status = 200; news::Fault fault; };  // status: of the HTTP answer
struct Begin {                                          // start the call (its number is not set yet)
  Call call;
  std::string progress_token;                           // as JSON; empty = no progress is wanted
  CacheHint cache;                                      // of a cacheable modern result
  bool is_cacheable = false;
  bool may_ask = false;                                 // it may end with InputRequired
  std::string state_binding;                            // what a request state of it is bound to
};
struct Listen { json::Value wanted; };                  // subscriptions/listen: params.notifications
struct Decision {
  std::variant<Reply, Refusal, Begin, Listen> what;
  std::optional<LegacyPeer> peer;                       // what is known of the client from here on
};

// REQUIRES: message.shape is request.
Decision decide(const Menu& menu, Message&& message, const Situation& situation);

}  // namespace orthink::mcp
