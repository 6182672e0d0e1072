// Alarms: what is to be done at a time, on one thread for all of them.
//
//   Alarms alarms;
//   Alarms::Id id = alarms.at(now() + Duration::seconds(10), [weak] { if (auto call = weak.lock()) call->beat(); });
//   alarms.cancel(id);
//
// The thread begins with the first alarm. What an alarm does must be short and must not throw; it may set alarms itself.
// Thread rule: any thread; the destructor waits for the alarm that is under way and drops the others.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "orthink/base/instant.h"

namespace orthink::serve {

class Alarms {
 public:
  using Id = std::pair<Instant, uint64_t>;

  Alarms() = default;
  ~Alarms();
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  Id at(Instant when, std::function<void()> ring);
  [[nodiscard]] size_t waiting();  // that have not rung
  void cancel(const Id& id);  // one that has rung, or is ringing, is none of its business

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable sooner_;
  std::map<Id, std::function<void()>> waiting_;
  uint64_t last_ = 0;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace orthink::serve
