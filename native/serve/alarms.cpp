#include "native/serve/alarms.h"

#include <chrono>

#include "native/system.h"
#include "native/wait_piece.h"

namespace orthink::serve {

Alarms::~Alarms() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    sooner_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

Alarms::Id Alarms::at(Instant when, std::function<void()> ring) {
  const std::lock_guard lock(mutex_);
  const Id id{when, ++last_};
  const auto placed = waiting_.emplace(id, std::move(ring)).first;
  if (!thread_.joinable() && !is_ending_)
    thread_ = std::thread([this] { run(); });
  else if (placed == waiting_.begin())
    sooner_.notify_one();
  return id;
}

void Alarms::cancel(const Id& id) {
  std::map<Id, std::function<void()>>::node_type dropped;  // what it holds dies outside the lock
  const std::lock_guard lock(mutex_);
  dropped = waiting_.extract(id);
}

size_t Alarms::waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void Alarms::run() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    if (waiting_.empty()) {
      sooner_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    if (first->first.first > now()) {
      sooner_.wait_for(lock, wait_piece(first->first.first));
      continue;
    }
    std::function<void()> ring = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    ring();
    ring = nullptr;
    lock.lock();
  }
}

}  // namespace orthink::serve
