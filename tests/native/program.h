// A run of the orthink program: its arguments, environment and standard input given, its outputs and exit code taken.
//
//   Run run = run_program({"ask", "--json", "Why?"}, {{"ORTHINK_BASE_URL", url}});
//
// The environment holds what is given and nothing else. Blocks until the program ends or 60 s are over; nothing sleeps.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace orthink::test {

struct Run {
  int exit_code = -1;  // -signal when one killed it
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string input{};            // standard input
  bool closes_out_early = false;  // nobody reads standard output after its first bytes
  size_t out_bytes = SIZE_MAX;    // nobody reads standard output after so many bytes
  // Called after each read with all of both outputs so far and the process.
  std::function<void(const Run&, pid_t)> watch{};
};

using Variables = std::map<std::string, std::string>;

#ifdef ORTHINK_PROGRAM  // the program's path, named by the build
inline Run run_program(std::vector<std::string> arguments, const Variables& variables, const RunOptions& options = {}) {
  int in[2], out[2], err[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return {};
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  arguments.insert(arguments.begin(), ORTHINK_PROGRAM);
  std::vector<char*> argv, envp;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  for (std::string& variable : environment) envp.push_back(variable.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::signal(SIGPIPE, SIG_DFL);
    ::execve(ORTHINK_PROGRAM, argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  ::signal(SIGPIPE, SIG_IGN);
  [[maybe_unused]] const ssize_t written = ::write(in[1], options.input.data(), options.input.size());
  ::close(in[1]);

  Run run;
  pollfd polled[] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  std::string* texts[] = {&run.out, &run.err};
  constexpr int kGiveUpMs = 60'000;
  if (options.out_bytes == 0) ::close(std::exchange(polled[0].fd, -1));
  while ((polled[0].fd >= 0 || polled[1].fd >= 0) && ::poll(polled, 2, kGiveUpMs) > 0) {
    for (int i = 0; i < 2; ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      char piece[65'536];
      const size_t wanted = i == 0 ? std::min(sizeof piece, options.out_bytes - run.out.size()) : sizeof piece;
      const ssize_t n = ::read(polled[i].fd, piece, wanted);
      if (n > 0) texts[i]->append(piece, static_cast<size_t>(n));
      const bool is_over = n <= 0 || (i == 0 && (options.closes_out_early || run.out.size() >= options.out_bytes));
      if (is_over) {
        ::close(polled[i].fd);
        polled[i].fd = -1;
      }
    }
    if (options.watch) options.watch(run, pid);
  }
  for (const pollfd& p : polled)
    if (p.fd >= 0) ::kill(pid, SIGKILL), ::close(p.fd);
  int status = 0;
  ::waitpid(pid, &status, 0);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return run;
}
#endif

}  // namespace orthink::test
