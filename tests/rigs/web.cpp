#include "tests/rigs/web.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "native/serve/http_server.h"
#include "native/serve/mcp_endpoint.h"
#include "native/system.h"
#include "tests/native/serve/fixture_service.h"
#include "tests/native/serve/raw_client.h"

namespace orthink::rig {
namespace {

std::string post(const std::string& body, const std::string& headers) {
  return "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string modern_call(const std::string& tool, const std::string& arguments) {
  return post(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments +
                  R"(,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":1}}})",
              "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + tool + "\r\n");
}

}  // namespace

FixtureServer::FixtureServer(const FixtureServerOptions& options) {
  process_ = std::make_unique<Process>([&] {
    mcp::Menu menu = std::move(*mcp::Menu::open(test::fixture_offer()));
    mcp::HttpOptions http;
    http.progress_interval = Duration{};
    test::FixtureService service;
    serve::McpEndpoint endpoint({menu, http, service});
    serve::ServerOptions server_options;
    server_options.port = options.port;
    server_options.connections_max = options.connections_max;
    server_options.is_guarded = options.is_guarded;
    auto server = serve::HttpServer::start(server_options, {{"/mcp", endpoint.handler()}});
    if (!server) give_up(server.error().message);
    facts_->process = static_cast<int32_t>(process_id());
    facts_->port = (*server)->port();
    Wakeup never;
    while (true) {
      const int fd = never.fd();
      wait_readable(std::array<int, 1>{fd}, now() + Duration::millis(10));
      facts_->started = service.started.load();
      facts_->cancelled = service.cancelled.load();
    }
  });
  const Instant patience = now() + Duration::seconds(20);
  while (facts_->port == 0 && now() < patience && !process_->is_over()) std::this_thread::yield();
  if (facts_->port == 0) give_up("the server did not start");
}

uint16_t FixtureServer::port() const { return static_cast<uint16_t>(facts_->port.load()); }
uint64_t FixtureServer::cancelled() const { return facts_->cancelled; }
uint64_t FixtureServer::started() const { return facts_->started; }

int64_t FixtureServer::resident_kb() const {
  std::ifstream file("/proc/" + std::to_string(facts_->process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

int64_t FixtureServer::cpu_us() const {
  std::ifstream file("/proc/" + std::to_string(facts_->process) + "/stat");
  std::string text;
  std::getline(file, text);
  text.erase(0, text.rfind(')') + 2);
  int64_t ticks = 0;
  size_t at = 0;
  for (int field = 3; field <= 15; ++field) {
    if (field >= 14) ticks += std::atoll(text.c_str() + at);
    at = text.find(' ', at) + 1;
  }
  return ticks * 1'000'000 / ::sysconf(_SC_CLK_TCK);
}

std::string count_call(uint64_t events, uint64_t every_ms) {
  return modern_call("count", "{\"n\":" + std::to_string(events) + ",\"every_ms\":" + std::to_string(every_ms) + "}");
}
std::string large_call(uint64_t bytes) { return modern_call("large", "{\"bytes\":" + std::to_string(bytes) + "}"); }
std::string ping() { return post(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", "MCP-Protocol-Version: 2025-11-25\r\n"); }

Swarm::Swarm(uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Swarm::~Swarm() {
  for (const auto& client : clients_) drop(*client);
  ::close(epoll_);
}

Swarm::Client* Swarm::add(std::string_view request, bool is_slow) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return nullptr;
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (is_slow) {
    const int small = 4'096;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return nullptr;
  }
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  auto client = std::make_unique<Client>();
  client->fd = fd;
  client->number = clients_.size();
  client->opened = client->last = now();
  client->is_slow = is_slow;
  epoll_event event{};
  event.events = is_slow ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP;
  event.data.ptr = client.get();
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  ++open_;
  clients_.push_back(std::move(client));
  send(*clients_.back(), request);
  return clients_.back().get();
}

bool Swarm::send(Client& client, std::string_view bytes) {
  return client.fd >= 0 && ::send(client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

void Swarm::drop(Client& client) {
  if (client.fd < 0) return;
  ::close(client.fd);
  client.fd = -1;
  client.is_over = true;
  --open_;
}

void Swarm::run(Instant until, const std::function<void(Client&, std::string_view)>& on_bytes) {
  std::array<epoll_event, 256> events;
  char piece[16'384];
  while (open_ > 0) {
    const int64_t left_ms = (until - now()).ms();
    if (left_ms < 0) return;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(left_ms + 1));
    for (int i = 0; i < count; ++i) {
      Client& client = *static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
      if (client.fd < 0) continue;
      const ssize_t n = client.is_slow ? 0 : ::recv(client.fd, piece, sizeof piece, 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      on_bytes(client, n > 0 ? std::string_view(piece, static_cast<size_t>(n)) : std::string_view());
      client.last = now();
      if (n <= 0) drop(client);
    }
  }
}

struct Pinger::State {
  std::mutex mutex;
  std::condition_variable stopped;
  bool is_stopped = false;
  Times times;
  std::thread thread;
};

Pinger::Pinger(uint16_t port) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get(), port] {
    test::RawClient kept(port);
    const auto time_of = [&](test::RawClient& client, Instant since) -> int64_t {
      client.send(ping());
      if (client.read_answer().status == 200) return (now() - since).us;
      ++state->times.lost;
      return 20'000'000;
    };
    std::unique_lock<std::mutex> lock(state->mutex);
    while (!state->stopped.wait_for(lock, std::chrono::milliseconds(20), [&] { return state->is_stopped; })) {
      state->times.kept_us.push_back(time_of(kept, now()));
      const Instant before = now();
      test::RawClient fresh(port);
      state->times.fresh_us.push_back(time_of(fresh, before));
    }
  });
}

Pinger::~Pinger() { stop(); }

Pinger::Times Pinger::stop() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->is_stopped = true;
  }
  state_->stopped.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
  return state_->times;
}

int64_t percentile(std::vector<int64_t> values, size_t percent) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, values.size() * percent / 100)];
}

std::string milliseconds(int64_t us) { return std::to_string(us / 1'000) + "." + std::to_string(us % 1'000 + 1'000).substr(1); }

}  // namespace orthink::rig
