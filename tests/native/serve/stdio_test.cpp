#include "native/serve/stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include "native/system.h"
#include "tests/native/serve/fixture_service.h"
#include "tests/support/slicer.h"

using namespace orthink;

namespace {

class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_read() { close_end(ends_[0]); }
  void close_write() { close_end(ends_[1]); }

 private:
  static void close_end(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ends_[2] = {-1, -1};
};

std::string call_of(int id, const std::string& tool, const std::string& arguments, bool wants_progress = false) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments +
         (wants_progress ? R"(,"_meta":{"progressToken":)" + std::to_string(id) + "}" : "") + "}}\n";
}
constexpr std::string_view kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
    "\n" R"({"jsonrpc":"2.0","method":"notifications/initialized"})" "\n";

struct Talk {
  mcp::Menu menu{std::move(*mcp::Menu::open(test::fixture_offer()))};
  test::FixtureService service;
  Pipe to, from;
  Wakeup stop;
  std::atomic<bool> has_ended{false};
  serve::StdioEnd end{};
  serve::StdioOptions options{menu, service};
  std::thread server;
  std::string in;

  Talk() {
    ::signal(SIGPIPE, SIG_IGN);
    options.in = to.read_end();
    options.out = from.write_end();
    options.stop_fd = stop.fd();
  }
  ~Talk() {
    to.close_write();
    from.close_read();
    if (server.joinable()) server.join();
  }
  void begin() {
    server = std::thread([this] {
      end = serve::serve_stdio(options);
      has_ended = true;
      from.close_write();
    });
  }
  void join() { server.join(); }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(to.write_end(), text.data(), text.size());
      REQUIRE(n > 0);
      text.remove_prefix(static_cast<size_t>(n));
    }
  }
  // One line; empty at the end.
  std::string line() {
    while (in.find('\n') == std::string::npos) {
      pollfd polled{from.read_end(), POLLIN, 0};
      REQUIRE(::poll(&polled, 1, 20'000) == 1);
      char piece[4'096];
      const ssize_t n = ::read(from.read_end(), piece, sizeof piece);
      if (n <= 0) return {};
      in.append(piece, static_cast<size_t>(n));
    }
    const size_t end_of_line = in.find('\n');
    std::string found = in.substr(0, end_of_line);
    in.erase(0, end_of_line + 1);
    return found;
  }
  std::string line_with(const std::string& what) {
    while (true) {
      const std::string found = line();
      if (found.empty() || found.find(what) != std::string::npos) return found;
    }
  }
};

}  // namespace

TEST_CASE("lines are answered by lines, however they are cut") {
  const std::string sent = std::string(kInitialize) + call_of(1, "echo", R"({"text":"hi"})") + "\r\n\n" + R"({"jsonrpc":"2.0","id":2,"method":"ping"})" + "\r\n" + call_of(3, "echo", "{}");
  for (uint64_t seed = 0; seed <= 12; ++seed) {
    INFO("seed " << seed);
    Talk talk;
    talk.begin();
    const test::Slices slices = seed == 0 ? test::slices_whole(sent) : (seed == 1 ? test::slices_bytes(sent) : test::slices_seeded(sent, seed, 64));
    for (const std::string_view slice : slices) talk.send(slice);
    CHECK(talk.line().find(R"("protocolVersion":"2025-11-25")") != std::string::npos);
    CHECK(talk.line().find("local:hi") != std::string::npos);
    CHECK(talk.line().find(R"("id":2)") != std::string::npos);
    CHECK(talk.line().find(R"("id":3)") != std::string::npos);
    talk.to.close_write();
    CHECK(talk.line().empty());
    talk.join();
    CHECK(talk.end == serve::StdioEnd::client_left);
  }
}

TEST_CASE("a last line without its end is answered too") {
  Talk talk;
  talk.begin();
  talk.send(kInitialize);
  std::string last = call_of(1, "echo", R"({"text":"last"})");
  last.pop_back();
  talk.send(last);
  talk.to.close_write();
  CHECK(!talk.line_with("local:last").empty());
  CHECK(talk.line().empty());
}

TEST_CASE("other requests are answered while a tool runs, and a cancelled one is not") {
  Talk talk;
  talk.begin();
  talk.send(kInitialize);
  talk.send(call_of(1, "hang", "{}"));
  talk.send(R"({"jsonrpc":"2.0","id":2,"method":"ping"})" "\n");
  CHECK(!talk.line_with(R"("id":2)").empty());
  talk.send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})" "\n");
  talk.send(R"({"jsonrpc":"2.0","id":3,"method":"ping"})" "\n");
  const std::string next = talk.line();
  CHECK(next.find(R"("id":3)") != std::string::npos);
  CHECK(talk.service.cancelled == 1);
}

TEST_CASE("progress comes while the tool runs") {
  Talk talk;
  talk.options.conversation.progress_interval = Duration{};
  talk.begin();
  talk.send(kInitialize);
  talk.send(call_of(1, "count", R"({"n":3,"every_ms":1})", true));
  for (int i = 1; i <= 3; ++i) CHECK(talk.line_with("notifications/progress").find("\"progress\":" + std::to_string(i)) != std::string::npos);
  CHECK(!talk.line_with("counted").empty());
}

