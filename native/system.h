// System: clock, entropy, environment, terminal facts, signals, waiting and files. The only place of the program that
// reads them; everything else is handed values.
//
// Thread rule: free functions may be called from any thread; the classes say theirs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink {

// Wall clock at the first call plus a steady clock since: never goes back within the process.
Instant now();
// The wall clock as it stands, for comparing with a server's.
Instant wall_now();

// How long the machine has been up, sleep included (CLOCK_BOOTTIME): setting the wall clock does not move it.
Duration since_boot();

// Names this boot of the machine's kernel; empty where it cannot be told.
std::string boot_id();
// Names the machine: a sum of /etc/machine-id and the host name; empty where there is neither.
std::string machine_id();
// Names the space that process numbers are unique in; empty where it cannot be told.
std::string process_space();
int64_t process_id();
// When the process with this number began, in clock ticks since boot; nothing when there is none, or only its remains (a zombie). With
// boot, space and number it names one process for ever.
std::optional<uint64_t> process_start(int64_t pid);

uint64_t entropy64();
// `prefix` and 128 random bits in hex: "call-4f...".
std::string random_id(std::string_view prefix);

// Nothing when unset or empty.
std::optional<std::string> environment(const std::string& name);

// "$XDG_CONFIG_HOME/orthink" and its sisters, with their defaults under $HOME; empty when neither is set. Not created.
struct Folders {
  std::string config;
  std::string state;
  std::string cache;
};
Folders folders();

bool is_terminal(int fd);
// Columns of the terminal behind `fd`; 80 where unknown.
int terminal_columns(int fd);
// A terminal, NO_COLOR unset, TERM not "dumb".
bool takes_colour(int fd);
// Reads one line from the terminal with the echo off. Errc::invalid_argument when there is no terminal.
Result<std::string> read_hidden_line(std::string_view question);

// An eventfd: one side notifies, the other waits for fd() to be readable.
// Thread rule: notify() from any thread (and from a signal handler), drain() from the waiting one.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  void notify();
  void drain();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// SIGINT and SIGTERM as counts behind a readable fd, and SIGPIPE ignored, while one of these lives. One at a time in a process.
class Signals {
 public:
  // What SIGHUP does: end the program as it always does, be counted on its own, or be counted as SIGTERM is (unless it came ignored: nohup).
  enum class Hangup : uint8_t { ends, is_counted, terminates };
  explicit Signals(Hangup hangup = Hangup::ends);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  [[nodiscard]] int fd() const;
  struct Seen {
    uint32_t interrupts = 0;  // SIGINT since the start
    uint32_t terminations = 0;
    uint32_t hangups = 0;  // where they are counted on their own
  };
  [[nodiscard]] Seen seen() const;
  void drain();  // fd() is readable again at the next signal; look at seen() afterwards
};

// Blocks until one of `fds` is readable (true) or `until` is reached (false). Negative fds are left out.
bool wait_readable(std::span<const int> fds, Instant until);

// Errc::file_unreadable, or too_large over `bytes_max`. The message names the path.
Result<std::string> read_file(const std::string& path, size_t bytes_max);
// Everything of `fd` up to its end.
Result<std::string> read_all(int fd, std::string_view name, size_t bytes_max);
// Hands over the file's bytes piece by piece, "-" being standard input, so that its size does not matter. A piece dies when `take` returns.
Result<void> read_pieces(const std::string& path, const std::function<void(std::string_view)>& take);
// Writes beside the target and renames over it, so that a reader sees the old or the new. Makes missing folders (0700).
Result<void> write_file(const std::string& path, std::string_view bytes, unsigned mode);

struct FileFacts {
  unsigned mode = 0;    // permission bits
  bool is_own = false;  // belongs to the user who runs this
  bool is_regular = false;
  Instant changed;  // mtime
};
std::optional<FileFacts> file_facts(const std::string& path);

}  // namespace orthink
