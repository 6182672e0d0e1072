// A Redis server of a test: Debian's redis-server on a socket in a temporary folder, with appendonly yes and appendfsync always.
//
//   RedisServer server;
//   auto store = RedisStore::open(server.url());
//   server.kill(); server.start();       // the data of before, another run_id
//
// start() returns when the server has answered a PING. The server dies with the test.
// Thread rule: one thread at a time.
#pragma once

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "native/store/redis_connection.h"
#include "tests/native/temporary_folder.h"

namespace orthink::test {

class RedisServer {
 public:
  using Settings = std::vector<std::string>;  // {"--maxmemory", "10mb"}; later ones win

  explicit RedisServer(Settings settings = {}) : settings_(std::move(settings)) { start(); }
  ~RedisServer() { kill(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  [[nodiscard]] std::string url() const { return "redis+unix:" + socket(); }

  // REQUIRES: it does not run.
  void start() {
    // No rewriting in the background: its process would outlive a kill().
    Settings words{"/usr/bin/redis-server", "--port", "0", "--unixsocket", socket(), "--dir", folder_.path(), "--logfile", file("log")};
    const Settings durable{"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0"};
    words.insert(words.end(), durable.begin(), durable.end());
    words.insert(words.end(), settings_.begin(), settings_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      ::execv(arguments.front(), arguments.data());
      ::_exit(127);
    }
    wait_until_ready();
  }

  // SIGKILL, and waits for its end.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    std::filesystem::remove(socket());
  }

  void restart() {
    kill();
    start();
  }

  // The server's own words to a command.
  RedisAnswer command(const RedisConnection::Words& words) {
    auto connection = RedisConnection::open(*RedisAddress::parse(url()));
    if (!connection) FAIL(connection.error().message);
    auto answer = connection->command(words);
    if (!answer) FAIL(answer.error().message);
    return std::move(*answer);
  }

  // Cuts the last bytes off the append-only file. REQUIRES: the server does not run.
  void cut_log(uintmax_t bytes) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.file("appendonlydir"))) {
      if (!entry.path().string().ends_with(".incr.aof")) continue;
      REQUIRE(entry.file_size() > bytes);
      std::filesystem::resize_file(entry.path(), entry.file_size() - bytes);
    }
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void set(Settings settings) { settings_ = std::move(settings); }  // from the next start() on
  [[nodiscard]] std::string socket() const { return folder_.file("redis.sock"); }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  void wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = -1;
        FAIL("redis-server did not start");
      }
      if (auto connection = RedisConnection::open(*RedisAddress::parse(url()))) {
        const auto answer = connection->command({"PING"});
        if (answer && answer->text() == "PONG") return;
      }
      ::sched_yield();
    }
    FAIL("redis-server is not ready after 30 s");
  }

  TemporaryFolder folder_;
  Settings settings_;
  pid_t pid_ = -1;
};

}  // namespace orthink::test
