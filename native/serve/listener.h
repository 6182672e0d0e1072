// Listener: a listening socket, and the caps that keep the process alive when more is asked than it can hold.
//
// Thread rule: accept on one thread; stop from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "orthink/base/result.h"

namespace orthink::serve {

class Listener {
 public:
  // `address`: numeric, or "localhost". Errc::invalid_argument when it is none or cannot be had.
  static Result<std::unique_ptr<Listener>> open(const std::string& address, uint16_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  struct Accepted {
    int fd = -1;          // -1: stopped
    std::string address;  // numeric
  };
  // Blocks. Where the process has no descriptor left it waits until one may be free.
  Accepted accept();
  void stop();

  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  Listener(int fd, uint16_t port) : fd_(fd), port_(port) {}
  int fd_;
  uint16_t port_;
  std::atomic<bool> is_stopped_{false};
};

// Raises the soft limit of descriptors as far as it can be, and returns how many of `wanted` fit when `kept` are left for others.
size_t descriptors_for(size_t wanted, size_t kept);

// Kernels with a futex hash of each process give it few buckets, and thousands of sleepers make each waking dear. Asks for enough; where
// the kernel does not know the request, nothing changes.
void prepare_for_sleepers(size_t sleepers);

}  // namespace orthink::serve
