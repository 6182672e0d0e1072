// web: a server of the fixture's tools in a process of its own, and many clients of it in one thread.
//
//   rig::FixtureServer server({.connections_max = 10'100});
//   rig::Swarm swarm(server.port());
//   swarm.add(10'000, rig::count_call(15, 1'000));
//   swarm.run(until, [&](rig::Swarm::Client& client, std::string_view bytes) { ... });
//
// Thread rule: one thread; a FixtureServer is made before the process has another.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "tests/rigs/processes.h"

namespace orthink::rig {

struct FixtureServerOptions {
  uint64_t connections_max = 1'024;
  bool is_guarded = true;
  uint16_t port = 0;
};

// At /mcp the tools of tests/native/serve/fixture_service.h.
class FixtureServer {
 public:
  explicit FixtureServer(const FixtureServerOptions& options);
  [[nodiscard]] uint16_t port() const;
  [[nodiscard]] uint64_t cancelled() const;  // calls, so far
  [[nodiscard]] uint64_t started() const;
  [[nodiscard]] int64_t resident_kb() const;
  [[nodiscard]] int64_t cpu_us() const;
  [[nodiscard]] bool is_over() { return process_->is_over(); }

 private:
  struct Facts {
    std::atomic<uint32_t> port{0};
    std::atomic<uint64_t> started{0}, cancelled{0};
    std::atomic<int32_t> process{0};
  };
  Shared<Facts> facts_;
  std::unique_ptr<Process> process_;
};

// Whole requests to /mcp. A modern call with a progress token is answered as a stream.
std::string count_call(uint64_t events, uint64_t every_ms);
std::string large_call(uint64_t bytes);
std::string ping();

// Connections that say one thing each and are read until they end.
class Swarm {
 public:
  struct Client {
    int fd = -1;
    uint64_t number = 0;
    Instant opened;
    Instant last;         // bytes
    Instant event_at;     // of whoever counts
    uint64_t events = 0;  // of whoever counts
    bool is_slow = false;  // not read
    bool is_over = false;
    std::string unseen;   // of whoever reads
  };
  explicit Swarm(uint16_t port);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Opens one connection and sends `request`; null when the server takes no more. A slow one is opened with a small buffer and never read.
  Client* add(std::string_view request, bool is_slow = false);
  // Handles what has come until `until` or until none is open: `on_bytes` for bytes, with none for an end.
  void run(Instant until, const std::function<void(Client&, std::string_view)>& on_bytes);
  bool send(Client& client, std::string_view bytes);
  void drop(Client& client);
  [[nodiscard]] size_t open() const { return open_; }
  [[nodiscard]] std::vector<std::unique_ptr<Client>>& clients() { return clients_; }

 private:
  uint16_t port_;
  int epoll_;
  size_t open_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
};

// Pings from a thread of its own, on a new connection and on a kept one in turn, until it is stopped.
class Pinger {
 public:
  explicit Pinger(uint16_t port);
  ~Pinger();
  struct Times {
    std::vector<int64_t> fresh_us, kept_us;
    uint64_t lost = 0;
  };
  Times stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// REQUIRES: values is not empty.
int64_t percentile(std::vector<int64_t> values, size_t percent);
std::string milliseconds(int64_t us);  // "1.234"

}  // namespace orthink::rig
