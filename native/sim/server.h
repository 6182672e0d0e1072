// The simulator's HTTP: cpp-httplib for what is well-formed, behind our own accepted connections, so that one port can also answer with
// what is not. Listens on 127.0.0.1 alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "native/sim/room.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink::sim {

struct ServerOptions {
  uint16_t port = 0;
  Duration pace;              // between the parts of a body
  bool is_pace_capped = false;  // shorten it where a whole answer would take long
};

// Thread rule: start, stop and destroy on one thread.
class Server {
 public:
  // `room` outlives the Server. Errc::invalid_argument: the port cannot be had.
  static Result<std::unique_ptr<Server>> start(Room& room, const ServerOptions& options);
  virtual ~Server() = default;
  [[nodiscard]] virtual uint16_t port() const = 0;
  virtual void stop() = 0;
};

}  // namespace orthink::sim
