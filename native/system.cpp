#include "native/system.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "orthink/base/sha256.h"

namespace orthink {
namespace {

int64_t micros(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}

std::string because(int error) {
  std::array<char, 128> text{};
  return strerror_r(error, text.data(), text.size());
}

Error unreadable(std::string_view name, int error) {
  return make_error(Errc::file_unreadable, std::string(name) + ": " + because(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void notify_fd(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(fd, &one, sizeof one);
}

void drain_fd(int fd) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(fd, &count, sizeof count);
}

// Of a small file; empty when it cannot be read.
std::string first_line(const std::string& path) {
  const Result<std::string> bytes = read_file(path, size_t{64} << 10);
  return bytes ? bytes->substr(0, bytes->find('\n')) : std::string();
}

// What the handler may touch.
std::atomic<int> signal_fd{-1};
std::atomic<uint32_t> interrupts{0};
std::atomic<uint32_t> terminations{0};
std::atomic<uint32_t> hangups{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

void on_signal(int number) {
  const int saved = errno;
  (number == SIGINT ? interrupts : terminations).fetch_add(1);
  notify_fd(signal_fd.load());
  errno = saved;
}

void on_hangup(int) {
  const int saved = errno;
  hangups.fetch_add(1);
  notify_fd(signal_fd.load());
  errno = saved;
}

bool is_ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

bool make_folders(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (::mkdir(path.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST) return false;
  }
  return true;
}

}  // namespace

Instant wall_now() {
  return {micros(CLOCK_REALTIME)};
}

Instant now() {
  static const int64_t offset = micros(CLOCK_REALTIME) - micros(CLOCK_MONOTONIC);
  return {micros(CLOCK_MONOTONIC) + offset};
}

Duration since_boot() {
  return {micros(CLOCK_BOOTTIME)};
}

std::string boot_id() {
  return first_line("/proc/sys/kernel/random/boot_id");
}

std::string machine_id() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  const std::string machine = first_line("/etc/machine-id");
  if (machine.empty() && host[0] == '\0') return {};
  return hex(Sha256::of(machine + "\n" + host.data())).substr(0, 32);
}

std::string process_space() {
  std::array<char, 64> link{};
  const ssize_t n = ::readlink("/proc/self/ns/pid", link.data(), link.size());
  return n > 0 ? std::string(link.data(), static_cast<size_t>(n)) : std::string();
}

int64_t process_id() {
  return ::getpid();
}

// proc(5): "PID (name) STATE ..." and the start time as the 22nd field; the name may hold anything, so fields count from its end.
std::optional<uint64_t> process_start(int64_t pid) {
  const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
  size_t at = line.rfind(')');
  if (at == std::string::npos || at + 3 >= line.size()) return std::nullopt;
  const char state = line[at + 2];
  if (state == 'Z' || state == 'X') return std::nullopt;
  constexpr int kFieldsBefore = 20;
  for (int field = 0; field < kFieldsBefore; ++field) {
    at = line.find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
  }
  uint64_t start = 0;
  const auto [end, error] = std::from_chars(line.data() + at + 1, line.data() + line.size(), start);
  if (error != std::errc{} || end == line.data() + at + 1) return std::nullopt;
  return start;
}

uint64_t entropy64() {
  uint64_t value = 0;
  auto* bytes = reinterpret_cast<char*>(&value);
  for (size_t got = 0; got < sizeof value;) {
    const ssize_t n = ::getrandom(bytes + got, sizeof value - got, 0);
    if (n > 0)
      got += static_cast<size_t>(n);
    else if (errno != EINTR)
      std::abort();
  }
  return value;
}

std::string random_id(std::string_view prefix) {
  std::array<char, 33> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx%016llx", static_cast<unsigned long long>(entropy64()),
                static_cast<unsigned long long>(entropy64()));
  return std::string(prefix) + hex.data();
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Folders folders() {
  const std::string home = environment("HOME").value_or("");
  const auto folder = [&home](const char* variable, const char* under_home) -> std::string {
    // The XDG rule: a relative path is as if unset.
    if (const auto base = environment(variable); base && base->front() == '/') return *base + "/orthink";
    return home.empty() ? "" : home + under_home + "/orthink";
  };
  return {folder("XDG_CONFIG_HOME", "/.config"), folder("XDG_STATE_HOME", "/.local/state"), folder("XDG_CACHE_HOME", "/.cache")};
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

int terminal_columns(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool takes_colour(int fd) {
  return is_terminal(fd) && !environment("NO_COLOR") && environment("TERM").value_or("dumb") != "dumb";
}

Result<std::string> read_hidden_line(std::string_view question) {
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  termios before{};
  if (!terminal.ok() || ::tcgetattr(terminal.get(), &before) != 0) {
    return make_error(Errc::invalid_argument, "there is no terminal to ask on", "Pass the text on standard input.");
  }
  // Ctrl-C must not leave the echo off: while asking it ends the line like a newline, and the line says so.
  constexpr char kInterrupt = 3;
  termios hidden = before;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  hidden.c_cc[VINTR] = _POSIX_VDISABLE;
  hidden.c_cc[VEOL] = kInterrupt;
  ::tcsetattr(terminal.get(), TCSAFLUSH, &hidden);
  write_whole(terminal.get(), question);
  std::string line;
  char c = 0;
  while (line.size() < 4096 && ::read(terminal.get(), &c, 1) == 1 && c != '\n' && c != kInterrupt) line += c;
  ::tcsetattr(terminal.get(), TCSAFLUSH, &before);
  write_whole(terminal.get(), "\n");
  if (c == kInterrupt) return make_error(Errc::cancelled, "interrupted");
  return line;
}

Wakeup::Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Wakeup::~Wakeup() {
  ::close(fd_);
}
void Wakeup::notify() {
  notify_fd(fd_);
}
void Wakeup::drain() {
  drain_fd(fd_);
}

Signals::Signals(Hangup hangup) {
  interrupts = 0;
  terminations = 0;
  hangups = 0;
  signal_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  handle(SIGPIPE, SIG_IGN);
  if (hangup == Hangup::is_counted) handle(SIGHUP, on_hangup);
  if (hangup == Hangup::terminates && !is_ignored(SIGHUP)) handle(SIGHUP, on_signal);
}

Signals::~Signals() {
  handle(SIGINT, SIG_DFL);
  handle(SIGTERM, SIG_DFL);
  if (!is_ignored(SIGHUP)) handle(SIGHUP, SIG_DFL);
  ::close(signal_fd.exchange(-1));
}

int Signals::fd() const {
  return signal_fd.load();
}

Signals::Seen Signals::seen() const {
  return {interrupts.load(), terminations.load(), hangups.load()};
}

void Signals::drain() {
  drain_fd(signal_fd.load());
}

bool wait_readable(std::span<const int> fds, Instant until) {
  std::vector<pollfd> polled;
  for (const int fd : fds)
    if (fd >= 0) polled.push_back({fd, POLLIN, 0});
  for (;;) {
    timespec left{};
    if (!until.is_never()) {
      const int64_t us = std::max<int64_t>(0, (until - now()).us);
      left = {us / 1'000'000, (us % 1'000'000) * 1000};
    }
    const int n = ::ppoll(polled.data(), polled.size(), until.is_never() ? nullptr : &left, nullptr);
    if (n > 0) return true;
    if (n == 0) return false;
    if (errno != EINTR) return false;
  }
}

Result<std::string> read_all(int fd, std::string_view name, size_t bytes_max) {
  std::string bytes;
  std::vector<char> piece(size_t{64} << 10);
  for (;;) {
    const ssize_t n = ::read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(name, errno);
    if (n == 0) return bytes;
    bytes.append(piece.data(), static_cast<size_t>(n));
    if (bytes.size() > bytes_max) {
      return make_error(Errc::too_large, std::string(name) + " has more than " + std::to_string(bytes_max) + " bytes");
    }
  }
}

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.ok()) return unreadable(path, errno);
  return read_all(file.get(), path, bytes_max);
}

Result<void> read_pieces(const std::string& path, const std::function<void(std::string_view)>& take) {
  const bool is_input = path == "-";
  const Descriptor file(is_input ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!is_input && !file.ok()) return unreadable(path, errno);
  std::vector<char> piece(size_t{64} << 10);
  for (;;) {
    const ssize_t n = ::read(is_input ? STDIN_FILENO : file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(is_input ? "standard input" : path, errno);
    if (n == 0) return {};
    take({piece.data(), static_cast<size_t>(n)});
  }
}

Result<void> write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  if (!make_folders(path)) return unreadable(path, errno);
  const std::string beside = path + "." + random_id("") + ".new";
  bool ok = false;
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (!file.ok()) return unreadable(path, errno);
    ok = write_whole(file.get(), bytes) && ::fsync(file.get()) == 0;
  }
  if (ok && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(beside.c_str());
  return unreadable(path, error);
}

std::optional<FileFacts> file_facts(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return FileFacts{facts.st_mode & 07777U, facts.st_uid == ::geteuid(), S_ISREG(facts.st_mode),
                   Instant{static_cast<int64_t>(facts.st_mtim.tv_sec) * 1'000'000 + facts.st_mtim.tv_nsec / 1000}};
}

}  // namespace orthink
