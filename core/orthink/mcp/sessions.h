// Sessions: what a host that keeps legacy HTTP sessions remembers of each (specification 2025-11-25, "Session management"). Off by default:
// they are needed only for requests from the server to the client.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orthink/mcp/dispatcher.h"

namespace orthink::mcp {

struct Session {
  std::string principal;  // who opened it; nobody else may use it
  LegacyPeer peer;
};

// Implemented by the host, which has entropy and locks. Any thread.
class Sessions {
 public:
  virtual ~Sessions() = default;
  virtual std::string open(Session session) = 0;  // the new id: visible ASCII, 128 bits of entropy or more
  virtual std::optional<Session> find(std::string_view id) = 0;
  virtual void change(std::string_view id, const LegacyPeer& peer) = 0;
  virtual void close(std::string_view id) = 0;
};

}  // namespace orthink::mcp
