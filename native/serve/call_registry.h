// CallRegistry: the paid calls of a server by owner and stream id; what has ended is kept for a while.
//
//   Result<std::shared_ptr<RunningCall>> call = registry.open(alarms, caller.id, stream_id, now());
//   std::shared_ptr<RunningCall> same = registry.find(caller.id, stream_id);     // null: none of this owner's
//
// An owner reaches only their own: another's id is as unknown as one that never was.
// An ending is kept for kKeptFor, and of all of them at most kEndingsMax and kEndingBytesMax, the newest.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/serve/running_call.h"
#include "orthink/base/result.h"

namespace orthink::serve {

class CallRegistry {
 public:
  static constexpr Duration kKeptFor = Duration::seconds(3600);
  static constexpr size_t kEndingsMax = 1000;
  static constexpr size_t kEndingBytesMax = size_t{128} << 20;

  explicit CallRegistry(size_t running_max) : running_max_(running_max) {}

  // An id of a call that has ended is free again. Errc::invalid_argument when it names one that runs, rate_limited when too many do.
  Result<std::shared_ptr<RunningCall>> open(Alarms& alarms, const std::string& owner, const std::string& stream_id, Instant now);
  [[nodiscard]] std::shared_ptr<RunningCall> find(const std::string& owner, const std::string& stream_id, Instant now);
  // It has ended: from now on it is only kept.
  void close(const std::shared_ptr<RunningCall>& call, Instant now);

  [[nodiscard]] size_t running() const;
  [[nodiscard]] std::vector<std::shared_ptr<RunningCall>> all_running() const;

 private:
  using Key = std::pair<std::string, std::string>;
  void forget_old(Instant now);

  const size_t running_max_;
  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<RunningCall>> calls_;
  std::deque<std::shared_ptr<RunningCall>> ended_;  // in the order in which they did
  size_t ended_bytes_ = 0;
  size_t running_ = 0;
};

}  // namespace orthink::serve
