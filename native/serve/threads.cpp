#include "native/serve/threads.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace orthink::serve {
namespace {

constexpr std::chrono::seconds kIdle{5};

struct Start {
  Threads* threads;
  std::function<void()> work;
};

}  // namespace

bool Threads::run(std::function<void()> work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_over_) return false;
  if (!sleepers_.empty()) {
    Sleeper* sleeper = sleepers_.back();
    sleepers_.pop_back();
    sleeper->work = std::move(work);
    sleeper->woken.notify_one();
    return true;
  }
  if (count_ >= threads_max_) return false;
  auto start = std::make_unique<Start>(Start{this, std::move(work)});
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  ::pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t thread{};
  const bool is_started = ::pthread_create(&thread, &attributes, &Threads::enter, start.get()) == 0;
  ::pthread_attr_destroy(&attributes);
  if (!is_started) return false;
  static_cast<void>(start.release());
  ++count_;
  return true;
}

void* Threads::enter(void* start) {
  const std::unique_ptr<Start> owned(static_cast<Start*>(start));
  Threads& threads = *owned->threads;
  threads.live(std::move(owned->work));
  return nullptr;
}

void Threads::live(std::function<void()> work) {
  std::optional<std::function<void()>> next = std::move(work);
  while (next) {
    (*next)();
    *next = nullptr;
    next = wait_for_work();
  }
  leave();
}

std::optional<std::function<void()>> Threads::wait_for_work() {
  Sleeper sleeper;
  std::unique_lock<std::mutex> lock(mutex_);
  if (is_over_) return std::nullopt;
  sleepers_.push_back(&sleeper);
  sleeper.woken.wait_for(lock, kIdle, [&] { return sleeper.work || sleeper.is_over; });
  if (sleeper.work) return std::move(sleeper.work);
  std::erase(sleepers_, &sleeper);
  return std::nullopt;
}

void Threads::leave() {
  std::optional<pthread_t> before;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    before = last_left_;
    last_left_ = ::pthread_self();
    --count_;
    if (count_ == 0) all_left_.notify_all();
  }
  if (before) ::pthread_join(*before, nullptr);
}

void Threads::finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  is_over_ = true;
  for (Sleeper* sleeper : sleepers_) {
    sleeper->is_over = true;
    sleeper->woken.notify_one();
  }
  all_left_.wait(lock, [this] { return count_ == 0; });
  if (last_left_) ::pthread_join(*last_left_, nullptr);
  last_left_.reset();
}

void Threads::rouse() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!sleepers_.empty()) sleepers_.back()->woken.notify_one();
}

size_t Threads::count() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return count_;
}

}  // namespace orthink::serve
