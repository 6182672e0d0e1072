#include "native/serve/call_registry.h"

#include <algorithm>

namespace orthink::serve {
namespace {

constexpr Duration kSweepEvery = Duration::seconds(10);
constexpr size_t kOwnBytes = 1'024;  // about what a kept call takes beside its texts

size_t bytes_of(const RunningCall& call) { return call.kept_bytes() + kOwnBytes; }

Error too_many(size_t running, std::string_view whose) {
  Error error = make_error(Errc::rate_limited, std::to_string(running) + " calls are running, the most " + std::string(whose),
                           "Ask again when some have ended.");
  error.retry_after = Duration::seconds(5);
  return error;
}

}  // namespace

Result<std::shared_ptr<RunningCall>> CallRegistry::open(Alarms& alarms, const std::string& owner, const std::string& stream_id, Instant now) {
  const std::lock_guard lock(mutex_);
  sweep(now);
  if (is_shut_) return make_error(Errc::cancelled, "the server is stopping and takes no more calls", "Ask again when it runs again.");
  Owner& own = owners_[owner];
  own.asked = now;
  if (running_ >= running_max_) return too_many(running_, "this server takes at once");
  if (owners_.size() > 1 && own.running >= std::max<size_t>(1, running_max_ / 2))
    return too_many(own.running, "that one caller may have at once while others are there");
  const auto same = own.calls.find(stream_id);
  if (same != own.calls.end()) {
    if (!same->second->is_over()) {
      return make_error(Errc::invalid_argument, "stream_id \"" + stream_id + "\" names a call that is running",
                        "Give another stream_id, or fetch that call with get_result.");
    }
    const auto ending = std::find(own.ended.begin(), own.ended.end(), same->second);
    if (ending != own.ended.end())
      forget(own, ending);
    else
      own.calls.erase(same);  // it has just ended: close() finds it replaced
  }
  auto call = std::make_shared<RunningCall>(alarms, owner, stream_id, now);
  own.calls.emplace(stream_id, call);
  ++own.running;
  ++running_;
  return call;
}

std::shared_ptr<RunningCall> CallRegistry::find(const std::string& owner, const std::string& stream_id, Instant now) {
  const std::lock_guard lock(mutex_);
  sweep(now);
  const auto own = owners_.find(owner);
  if (own == owners_.end()) return nullptr;
  const auto& calls = own->second.calls;
  auto found = calls.find(stream_id);
  if (found == calls.end()) found = std::find_if(calls.begin(), calls.end(), [&](const auto& each) { return each.second->call_id() == stream_id; });
  if (found == calls.end()) return nullptr;
  const bool is_too_old = found->second->is_over() && found->second->over_since() + kKeptFor < now;
  return is_too_old ? nullptr : found->second;
}

void CallRegistry::close(const std::shared_ptr<RunningCall>& call, Instant now) {
  const std::lock_guard lock(mutex_);
  Owner& own = owners_[call->owner()];
  --own.running;
  --running_;
  const auto known = own.calls.find(call->stream_id());
  if (known == own.calls.end() || known->second != call) return;
  if (call->is_refused() && call->is_told()) {
    own.calls.erase(known);
    return;
  }
  const size_t bytes = bytes_of(*call);
  own.ended.push_back(call);
  own.ended_bytes += bytes;
  ended_bytes_ += bytes;
  forget_too_many(own);
  sweep(now);
}

void CallRegistry::forget(Owner& owner, std::deque<std::shared_ptr<RunningCall>>::iterator ending) {
  const size_t bytes = bytes_of(**ending);
  owner.ended_bytes -= bytes;
  ended_bytes_ -= bytes;
  owner.calls.erase((*ending)->stream_id());
  owner.ended.erase(ending);
}

void CallRegistry::forget_one(Owner& owner) {
  const auto spare = std::find_if(owner.ended.begin(), owner.ended.end(), [](const auto& call) { return call->is_spare(); });
  forget(owner, spare != owner.ended.end() ? spare : owner.ended.begin());
}

void CallRegistry::forget_too_many(Owner& newest) {
  if (newest.ended.size() > kEndingsMax) forget_one(newest);
  while (ended_bytes_ > kEndingBytesMax) {
    const auto has_less = [](const auto& a, const auto& b) { return a.second.ended_bytes < b.second.ended_bytes; };
    Owner& largest = std::max_element(owners_.begin(), owners_.end(), has_less)->second;
    if (largest.ended.size() < 2) return;
    forget_one(largest);
  }
}

void CallRegistry::sweep(Instant now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepEvery;
  for (auto own = owners_.begin(); own != owners_.end();) {
    Owner& owner = own->second;
    while (!owner.ended.empty() && owner.ended.front()->over_since() + kKeptFor < now) forget(owner, owner.ended.begin());
    const bool is_gone = owner.calls.empty() && owner.asked + kIsThereFor < now;
    own = is_gone ? owners_.erase(own) : std::next(own);
  }
}

void CallRegistry::shut() {
  const std::lock_guard lock(mutex_);
  is_shut_ = true;
}

bool CallRegistry::is_shut() const {
  const std::lock_guard lock(mutex_);
  return is_shut_;
}

size_t CallRegistry::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::vector<std::shared_ptr<RunningCall>> CallRegistry::all_running() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RunningCall>> all;
  for (const auto& [name, owner] : owners_)
    for (const auto& [id, call] : owner.calls)
      if (!call->is_over()) all.push_back(call);
  return all;
}

}  // namespace orthink::serve
