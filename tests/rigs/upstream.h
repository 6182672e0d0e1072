// The simulator in a process of its own, so that the rig's process has one thread when it forks.
//
//   rig::Upstream upstream(7);
//   upstream.url();
//   sim::Bill bill = upstream.bill();
//
// Thread rule: one thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "native/sim/bill.h"
#include "tests/rigs/processes.h"

namespace orthink::rig {

class Upstream {
 public:
  explicit Upstream(uint64_t seed);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  [[nodiscard]] const std::string& url() const { return url_; }
  // All lines so far, in their order and none of them running: what was added since the last time is fetched. Of a line: id, session,
  // cost and state.
  const sim::Bill& bill();

 private:
  std::string line();
  std::unique_ptr<Process> process_;
  int fd_ = -1;
  std::FILE* answers_ = nullptr;
  std::string url_;
  sim::Bill bill_;
};

}  // namespace orthink::rig
