// Runs the built program as a shell would: own home, own environment, everything it wrote and its exit code.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace orthink::test {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

// A home that is gone when this dies.
class Home {
 public:
  Home() {
    std::string form = std::filesystem::temp_directory_path() / "orthink-cli-XXXXXX";
    path_ = ::mkdtemp(form.data());
  }
  ~Home() { std::filesystem::remove_all(path_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

namespace detail {

inline void run_child(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                      const std::string& home) {
  // What is given wins: of two variables of one name a program sees the first.
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  for (const std::string& usual : {"HOME=" + home, "XDG_CONFIG_HOME=" + home + "/config", "XDG_CACHE_HOME=" + home + "/cache",
                                   "XDG_STATE_HOME=" + home + "/state", std::string("PATH=/usr/bin:/bin")})
    if (environment.count(usual.substr(0, usual.find('='))) == 0) variables.push_back(usual);
  std::vector<char*> argv;
  std::vector<char*> envp;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : variables) envp.push_back(const_cast<char*>(variable.c_str()));
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  ::execvpe(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

inline void read_both(int out_fd, int err_fd, Ran& ran) {
  std::array<pollfd, 2> fds{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}}};
  std::array<char, 65536> piece{};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    ::poll(fds.data(), fds.size(), -1);
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      ssize_t size = ::read(fds[i].fd, piece.data(), piece.size());
      if (size <= 0)
        fds[i].fd = -1;
      else
        (i == 0 ? ran.out : ran.err).append(piece.data(), static_cast<size_t>(size));
    }
  }
}

}  // namespace detail

// Input is small: it is written whole before anything is read.
inline Ran run_command(const Home& home, const std::vector<std::string>& command, const std::string& input = "",
                       const std::map<std::string, std::string>& environment = {}) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0 || ::pipe(err.data()) != 0) return {};
  pid_t child = ::fork();
  if (child == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    for (int fd : {in[0], in[1], out[0], out[1], err[0], err[1]}) ::close(fd);
    detail::run_child(command, environment, home.path());
  }
  for (int fd : {in[0], out[1], err[1]}) ::close(fd);
  Ran ran;
  bool is_written = ::write(in[1], input.data(), input.size()) == static_cast<ssize_t>(input.size());
  ::close(in[1]);
  detail::read_both(out[0], err[0], ran);
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ran.code = !is_written ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

#ifdef ORTHINK_PROGRAM
inline Ran orthink_program(const Home& home, std::vector<std::string> arguments, const std::string& input = "",
                           const std::map<std::string, std::string>& environment = {}) {
  arguments.insert(arguments.begin(), ORTHINK_PROGRAM);
  return run_command(home, arguments, input, environment);
}
#endif

}  // namespace orthink::test
