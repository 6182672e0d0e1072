// Wire: one accepted connection, down to single bytes, with waits that end when the client leaves or the simulator stops.
//
// Thread rule: one thread at a time. Owns the descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "orthink/base/instant.h"

namespace orthink::sim {

class Wire {
 public:
  // `stop_fd` becomes readable, and stays so, when the simulator stops. It outlives the Wire.
  Wire(int fd, int stop_fd);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  enum class Event : uint8_t { timeout, client_left, stopping };
  // Waits this long (absent: for ever) for the client to close its end, or the simulator to stop.
  Event wait(std::optional<Duration> time);
  // Bytes to read have come; false: time is up, the simulator stops, or there will be none.
  bool wait_readable(Duration time);
  [[nodiscard]] bool has_client() const;

  // At least one byte, at most `size`; 0: the client closed its end, -1: error, time-out or stop.
  long read(char* into, size_t size);
  // All of it; false when the client is gone or the simulator stops.
  bool write(std::string_view bytes);
  // Each byte in a packet of its own from now on.
  void send_single_bytes() { sends_single_bytes_ = true; }

  void reset();   // RST to the client
  void close();

  [[nodiscard]] int fd() const { return fd_; }

 private:
  bool write_some(std::string_view bytes);
  int fd_;
  int stop_fd_;
  bool sends_single_bytes_ = false;
};

}  // namespace orthink::sim
