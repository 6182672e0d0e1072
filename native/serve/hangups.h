// Hangups: notices that the peer of a socket has closed its end, while nobody reads from that socket.
//
//   const uint64_t watched = hangups.watch(fd, [&] { mailbox.wake(); });
//   ...
//   hangups.forget(watched);    // before the descriptor is closed; afterwards the function is not called any more
//
// One thread and one epoll for all sockets. A half-close counts as gone: whoever closes does not want the answer (Streamable HTTP,
// 2026-07-28). Each watch fires at most once.
// Thread rule: watch and forget from any thread, but forget not from within the function, which runs on the thread of the Hangups.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace orthink::serve {

class Hangups {
 public:
  Hangups();
  ~Hangups();
  Hangups(const Hangups&) = delete;
  Hangups& operator=(const Hangups&) = delete;

  // Fires at once where the peer has gone already. 0 where the kernel refused to watch.
  uint64_t watch(int fd, std::function<void()> on_gone);
  void forget(uint64_t watched);

 private:
  void run();
  struct Watch {
    int fd;
    std::function<void()> on_gone;
  };
  int epoll_ = -1;
  int wake_ = -1;
  std::mutex mutex_;
  uint64_t next_ = 1;  // descriptors are used again at once; these numbers are not
  std::unordered_map<uint64_t, Watch> watches_;
  std::thread thread_;
};

}  // namespace orthink::serve
