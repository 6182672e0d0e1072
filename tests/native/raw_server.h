// A server of a few lines on loopback whose every byte is the test's: one script per connection, in the order they are accepted.
//
//   RawServer server([](Connection& c) { c.read_request(); c.write("HTTP/1.1 200 OK\r\n..."); });
//   server.url();
//
// Everything blocks until the peer has acted or 20 s are over; nothing sleeps.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace orthink::test {

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {
    const timeval limit{20, 0};
    const int one = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Head and body; empty when the peer closed instead.
  std::string read_request() {
    std::string seen;
    size_t wanted = std::string::npos;
    char piece[65'536];
    while (seen.size() < wanted) {
      const ssize_t n = ::recv(fd_, piece, sizeof piece, 0);
      if (n <= 0) return {};
      seen.append(piece, static_cast<size_t>(n));
      const size_t head = seen.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const size_t length = seen.find("Content-Length: ");
      wanted = head + 4 + (length < head ? static_cast<size_t>(std::atoll(seen.c_str() + length + 16)) : 0);
    }
    requests.push_back(seen);
    return seen;
  }
  // False when the peer has gone.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void write_each(std::string_view bytes) {
    for (const char c : bytes) write({&c, 1});
  }
  // Writes until the peer takes no more for a while; returns how much it took of `bytes`.
  size_t write_until_stalled(std::string_view bytes) {
    size_t taken = 0;
    while (taken < bytes.size()) {
      pollfd polled{fd_, POLLOUT, 0};
      constexpr int kStallMs = 400;
      if (::poll(&polled, 1, kStallMs) == 0) break;
      const ssize_t n = ::send(fd_, bytes.data() + taken, bytes.size() - taken, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0)
        taken += static_cast<size_t>(n);
      else if (errno != EAGAIN)
        break;
    }
    return taken;
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(fd_);
    fd_ = -1;
  }
  // True when the peer closed (or reset) within 20 s.
  bool wait_closed() {
    char piece[4096];
    ssize_t n = 0;
    while ((n = ::recv(fd_, piece, sizeof piece, 0)) > 0) {
    }
    return n == 0 || errno == ECONNRESET;
  }

  std::vector<std::string> requests;

 private:
  int fd_;
};

class RawServer {
 public:
  using Script = std::function<void(Connection&)>;

  explicit RawServer(Script script) : script_(std::move(script)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(fd_, 16);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~RawServer() { stop(); }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  // Accepts no more and waits for the running script.
  void stop() {
    ::shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const char* scheme = "http") const {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_) + "/api/v1";
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (;;) {
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      Connection connection(fd);
      script_(connection);
      const std::lock_guard lock(mutex_);
      requests_.insert(requests_.end(), connection.requests.begin(), connection.requests.end());
    }
  }

  Script script_;
  int fd_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace orthink::test
