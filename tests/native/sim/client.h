// A client of a few lines over a raw socket: no library between the test and the bytes.
//
//   client::Response r = client::post(port, body, {{"X-Sim-Fault", "503"}});
//
// Everything blocks until the simulator has spoken or 20 s are over; nothing sleeps.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orthink/wire/json.h"

namespace client {

using Headers = std::vector<std::pair<std::string, std::string>>;

class Socket {
 public:
  explicit Socket(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    error_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int error() const { return error_; }   // errno of the connect, or of the read that failed; 0: none
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  // Appends what came; false at the end or on an error.
  bool read(std::string& into) {
    char buffer[65'536];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n < 0) error_ = errno;
    if (n <= 0) return false;
    ++reads;
    into.append(buffer, static_cast<size_t>(n));
    return true;
  }
  // Reads until `into` holds `mark`.
  bool read_until(std::string& into, std::string_view mark) {
    while (into.find(mark) == std::string::npos) {
      if (!read(into)) return false;
    }
    return true;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  uint64_t reads = 0;

 private:
  int fd_;
  int error_ = 0;
};

struct Response {
  int status = 0;
  std::string head;
  std::string body;          // without chunk framing
  bool is_whole = false;     // the framing says that all of it came
  int error = 0;             // errno where the connection broke
  uint64_t reads = 0;

  // The header's value; empty when absent.
  std::string header(std::string_view name) const {
    const size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + 4 + name.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  orthink::json::Value document() const {
    const orthink::Result<orthink::json::Value> parsed = orthink::json::parse(std::string_view(body).substr(std::min(body.find('{'), body.size())));
    return parsed ? *parsed : orthink::json::Value();
  }
  std::string error_message() const {
    const orthink::json::Value parsed = document();
    const orthink::json::Value* error_object = parsed.find("error");
    return error_object ? error_object->find("message")->text() : std::string();
  }
};

inline std::string request_text(std::string_view method, std::string_view path, std::string_view body, const Headers& headers) {
  std::string text = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (method == "POST") text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

// Takes the chunk framing off; true when the last chunk was there.
inline bool unchunk(std::string_view framed, std::string& out) {
  for (;;) {
    const size_t line = framed.find("\r\n");
    if (line == std::string_view::npos) return false;
    const std::string size_text(framed.substr(0, line));
    const unsigned long size = std::strtoul(size_text.c_str(), nullptr, 16);
    if (size_text.empty() || size_text.front() == '-' || size > framed.size()) return false;
    if (size == 0) return true;
    out += framed.substr(line + 2, size);
    if (framed.size() < line + 2 + size + 2) return false;
    framed.remove_prefix(line + 2 + size + 2);
  }
}

inline Response read_response(Socket& socket) {
  Response response;
  std::string bytes;
  socket.read_until(bytes, "\r\n\r\n");
  const size_t end = std::min(bytes.find("\r\n\r\n"), bytes.size());
  response.head = bytes.substr(0, end + 2);
  if (response.head.size() > 12) response.status = std::atoi(response.head.c_str() + 9);
  std::string rest = bytes.substr(std::min(end + 4, bytes.size()));
  const std::string length = response.header("Content-Length");
  if (response.header("Transfer-Encoding") == "chunked") {
    while (rest.find("\r\n0\r\n\r\n") == std::string::npos && rest != "0\r\n\r\n" && socket.read(rest)) {
    }
    response.is_whole = unchunk(rest, response.body);
  } else {
    const size_t size = length.empty() ? 0 : std::strtoul(length.c_str(), nullptr, 10);
    while (rest.size() < size && socket.read(rest)) {
    }
    response.is_whole = !response.head.empty() && rest.size() >= size;
    response.body = rest;
  }
  response.error = socket.error();
  response.reads = socket.reads;
  return response;
}

inline const Headers kKey = {{"Authorization", "Bearer test-key"}};

inline Response send(uint16_t port, std::string_view method, std::string_view path, std::string_view body, const Headers& headers) {
  Socket socket(port);
  socket.send(request_text(method, path, body, headers));
  return read_response(socket);
}

inline Response post(uint16_t port, std::string_view body, Headers headers = {}) {
  headers.insert(headers.end(), kKey.begin(), kKey.end());
  return send(port, "POST", "/api/v1/chat/completions", body, headers);
}

inline Response get(uint16_t port, std::string_view path, Headers headers = {}) {
  headers.insert(headers.end(), kKey.begin(), kKey.end());
  return send(port, "GET", path, "", headers);
}

}  // namespace client
