// Log: one JSON object a line on standard error.
//
//   Log log({.level = LogLevel::info});
//   log.write(LogLevel::warn, "upstream_fault", {{"provider", provider}, {"status", 503}, {"prompt", Hidden{prompt}}});
//
//   {"ts":"2026-11-30T20:00:00.123456Z","level":"warn","event":"upstream_fault","provider":"OpenAI","status":503,
//    "prompt":{"bytes":5120,"hash":"3f0a..."}}
//
// A line is written whole or not at all: at most 4,096 bytes in one write(), which a pipe takes in one piece (POSIX, PIPE_BUF). Whoever does
// not read their end does not hold the program up: a line that would block is left out. So are lines above the rate. How many were left
// out stands in the next line ("left_out").
// Texts are cut at 1,024 bytes, pass through redact, and hold no byte that steers a terminal. A Secret cannot be given, a prompt or
// an answer only as Hidden: its size and a hash whose key lives and dies with the process.
// Thread rule: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "native/key.h"
#include "orthink/base/instant.h"

namespace orthink::observe {

enum class LogLevel : uint8_t { debug, info, warn, error, off };
std::string_view name(LogLevel level);
std::optional<LogLevel> log_level_named(std::string_view name);

// A text of which only the size and a hash are told. A view: dies with the text.
struct Hidden {
  std::string_view text;
};

// `key` is one of our own words. Views die with what they are of.
class LogField {
 public:
  LogField(std::string_view key, std::string_view text) : key_(key), value_(text) {}
  LogField(std::string_view key, const std::string& text) : key_(key), value_(std::string_view(text)) {}
  LogField(std::string_view key, const char* text) : key_(key), value_(std::string_view(text)) {}
  LogField(std::string_view key, int64_t number) : key_(key), value_(number) {}
  LogField(std::string_view key, uint64_t number) : key_(key), value_(number) {}
  LogField(std::string_view key, int number) : key_(key), value_(int64_t{number}) {}
  LogField(std::string_view key, uint32_t number) : key_(key), value_(uint64_t{number}) {}
  LogField(std::string_view key, bool truth) : key_(key), value_(truth) {}
  LogField(std::string_view key, Hidden hidden) : key_(key), value_(hidden) {}
  LogField(std::string_view key, const Secret&) = delete;
  template <class T>
  LogField(std::string_view key, const T*) = delete;  // no pointer becomes a truth

  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const std::variant<std::string_view, int64_t, uint64_t, bool, Hidden>& value() const { return value_; }

 private:
  std::string_view key_;
  std::variant<std::string_view, int64_t, uint64_t, bool, Hidden> value_;
};

struct LogOptions {
  LogLevel level = LogLevel::info;
  int fd = 2;
  uint32_t lines_per_second = 200;  // in the long run; ten seconds' worth at once
};

class Log {
 public:
  explicit Log(LogOptions options = {});
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  [[nodiscard]] bool wants(LogLevel level) const { return level >= options_.level && level != LogLevel::off; }
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) { write_at(now_(), level, event, fields); }
  // Lines that were above the rate, or would have blocked.
  [[nodiscard]] uint64_t left_out() const { return left_out_.load(std::memory_order_relaxed); }

 protected:
  // For tests: the line as of an instant.
  void write_at(Instant now, LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

 private:
  static Instant now_();
  std::string line(Instant now, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;
  bool is_within_rate(Instant now);

  const LogOptions options_;
  const std::string salt_;
  std::mutex mutex_;
  Instant refilled_;         // the instant up to which lines are paid for (a GCRA with ten seconds' burst)
  uint64_t untold_ = 0;      // left out since the last line
  std::atomic<uint64_t> left_out_{0};
};

}  // namespace orthink::observe
