#include "native/observe/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <thread>
#include <type_traits>
#include <vector>

#include "orthink/wire/json.h"

namespace orthink::observe {
namespace {

constexpr int64_t kMoment = 1'793'000'000'123'456;  // 2026-10-26

// A pipe whose reading end takes whatever was written, and never waits.
class Pipe {
 public:
  Pipe() {
    REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int in() const { return ends_[1]; }
  std::string taken() const {
    std::string all;
    std::array<char, 65'536> piece;
    for (ssize_t n = 0; (n = ::read(ends_[0], piece.data(), piece.size())) > 0;) all.append(piece.data(), static_cast<size_t>(n));
    return all;
  }
  std::vector<json::Value> lines() const {
    std::vector<json::Value> parsed;
    std::istringstream all(taken());
    for (std::string line; std::getline(all, line);) {
      Result<json::Value> value = json::parse(line);
      CAPTURE(line);
      REQUIRE(value);
      parsed.push_back(std::move(*value));
    }
    return parsed;
  }

 private:
  std::array<int, 2> ends_{};
};

class TimedLog : public Log {
 public:
  using Log::Log;
  using Log::write_at;
};

static_assert(!std::is_constructible_v<LogField, std::string_view, const Secret&>, "a key has no way into a line");
static_assert(!std::is_constructible_v<LogField, std::string_view, Secret>);
static_assert(!std::is_constructible_v<LogField, std::string_view, const int*>);

TEST_CASE("a line says when, how grave, what, and its fields in their order") {
  const Pipe pipe;
  TimedLog log({.level = LogLevel::debug, .fd = pipe.in()});
  log.write_at({kMoment}, LogLevel::warn, "upstream_fault",
               {{"provider", "Open\"AI"}, {"status", 503}, {"bytes", uint64_t{1} << 63}, {"below", int64_t{-1}}, {"retried", true}});
  CHECK(pipe.taken() ==
        "{\"ts\":\"2026-10-26T07:33:20.123456Z\",\"level\":\"warn\",\"event\":\"upstream_fault\",\"provider\":\"Open\\\"AI\",\"status\":503,"
        "\"bytes\":9223372036854775808,\"below\":-1,\"retried\":true}\n");
}

TEST_CASE("only what is grave enough is written") {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off}) {
    const Pipe pipe;
    Log log({.level = level, .fd = pipe.in()});
    for (const LogLevel grave : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) log.write(grave, "x");
    CHECK(pipe.lines().size() == 4 - static_cast<size_t>(level));
    CHECK(log_level_named(name(level)) == level);
  }
  CHECK_FALSE(log_level_named("verbose"));
}

TEST_CASE("no credential and no prompt comes through, at any level and in any field") {
  const std::string key = "sk-or-v1-c4n4ry0123456789";
  const std::string token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjNG40cnkifQ.c4n4ry";
  const std::string prompt = "the c4n4ry prompt that nobody may read";
  const Pipe pipe;
  Log log({.level = LogLevel::debug, .fd = pipe.in()});
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    log.write(level, "canary", {{"a", key}, {"b", "Bearer c4n4ry-token"}, {"c", token}, {"d", Hidden{prompt}}});
    log.write(level, "cut", {{"long", std::string(1'020, '.') + key}, {"longer", std::string(8'180, '.') + key}});
  }
  const std::string all = pipe.taken();
  CHECK(all.find("c4n4ry") == std::string::npos);
  CHECK(all.find("{\"bytes\":" + std::to_string(prompt.size()) + ",\"hash\":\"") != std::string::npos);
}

TEST_CASE("a hidden text has the same hash within a process's log, another in another") {
  const Pipe pipe;
  const auto hash = [&](Log& log) {
    log.write(LogLevel::error, "x", {{"prompt", Hidden{"short"}}});
    return pipe.lines().front().find("prompt")->find("hash")->text();
  };
  Log one({.fd = pipe.in()});
  Log other({.fd = pipe.in()});
  const std::string first = hash(one);
  CHECK(hash(one) == first);
  CHECK(hash(other) != first);
}

TEST_CASE("a line is at most 4,096 bytes, plain for a terminal, and JSON whatever was given") {
  const Pipe pipe;
  Log log({.fd = pipe.in()});
  const std::string escape = "\x1b]8;;x\x07\xe2\x80\xae\xff\xc2\x9b tail";
  log.write(LogLevel::info, "bytes", {{"text", escape}});
  const std::string seen = pipe.taken();
  for (const char* steering : {"\x1b", "\xe2\x80\xae", "\xff", "\xc2\x9b"}) CHECK(seen.find(steering) == std::string::npos);
  CHECK(json::parse(std::string_view(seen).substr(0, seen.size() - 1)));

  const std::string quotes(5'000, '"');
  log.write(LogLevel::info, "big", {{"a", quotes}, {"b", quotes}, {"c", quotes}, {"d", 1}});
  const std::string big = pipe.taken();
  CHECK(big.size() <= 4'096);
  CHECK(big.ends_with(",\"cut\":true}\n"));
  CHECK(json::parse(std::string_view(big).substr(0, big.size() - 1)));
}

TEST_CASE("lines above the rate are left out, and the next line says how many") {
  const Pipe pipe;
  TimedLog log({.fd = pipe.in(), .lines_per_second = 2});
  for (int i = 0; i < 25; ++i) log.write_at({kMoment}, LogLevel::error, "storm");
  CHECK(pipe.lines().size() == 20);
  CHECK(log.left_out() == 5);
  log.write_at({kMoment + 500'000}, LogLevel::error, "later");
  const std::vector<json::Value> later = pipe.lines();
  REQUIRE(later.size() == 1);
  CHECK(later[0].find("left_out")->as_u64() == 5);
}

TEST_CASE("a reader that does not read never holds the program up") {
  const Pipe pipe;
  Log log({.fd = pipe.in(), .lines_per_second = 1'000'000});
  const std::string text(1'000, 'x');
  for (int i = 0; i < 1'000; ++i) log.write(LogLevel::error, "unread", {{"text", text}});
  CHECK(log.left_out() > 0);
  const size_t before = pipe.lines().size();
  CHECK(before + log.left_out() == 1'000);
  log.write(LogLevel::error, "read again");
  CHECK(pipe.lines().front().find("left_out"));
}

TEST_CASE("lines of many threads do not mix") {
  const Pipe pipe;
  Log log({.fd = pipe.in(), .lines_per_second = 1'000'000});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) log.write(LogLevel::info, "thread", {{"thread", t}, {"line", i}, {"text", std::string(100, 'a')}});
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(pipe.lines().size() + log.left_out() == 200);
}

TEST_CASE("what a line costs", "[.benchmark]") {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  Log log({.fd = nowhere, .lines_per_second = 1'000'000'000});
  const std::string text(60, 'x');
  BENCHMARK("log line, five fields") { log.write(LogLevel::info, "call_ended", {{"a", text}, {"b", text}, {"c", 1}, {"d", 2}, {"e", true}}); };
  BENCHMARK("log line below the level") { log.write(LogLevel::debug, "call_ended", {{"a", text}, {"b", text}}); };
  ::close(nowhere);
}

}  // namespace
}  // namespace orthink::observe
