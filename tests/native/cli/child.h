// A program of ours that runs while a test speaks with it: lines in and out, signals, its end.
//
//   Child child({"mcp"}, variables);
//   child.write("{...}\n");
//   std::string line = child.line();         // of standard output; fails after 20 s
//   child.end_input();
//   CHECK(child.wait() == 0);
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifdef ORTHINK_PROGRAM  // the program's path, named by the build
namespace orthink::test {

class Child {
 public:
  Child(std::vector<std::string> arguments, const std::map<std::string, std::string>& variables) {
    int in[2], out[2], err[2];
    REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    arguments.insert(arguments.begin(), ORTHINK_PROGRAM);
    std::vector<std::string> environment;
    for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
    std::vector<char*> argv, envp;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    for (std::string& variable : environment) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
      ::execve(ORTHINK_PROGRAM, argv.data(), envp.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    in_ = in[1];
    streams_[0].fd = out[0];
    streams_[1].fd = err[0];
  }
  ~Child() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
    end_input();
    for (const Stream& stream : streams_)
      if (stream.fd >= 0) ::close(stream.fd);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void write(std::string_view bytes) { REQUIRE(::write(in_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())); }
  void end_input() {
    if (in_ >= 0) ::close(std::exchange(in_, -1));
  }
  void signal(int number) const { ::kill(pid_, number); }
  std::string line() { return next(streams_[0]); }
  // The first line of standard error with `mark` in it.
  std::string error_line(std::string_view mark) {
    for (;;) {
      std::string line = next(streams_[1]);
      if (line.find(mark) != std::string::npos) return line;
    }
  }
  // Its exit code once both outputs have ended; -signal when one killed it.
  int wait() {
    for (Stream& stream : streams_)
      while (read(stream)) {
      }
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] const std::string& error_text() const { return streams_[1].seen; }

 private:
  struct Stream {
    int fd = -1;
    std::string seen;
    size_t used = 0;
  };
  static bool read(Stream& stream) {
    pollfd polled{stream.fd, POLLIN, 0};
    if (::poll(&polled, 1, 20'000) <= 0) FAIL("the program says nothing for 20 s");
    char piece[65'536];
    const ssize_t n = ::read(stream.fd, piece, sizeof piece);
    if (n > 0) stream.seen.append(piece, static_cast<size_t>(n));
    return n > 0;
  }
  static std::string next(Stream& stream) {
    size_t end = 0;
    while ((end = stream.seen.find('\n', stream.used)) == std::string::npos)
      if (!read(stream)) FAIL("the program has ended: " << stream.seen.substr(stream.used));
    std::string line = stream.seen.substr(stream.used, end - stream.used);
    stream.used = end + 1;
    return line;
  }

  pid_t pid_ = -1;
  int in_ = -1;
  Stream streams_[2];
};

}  // namespace orthink::test
#endif
