#include "native/serve/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace orthink::serve {
namespace {

constexpr int kBacklog = 4'096;
constexpr int kNoDescriptorPauseMs = 50;

std::string numeric(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  }
  std::string name = text;
  constexpr std::string_view kMapped = "::ffff:";
  return name.starts_with(kMapped) && name.find('.') != std::string::npos ? name.substr(kMapped.size()) : name;
}

uint16_t port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
}

int listening_socket(const addrinfo& found) {
  const int fd = ::socket(found.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(fd, found.ai_addr, found.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string host = address == "localhost" ? "127.0.0.1" : address;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0 || found == nullptr) {
    return make_error(Errc::invalid_argument, "'" + address + "' is not an address that can be listened on",
                      "give a numeric address such as 127.0.0.1, ::1 or 0.0.0.0");
  }
  const int fd = listening_socket(*found);
  const std::string why = std::strerror(errno);
  ::freeaddrinfo(found);
  if (fd < 0) {
    return make_error(Errc::invalid_argument, "port " + std::to_string(port) + " of " + address + " cannot be had: " + why,
                      "choose another port, or 0 for any free one");
  }
  return std::unique_ptr<Listener>(new Listener(fd, port_of(fd)));
}

Listener::~Listener() { ::close(fd_); }

void Listener::stop() {
  is_stopped_ = true;
  ::shutdown(fd_, SHUT_RDWR);
}

Listener::Accepted Listener::accept() {
  while (!is_stopped_) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (fd >= 0 && is_stopped_) {
      ::close(fd);
      break;
    }
    if (fd >= 0) return {fd, numeric(from)};
    const bool is_out_of_room = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    // Ready at once when stop() is called.
    pollfd stopped{fd_, POLLRDHUP, 0};
    if (is_out_of_room) ::poll(&stopped, 1, kNoDescriptorPauseMs);
  }
  return {};
}

size_t descriptors_for(size_t wanted, size_t kept) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < wanted + kept && limit.rlim_cur < limit.rlim_max) {
    rlimit raised{std::min<rlim_t>(wanted + kept, limit.rlim_max), limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &raised);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted + kept) return wanted;
  return limit.rlim_cur > kept ? static_cast<size_t>(limit.rlim_cur) - kept : 1;
}

void prepare_for_sleepers(size_t sleepers) {
  constexpr int kFutexHash = 78;  // PR_FUTEX_HASH of linux/prctl.h, which older headers lack
  constexpr unsigned long kSetSlots = 1;
  constexpr size_t kOrdinary = 1'000;
  if (sleepers > kOrdinary) ::prctl(kFutexHash, kSetSlots, static_cast<unsigned long>(std::bit_ceil(sleepers)), 0UL, 0UL);
}

}  // namespace orthink::serve
