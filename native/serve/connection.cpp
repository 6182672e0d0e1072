#include "native/serve/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "native/serve/date.h"
#include "native/system.h"

namespace orthink::serve {
namespace {

constexpr size_t kReadBytes = size_t{8} << 10;  // on the stack of each connection's thread
constexpr size_t kLargeBody = size_t{64} << 10;
constexpr size_t kKeptBytes = size_t{64} << 10;
constexpr Duration kLinger = Duration::millis(300);

void set_option(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

// True: `events` (or an error) have come.
bool poll_until(int fd, short events, Instant deadline) {
  while (true) {
    const int64_t left_us = (deadline - now()).us;
    if (left_us <= 0) return false;
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::min<int64_t>(left_us / 1'000 + 1, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Connection::Connection(int fd, std::string address, const ConnectionLimits& limits, Shared& shared)
    : fd_(fd), address_(std::move(address)), limits_(limits), shared_(shared), opened_(now()) {
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd_, SOL_SOCKET, SO_SNDBUF, limits_.send_buffer_bytes);
}

Connection::~Connection() {
  shared_.hangups.forget(watched_);
  release_body();
  ::close(fd_);
}

Connection::Read Connection::take(int flags) {
  char piece[kReadBytes];
  while (true) {
    const ssize_t n = ::recv(fd_, piece, sizeof piece, flags);
    if (n > 0) {
      in_.append(piece, static_cast<size_t>(n));
      return Read::bytes;
    }
    if (n == 0) return Read::end;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? Read::timeout : Read::end;
  }
}

// Between two requests one system call is enough: the socket itself keeps the deadline.
Connection::Read Connection::read_idle() { return take(0); }

Connection::Read Connection::read_some(Instant deadline) {
  const Read read = take(MSG_DONTWAIT);
  if (read != Read::timeout) return read;
  // A client that sends head and body apart, with Nagle's algorithm on, waits 40 ms for our delayed acknowledgement otherwise.
  set_option(fd_, IPPROTO_TCP, TCP_QUICKACK, 1);
  if (!poll_until(fd_, POLLIN, deadline)) return Read::timeout;
  return take(MSG_DONTWAIT);
}

Connection::Next Connection::next() {
  is_waiting_ = true;
  if (!drains_until().is_never()) return Next::closed;  // this and drain() look at both in opposite order
  std::optional<Next> ended = read_head();
  if (!ended) ended = read_body();
  is_waiting_ = false;
  return ended.value_or(Next::request);
}

std::optional<Connection::Next> Connection::read_head() {
  scan_.reset();
  Instant deadline = (is_first_ ? opened_ : now()) + limits_.head_deadline;
  while (true) {
    const HeadScan::State state = scan_.look(in_, limits_.head);
    if (state == HeadScan::State::refused) return fail(scan_.refusal());
    if (state == HeadScan::State::whole) break;
    const bool is_idle = in_.empty() && !is_first_;
    const Read read = is_idle ? read_idle() : read_some(deadline);
    if (is_idle) deadline = now() + limits_.head_deadline;
    if (read == Read::end || (read == Read::timeout && in_.empty())) return Next::closed;
    if (read == Read::timeout) return fail({408, "the head took too long"});
  }
  if (is_first_) {
    const timeval idle{limits_.idle_deadline.us / 1'000'000, limits_.idle_deadline.us % 1'000'000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
  }
  is_first_ = false;
  if (const auto refusal = parse_head(std::string_view(in_).substr(0, scan_.end()), limits_.head, head_)) return fail(*refusal);
  return std::nullopt;
}

std::optional<Connection::Next> Connection::read_body() {
  used_ = scan_.end() + head_.content_length;
  if (auto refused = admit_large()) return refused;
  if (in_.size() < used_) {
    if (head_.expects_continue && !write("HTTP/1.1 100 Continue\r\n\r\n")) return Next::closed;
    const Duration longest =
        limits_.body_deadline_min + Duration::micros(static_cast<int64_t>(head_.content_length) * 1'000'000 / limits_.body_bytes_a_second_min);
    const Duration large = Duration::micros(static_cast<int64_t>(head_.content_length) * 1'000'000 / limits_.large_bytes_a_second_min);
    const Instant deadline = now() + std::min(limits_.body_deadline_max + large, longest);
    while (in_.size() < used_) {
      const Read read = read_some(deadline);
      if (read == Read::end) return fail({400, "the body ended before Content-Length"});
      if (read == Read::timeout) return fail({408, "the body took too long"});
    }
    // Reading may have moved the bytes that the head points into.
    if (const auto refusal = parse_head(std::string_view(in_).substr(0, scan_.end()), limits_.head, head_)) return fail(*refusal);
  }
  body_ = std::string_view(in_).substr(scan_.end(), head_.content_length);
  return std::nullopt;
}

std::optional<Connection::Next> Connection::admit_large() {
  if (head_.content_length < kLargeBody) return std::nullopt;
  if (shared_.turn_away) {
    if (const std::optional<Answer> away = shared_.turn_away(head_)) {
      refusal_ = {away->status, "a large body of who may not call"};
      say(*away);
      return Next::refused;
    }
  }
  if (!reserve_body()) return fail({503, "too many large bodies are at work"});
  in_.reserve(used_ + kReadBytes);  // growing it by halves would take twice as much
  return std::nullopt;
}

bool Connection::reserve_body() {
  if (shared_.bodies_bytes.fetch_add(head_.content_length) + head_.content_length > limits_.bodies_bytes_max) {
    shared_.bodies_bytes -= head_.content_length;
    return false;
  }
  reserved_ = head_.content_length;
  return true;
}

void Connection::release_body() {
  if (reserved_ > 0) shared_.bodies_bytes -= std::exchange(reserved_, 0);
}

void Connection::done() {
  release_body();
  if (watched_ != 0) {
    shared_.hangups.forget(watched_);
    watched_ = 0;
  }
  {
    const std::lock_guard<std::mutex> lock(wake_mutex_);
    wake_ = nullptr;
  }
  body_ = {};
  in_.erase(0, used_);
  used_ = 0;
  if (in_.capacity() > kKeptBytes && in_.size() < kKeptBytes) in_.shrink_to_fit();
}

bool Connection::write(std::string_view bytes) {
  const Duration longest =
      limits_.write_deadline + Duration::micros(static_cast<int64_t>(bytes.size()) * 1'000'000 / limits_.write_bytes_a_second_min);
  std::optional<Instant> deadline;
  while (!bytes.empty() && !is_broken_) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && errno == EAGAIN) {
      if (!deadline) deadline = now() + longest;
      if (poll_until(fd_, POLLOUT, *deadline)) continue;
      // What waits in the kernel for a reader that does not read is thrown away with the connection.
      const linger at_once{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      is_broken_ = true;
    } else {
      is_broken_ = true;
    }
  }
  if (is_broken_) is_gone_ = true;
  return !is_broken_;
}

Connection::Next Connection::fail(const Refusal& refusal) {
  refuse(refusal);
  return Next::refused;
}

void Connection::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  constexpr int kLater = 503;
  Answer answer = Answer::text(refusal.status, std::string(refusal.reason) + ".\n");
  if (refusal.status == kLater) answer.headers.push_back({"Retry-After", "1"});
  say(answer);
}

void Connection::say(const Answer& answer) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(status_words(answer.status)) + "\r\nDate: " + http_date_now();
  for (const http::Header& header : answer.headers) text.append("\r\n").append(header.name).append(": ").append(header.value);
  write(text + "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n" + answer.body);
}

void Connection::drain(Instant until) {
  drains_until_us_.store(until.us);
  if (is_waiting_.load()) ::shutdown(fd_, SHUT_RD);
  const std::lock_guard<std::mutex> lock(wake_mutex_);
  if (wake_) wake_();
}

// The kernel calls a socket writable while a third of its buffer is free.
bool Connection::takes_at_once() const {
  pollfd polled{fd_, POLLOUT, 0};
  return ::poll(&polled, 1, 0) > 0 && (polled.revents & POLLOUT) != 0;
}

void Connection::wake_on_change(std::function<void()> wake) {
  {
    const std::lock_guard<std::mutex> lock(wake_mutex_);
    wake_ = std::move(wake);
  }
  if (watched_ == 0) {
    watched_ = shared_.hangups.watch(fd_, [this] {
      is_gone_.store(true, std::memory_order_release);
      const std::lock_guard<std::mutex> lock(wake_mutex_);
      if (wake_) wake_();
    });
  }
}

void Connection::finish() {
  if (is_broken_) return;
  ::shutdown(fd_, SHUT_WR);
  const Instant deadline = now() + kLinger;
  char piece[kReadBytes];
  while (poll_until(fd_, POLLIN, deadline)) {
    const ssize_t n = ::recv(fd_, piece, sizeof piece, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) break;
  }
}

}  // namespace orthink::serve