TEST_CASE("the end of input cancels what runs, and the server leaves when it has settled") {
  Talk talk;
  talk.begin();
  talk.send(kInitialize);
  for (int id = 1; id <= 5; ++id) talk.send(call_of(id, "hang", "{}"));
  talk.to.close_write();
  const Instant before = now();
  talk.join();
  CHECK(talk.service.started == 5);
  CHECK(talk.service.cancelled >= 5);
  CHECK(talk.service.dropped == 0);
  CHECK((now() - before) < Duration::seconds(2));
  CHECK(talk.end == serve::StdioEnd::client_left);
}

TEST_CASE("a client that no longer reads ends the conversation") {
  Talk talk;
  talk.begin();
  talk.send(kInitialize);
  CHECK(!talk.line().empty());
  talk.from.close_read();
  talk.send(call_of(1, "echo", "{}"));
  talk.join();
  CHECK(talk.end == serve::StdioEnd::client_left);
}

TEST_CASE("a client that reads late gets everything, and meanwhile cancellations are heard") {
  Talk talk;
  talk.options.unread_bytes_max = size_t{4} << 20;
  talk.begin();
  talk.send(kInitialize);
  talk.send(call_of(1, "large", R"({"bytes":1000000})"));
  talk.send(call_of(2, "hang", "{}"));
  talk.send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}})" "\n");
  const Instant patience = now() + Duration::seconds(20);
  while (talk.service.cancelled == 0 && now() < patience) std::this_thread::yield();
  CHECK(talk.service.cancelled == 1);
  CHECK(talk.line_with(R"("id":1)").size() > 1'000'000);
}

TEST_CASE("a line over the cap is refused, and the next is read") {
  Talk talk;
  talk.options.conversation.line_bytes_max = 1'000;
  talk.begin();
  talk.send(kInitialize);
  CHECK(!talk.line().empty());
  talk.send(std::string(5'000, 'x') + "\n" + R"({"jsonrpc":"2.0","id":2,"method":"ping"})" + "\n");
  CHECK(talk.line().find(R"("error")") != std::string::npos);
  CHECK(talk.line().find(R"("id":2)") != std::string::npos);
}

TEST_CASE("a stop lets calls end within the grace, cancels others and tells how they ended") {
  for (const bool ends : {true, false}) {
    Talk talk;
    talk.options.grace = ends ? Duration::seconds(20) : Duration::millis(20);
    talk.begin();
    talk.send(kInitialize);
    CHECK(!talk.line().empty());
    talk.send(ends ? call_of(1, "count", R"({"n":3,"every_ms":10})") : call_of(1, "hang", "{}"));
    const Instant patience = now() + Duration::seconds(20);
    while (talk.service.started == 0 && now() < patience) std::this_thread::yield();
    talk.stop.notify();
    CHECK(!talk.line_with(ends ? "counted" : "cancelled").empty());
    CHECK(talk.line().empty());
    talk.join();
    CHECK(talk.end == serve::StdioEnd::stopped);
  }
}

TEST_CASE("a client that leaves without having read is noticed, and what runs is cancelled") {
  Talk talk;
  talk.options.unread_bytes_max = size_t{256} << 10;
  talk.options.parting = Duration::millis(20);
  talk.begin();
  talk.send(kInitialize);
  talk.send(call_of(1, "hang", "{}"));
  talk.send(call_of(2, "large", R"({"bytes":1000000})"));
  const Instant patience = now() + Duration::seconds(20);
  while (talk.service.started < 2 && now() < patience) std::this_thread::yield();
  REQUIRE(talk.service.started == 2);
  talk.to.close_write();
  while (!talk.has_ended && now() < patience) std::this_thread::yield();
  CHECK(talk.has_ended);
  CHECK(talk.service.cancelled >= 1);
  talk.from.close_read();
  talk.join();
  CHECK(talk.end == serve::StdioEnd::client_left);
}

TEST_CASE("while it stops, requests are refused and cancellations are heard") {
  Talk talk;
  talk.options.grace = Duration::seconds(20);
  talk.begin();
  talk.send(kInitialize);
  CHECK(!talk.line().empty());
  talk.send(call_of(1, "hang", "{}"));
  talk.send(call_of(2, "hang", "{}"));
  const Instant patience = now() + Duration::seconds(20);
  while (talk.service.started < 2 && now() < patience) std::this_thread::yield();
  talk.stop.notify();
  std::string refused;
  for (int id = 3; refused.find("-31001") == std::string::npos && now() < patience; ++id) {
    talk.send(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"ping"})" + "\n");
    refused = talk.line();
  }
  CHECK(refused.find("-31001") != std::string::npos);
  talk.send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})" "\n");
  talk.send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}})" "\n");
  CHECK(talk.line().empty());
  talk.join();
  CHECK(talk.service.cancelled >= 2);
  CHECK(talk.end == serve::StdioEnd::stopped);
  CHECK(now() < patience);
}
