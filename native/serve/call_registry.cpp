#include "native/serve/call_registry.h"

namespace orthink::serve {

Result<std::shared_ptr<RunningCall>> CallRegistry::open(Alarms& alarms, const std::string& owner, const std::string& stream_id, Instant now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  if (running_ >= running_max_) {
    Error error = make_error(Errc::rate_limited, std::to_string(running_) + " calls are running, the most this server takes at once",
                             "Ask again when some have ended.");
    error.retry_after = Duration::seconds(5);
    return error;
  }
  std::shared_ptr<RunningCall>& place = calls_[{owner, stream_id}];
  if (place && !place->is_over()) {
    return make_error(Errc::invalid_argument, "stream_id \"" + stream_id + "\" names a call that is running",
                      "Give another stream_id, or fetch that call with get_result.");
  }
  place = std::make_shared<RunningCall>(alarms, owner, stream_id, now);
  ++running_;
  return place;
}

std::shared_ptr<RunningCall> CallRegistry::find(const std::string& owner, const std::string& stream_id, Instant now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  const auto found = calls_.find({owner, stream_id});
  return found == calls_.end() ? nullptr : found->second;
}

void CallRegistry::close(const std::shared_ptr<RunningCall>& call, Instant now) {
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.push_back(call);
  ended_bytes_ += call->kept_bytes();
  forget_old(now);
}

void CallRegistry::forget_old(Instant now) {
  const auto is_too_much = [&] { return ended_.size() > kEndingsMax || (ended_bytes_ > kEndingBytesMax && ended_.size() > 1); };
  while (!ended_.empty() && (is_too_much() || ended_.front()->over_since() + kKeptFor < now)) {
    const std::shared_ptr<RunningCall> oldest = std::move(ended_.front());
    ended_.pop_front();
    ended_bytes_ -= oldest->kept_bytes();
    const auto found = calls_.find({oldest->owner(), oldest->stream_id()});
    if (found != calls_.end() && found->second == oldest) calls_.erase(found);
  }
}

size_t CallRegistry::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::vector<std::shared_ptr<RunningCall>> CallRegistry::all_running() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RunningCall>> all;
  for (const auto& [key, call] : calls_)
    if (!call->is_over()) all.push_back(call);
  return all;
}

}  // namespace orthink::serve
