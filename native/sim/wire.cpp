#include "native/sim/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace orthink::sim {
namespace {

constexpr Duration kReadTime = Duration::seconds(30);

int poll_for(std::array<pollfd, 2>& fds, std::optional<Duration> time) {
  timespec spec{};
  if (time) {
    spec.tv_sec = static_cast<time_t>(time->us / 1'000'000);
    spec.tv_nsec = static_cast<long>(time->us % 1'000'000 * 1'000);
  }
  int ready = 0;
  do ready = ::ppoll(fds.data(), fds.size(), time ? &spec : nullptr, nullptr);
  while (ready < 0 && errno == EINTR);
  return ready;
}

}  // namespace

Wire::Wire(int fd, int stop_fd) : fd_(fd), stop_fd_(stop_fd) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Wire::~Wire() { close(); }

Wire::Event Wire::wait(std::optional<Duration> time) {
  std::array<pollfd, 2> fds = {{{fd_, POLLRDHUP, 0}, {stop_fd_, POLLIN, 0}}};
  if (poll_for(fds, time) <= 0) return Event::timeout;
  return fds[1].revents != 0 ? Event::stopping : Event::client_left;
}

bool Wire::wait_readable(Duration time) {
  std::array<pollfd, 2> fds = {{{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
  return poll_for(fds, time) > 0 && fds[1].revents == 0 && (fds[0].revents & POLLIN) != 0;
}

bool Wire::has_client() const {
  pollfd fd{fd_, POLLRDHUP, 0};
  return fd_ >= 0 && ::poll(&fd, 1, 0) == 0;
}

long Wire::read(char* into, size_t size) {
  for (;;) {
    const ssize_t n = ::recv(fd_, into, size, MSG_DONTWAIT);
    if (n >= 0) return n;
    if (errno == EINTR) continue;
    if ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_readable(kReadTime)) return -1;
  }
}

bool Wire::write(std::string_view bytes) {
  if (!sends_single_bytes_) return write_some(bytes);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!write_some(bytes.substr(i, 1))) return false;
  }
  return true;
}

bool Wire::write_some(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return false;
    std::array<pollfd, 2> fds = {{{fd_, POLLOUT, 0}, {stop_fd_, POLLIN, 0}}};
    if (poll_for(fds, std::nullopt) <= 0 || fds[1].revents != 0) return false;
  }
  return true;
}

void Wire::reset() {
  if (fd_ < 0) return;
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd_);
  fd_ = -1;
}

void Wire::close() {
  if (fd_ < 0) return;
  ::shutdown(fd_, SHUT_WR);
  ::close(fd_);
  fd_ = -1;
}

}  // namespace orthink::sim
