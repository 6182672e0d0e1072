// A client of a few lines on loopback whose every byte is the test's, for servers that must be wrong for nobody.
//
//   RawClient client(server.port());
//   client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
//   RawAnswer answer = client.read_answer();
//
// Everything blocks until the peer has acted or 20 s are over; nothing sleeps.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace orthink::test {

struct RawAnswer {
  int status = 0;  // 0: the peer closed, or nothing came
  std::string head;
  std::string body;      // chunks joined
  bool is_whole = false;  // its length, or its last chunk, was reached
};

class RawClient {
 public:
  enum class Loopback : uint8_t { v4, v6 };  // 127.0.0.1, ::1

  explicit RawClient(uint16_t port, bool has_nodelay = true, int receive_buffer = 0, Loopback loopback = Loopback::v4)
      : fd_(::socket(loopback == Loopback::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int nodelay = has_nodelay ? 1 : 0;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof nodelay);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    is_open_ = loopback == Loopback::v4 ? connect_v4(port) : connect_v6(port);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool is_open() const { return is_open_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  // Reads until `in_` holds `wanted`; false when the peer closes first.
  bool read_until(std::string_view wanted) {
    while (in_.find(wanted) == std::string::npos) {
      if (!read_more()) return false;
    }
    return true;
  }
  // Any bytes, what was unread first; empty: the peer closed.
  std::string read_any() {
    if (in_.empty()) read_more();
    return std::exchange(in_, {});
  }
  RawAnswer read_answer(bool has_body = true) {
    RawAnswer answer;
    if (!read_until("\r\n\r\n")) return answer;
    const size_t end = in_.find("\r\n\r\n") + 4;
    answer.head = in_.substr(0, end);
    in_.erase(0, end);
    answer.status = answer.head.size() > 12 ? std::atoi(answer.head.c_str() + 9) : 0;
    if (answer.status == 100) return read_answer(has_body);
    const std::string length = header(answer.head, "Content-Length");
    if (!has_body) {
      answer.is_whole = true;
    } else if (header(answer.head, "Transfer-Encoding") == "chunked") {
      read_chunks(answer);
    } else if (!length.empty()) {
      read_length(answer, static_cast<size_t>(std::atoll(length.c_str())));
    } else {
      while (read_more()) {
      }
      answer.body = std::exchange(in_, {});
      answer.is_whole = true;
    }
    return answer;
  }
  // True when the peer closed, with nothing unread before, within 20 s.
  bool wait_closed() {
    const bool is_closed = !read_more() && errno != EAGAIN;
    return is_closed && in_.empty();
  }
  static std::string header(const std::string& head, const std::string& name) {
    for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
      const size_t colon = head.find(": ", at);
      if (colon == std::string::npos) break;
      const std::string found = head.substr(at + 2, colon - at - 2);
      if (::strcasecmp(found.c_str(), name.c_str()) == 0) return head.substr(colon + 2, head.find("\r\n", colon) - colon - 2);
    }
    return {};
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  bool connect_v4(uint16_t port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connect_v6(uint16_t port) const {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    return ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool read_more() {
    char piece[65'536];
    errno = 0;
    const ssize_t n = ::recv(fd_, piece, sizeof piece, 0);
    if (n <= 0) return false;
    in_.append(piece, static_cast<size_t>(n));
    return true;
  }
  void read_length(RawAnswer& answer, size_t length) {
    while (in_.size() < length && read_more()) {
    }
    answer.is_whole = in_.size() >= length;
    answer.body = in_.substr(0, length);
    in_.erase(0, length);
  }
  void read_chunks(RawAnswer& answer) {
    while (read_until("\r\n")) {
      const size_t end = in_.find("\r\n");
      const size_t size = std::strtoul(in_.c_str(), nullptr, 16);
      while (in_.size() < end + 2 + size + 2) {
        if (!read_more()) return;
      }
      answer.body += in_.substr(end + 2, size);
      in_.erase(0, end + 2 + size + 2);
      if (size == 0) {
        answer.is_whole = true;
        return;
      }
    }
  }

  int fd_;
  bool is_open_ = false;
  std::string in_;
};

}  // namespace orthink::test
