// CallRegistry: the paid calls of a server by owner and stream id; what has ended is kept for a while.
//
//   Result<std::shared_ptr<RunningCall>> call = registry.open(alarms, caller.id, stream_id, now());
//   std::shared_ptr<RunningCall> same = registry.find(caller.id, stream_id, now());     // null: none of this owner's
//
// An owner reaches only their own: another's id is as unknown as one that never was.
// While more than one owner is there (has a call that runs or is kept, or has asked within kIsThereFor), none runs more than half of
// what may run at once.
// An ending is kept for kKeptFor, at most kEndingsMax of one owner and kEndingBytesMax of all. Where that is too much, it is the owner
// with too many, or else the one with the most bytes, who loses one: the oldest that somebody was told or that bought nothing, and only
// when there is none such the oldest. What was refused and told is not kept at all.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "native/serve/running_call.h"
#include "orthink/base/result.h"

namespace orthink::serve {

class CallRegistry {
 public:
  static constexpr Duration kKeptFor = Duration::seconds(3600);
  static constexpr Duration kIsThereFor = Duration::seconds(60);
  static constexpr size_t kEndingsMax = 10'000;
  static constexpr size_t kEndingBytesMax = size_t{128} << 20;

  explicit CallRegistry(size_t running_max) : running_max_(running_max) {}

  // An id of a call that has ended is free again. Errc::invalid_argument when it names one that runs, rate_limited when too many do,
  // cancelled after shut().
  Result<std::shared_ptr<RunningCall>> open(Alarms& alarms, const std::string& owner, const std::string& stream_id, Instant now);
  // By its stream id, else by the call id of its receipt.
  [[nodiscard]] std::shared_ptr<RunningCall> find(const std::string& owner, const std::string& stream_id, Instant now);
  // It has ended: from now on it is only kept.
  void close(const std::shared_ptr<RunningCall>& call, Instant now);

  // From now on none is opened: what is not in all_running() never will be.
  void shut();
  [[nodiscard]] bool is_shut() const;
  [[nodiscard]] size_t running() const;
  [[nodiscard]] std::vector<std::shared_ptr<RunningCall>> all_running() const;

 private:
  struct Owner {
    std::map<std::string, std::shared_ptr<RunningCall>> calls{};  // by stream id
    std::deque<std::shared_ptr<RunningCall>> ended{};             // of these, in the order in which they did
    size_t ended_bytes = 0;
    size_t running = 0;
    Instant asked{};
  };
  // REQUIRES of all: the mutex is held.
  void forget(Owner& owner, std::deque<std::shared_ptr<RunningCall>>::iterator ending);
  void forget_one(Owner& owner);
  void forget_too_many(Owner& newest);
  void sweep(Instant now);

  const size_t running_max_;
  mutable std::mutex mutex_;
  std::map<std::string, Owner> owners_;
  size_t ended_bytes_ = 0;
  size_t running_ = 0;
  Instant next_sweep_;
  bool is_shut_ = false;
};

}  // namespace orthink::serve
