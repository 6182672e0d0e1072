// Processes of a rig: forked before they open anything, started together, waited for and killed by their id.
//
//   rig::Gate gate;
//   rig::Process child([&] { gate.wait(); work(); });
//   gate.open();
//   child.kill();                       // SIGKILL; or child.join()
//
// Thread rule: one thread, which is the only one of its process at a fork.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <new>
#include <string>

#include "tests/rigs/rig.h"

namespace orthink::rig {

void* share(size_t size);  // zeroed; unshare() gives it back
void unshare(void* memory, size_t size);

// What the processes share: a plain struct of lock-free atomics, made before the fork.
template <class Facts>
class Shared {
 public:
  Shared() : facts_(new (share(sizeof(Facts))) Facts()) {}
  ~Shared() { unshare(facts_, sizeof(Facts)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Facts* operator->() const { return facts_; }
  Facts& operator*() const { return *facts_; }

 private:
  Facts* facts_;
};

// Closed until the parent opens it.
class Gate {
 public:
  Gate();
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  void wait();
  void open();

 private:
  int read_ = -1, write_ = -1;
};

class Process {
 public:
  // The child runs `work` and ends without destructors; it dies with its parent.
  explicit Process(const std::function<void()>& work);
  ~Process() { kill(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  void kill();
  // True: it ended of its own accord with 0.
  bool join();
  [[nodiscard]] bool is_over();
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  void reap(int options);
  pid_t id_ = -1;
  int status_ = 0;
};

// A redis-server on a socket in a folder of its own, with every write synced. Gives up when there is none.
class RedisServer {
 public:
  RedisServer();
  [[nodiscard]] std::string url() const { return "redis+unix:" + folder_.file("socket"); }

 private:
  Folder folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace orthink::rig
