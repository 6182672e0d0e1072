#include "native/serve/hangups.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace orthink::serve {
namespace {
constexpr uint64_t kStop = 0;
}

Hangups::Hangups() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kStop;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  thread_ = std::thread([this] { run(); });
}

Hangups::~Hangups() {
  const uint64_t one = 1;
  while (::write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  ::close(epoll_);
  ::close(wake_);
}

uint64_t Hangups::watch(int fd, std::function<void()> on_gone) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t number = next_++;
  epoll_event event{};
  event.events = EPOLLRDHUP | EPOLLONESHOT;
  event.data.u64 = number;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return 0;
  watches_.emplace(number, Watch{fd, std::move(on_gone)});
  return number;
}

void Hangups::forget(uint64_t watched) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = watches_.find(watched);
  if (at == watches_.end()) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, at->second.fd, nullptr);
  watches_.erase(at);
}

void Hangups::run() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const uint64_t number = events[static_cast<size_t>(i)].data.u64;
      if (number == kStop) return;
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto at = watches_.find(number);
      if (at != watches_.end()) at->second.on_gone();
    }
  }
}

}  // namespace orthink::serve
