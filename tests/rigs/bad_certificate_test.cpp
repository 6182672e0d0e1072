// An upstream whose certificate nobody vouches for: the call fails before a byte of the request is written, and holds nothing. The
// simulator has no TLS (its headers are not among what setup installs); `openssl s_server` stands in, where there is one.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "native/store/memory_store.h"
#include "tests/native/temporary_folder.h"
#include "tests/rigs/two_books.h"

namespace orthink {
namespace {

// A program with pipes at its standard input and output. Killed at the end.
class Child {
 public:
  explicit Child(std::vector<std::string> words) {
    int in[2], out[2];
    REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(::open("/dev/null", O_WRONLY), 2);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~Child() {
    end();
    ::close(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Standard output so far, read until it holds a whole line with `mark` or has ended; at most 20 s between two reads.
  const std::string& read_line_with(std::string_view mark) {
    constexpr int kGiveUpMs = 20'000;
    pollfd polled{out_, POLLIN, 0};
    char piece[4'096];
    while (said_.find('\n', said_.find(mark)) == std::string::npos && ::poll(&polled, 1, kGiveUpMs) > 0) {
      const ssize_t n = ::read(out_, piece, sizeof piece);
      if (n <= 0) break;
      said_.append(piece, static_cast<size_t>(n));
    }
    return said_;
  }
  // Its exit code; what it wrote can still be read.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void end() {
    if (in_ >= 0) ::close(std::exchange(in_, -1));
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string said_;
};

TEST_CASE("a server whose certificate nobody vouches for gets no byte of the request, and nothing is held") {
  const test::TemporaryFolder folder;
  const std::string key = folder.file("key.pem");
  const std::string certificate = folder.file("certificate.pem");
  Child maker({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
               "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate});
  if (maker.wait() != 0) SKIP("there is no openssl to make a certificate with");
  Child server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key});
  constexpr std::string_view kAccepts = "ACCEPT 127.0.0.1:";
  const std::string said = server.read_line_with(kAccepts);
  const int port = std::atoi(said.c_str() + said.find(kAccepts) + kAccepts.size());
  REQUIRE(port > 0);

  const auto client = std::move(*HttpClient::create("https://127.0.0.1:" + std::to_string(port) + "/api/v1", Secret("sk-test-key")));
  MemoryStore store;
  rig::PaidCall call;
  call.call_id = "call-1";
  call.ask = R"({"prompt":"Why?","model":"anthropic/claude-haiku-4.5","think":"off","max_tokens":60})";
  const rig::CallEnd end = rig::pay(call, *client, store);
  REQUIRE(end.error);
  CHECK(end.error->errc == Errc::tls_failed);
  const rig::TwoBooks books = rig::compare_books(store, {});
  CHECK(books.agree());
  REQUIRE(books.lines.size() == 1);
  CHECK(books.lines[0].row_state == "released");
  server.end();
  const std::string all = server.read_line_with("no such thing");
  CHECK(all.find("POST") == std::string::npos);
  CHECK(all.find("Why?") == std::string::npos);
  CHECK(all.find("sk-test-key") == std::string::npos);
}

}  // namespace
}  // namespace orthink
