#include "tests/rigs/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "tests/rigs/rig.h"

namespace orthink::rig {
namespace {

constexpr std::string_view kCompletion = "POST /api/v1/chat/completions ";

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int socket_without_delay() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

}  // namespace

Tap::Tap(uint16_t server_port) : server_port_(server_port), listener_(socket_without_delay()) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool is_up = ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(listener_, 1'024) == 0 &&
                     ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!is_up) give_up("no port for a tap");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Tap::~Tap() {
  stop_.notify();
  thread_.join();
  for (Wire& wire : wires_) close(wire);
  ::close(listener_);
}

uint64_t Tap::completions() const {
  const std::lock_guard lock(mutex_);
  return completions_;
}

std::optional<Instant> Tap::last_closed() const {
  const std::lock_guard lock(mutex_);
  return last_closed_;
}

void Tap::accept_one() {
  Wire wire;
  wire.client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (wire.client < 0) return;
  const int one = 1;
  ::setsockopt(wire.client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  wire.server = socket_without_delay();
  const sockaddr_in address = loopback(server_port_);
  if (::connect(wire.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return close(wire);
  wires_.push_back(wire);
}

void Tap::close(Wire& wire) {
  for (int* fd : {&wire.client, &wire.server}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

bool Tap::carry(Wire& wire, int from, int to) {
  char bytes[16'384];
  const ssize_t n = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
  if (n <= 0) {
    const std::lock_guard lock(mutex_);
    if (from == wire.client && wire.completion != 0 && wire.completion == completions_) last_closed_ = now();
    return false;
  }
  if (from == wire.client && std::string_view(bytes, static_cast<size_t>(n)).starts_with(kCompletion)) {
    const std::lock_guard lock(mutex_);
    wire.completion = ++completions_;
    last_closed_.reset();
  }
  for (ssize_t sent = 0; sent < n;) {
    const ssize_t m = ::send(to, bytes + sent, static_cast<size_t>(n - sent), MSG_NOSIGNAL);
    if (m <= 0) return false;
    sent += m;
  }
  return true;
}

void Tap::run() {
  for (;;) {
    std::vector<pollfd> polled{{stop_.fd(), POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Wire& wire : wires_) {
      polled.push_back({wire.client, POLLIN, 0});
      polled.push_back({wire.server, POLLIN, 0});
    }
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[0].revents != 0) return;
    size_t at = 2;
    for (auto wire = wires_.begin(); wire != wires_.end(); at += 2) {
      const bool is_open = (polled[at].revents == 0 || carry(*wire, wire->client, wire->server)) &&
                           (polled[at + 1].revents == 0 || carry(*wire, wire->server, wire->client));
      if (!is_open) close(*wire);
      wire = is_open ? std::next(wire) : wires_.erase(wire);
    }
    if (polled[1].revents != 0) accept_one();
  }
}

}  // namespace orthink::rig
