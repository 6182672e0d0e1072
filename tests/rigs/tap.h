// Tap: a wire between a client and a server on loopback that notes when the client closes.
//
//   rig::Tap tap(simulator.port());
//   connect to tap.port() ...
//   tap.last_closed();          // of the newest connection over which a completion was asked for
//
// Thread rule: any thread; a thread of its own carries the bytes.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "native/system.h"
#include "orthink/base/instant.h"

namespace orthink::rig {

class Tap {
 public:
  explicit Tap(uint16_t server_port);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }
  // Completions that were asked for, so far.
  [[nodiscard]] uint64_t completions() const;
  // When the client closed the connection of the newest completion; nothing while it is open.
  [[nodiscard]] std::optional<Instant> last_closed() const;

 private:
  struct Wire {
    int client = -1;
    int server = -1;
    uint64_t completion = 0;  // the newest asked for over it
  };
  void run();
  void accept_one();
  bool carry(Wire& wire, int from, int to);  // false: that side has closed
  void close(Wire& wire);

  const uint16_t server_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  Wakeup stop_;
  std::list<Wire> wires_;  // of the thread
  mutable std::mutex mutex_;
  uint64_t completions_ = 0;
  std::optional<Instant> last_closed_;
  std::thread thread_;
};

}  // namespace orthink::rig
