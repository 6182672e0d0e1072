#include "native/sim/server.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "native/sim/raw_answer.h"
#include "native/sim/wire.h"

#define CPPHTTPLIB_LISTEN_BACKLOG 128
#include "httplib.h"

namespace orthink::sim {
namespace {

constexpr size_t kConnectionsMax = 4'096;
constexpr size_t kBodyBytesMax = size_t{64} << 20;
constexpr Duration kKeepAlive = Duration::seconds(60);
constexpr Duration kAnswerPacedAtMost = Duration::seconds(6);
constexpr uint64_t kTokensAPart = 2;

// A client that keeps its connection open holds a thread while it is silent: none of a fixed number may be waited for.
// Thread rule: enqueue and shutdown on one thread.
class ThreadPerConnection final : public httplib::TaskQueue {
 public:
  bool enqueue(std::function<void()> work) override {
    join_finished();
    if (threads_.size() >= kConnectionsMax) return false;
    const uint64_t number = next_++;
    threads_.emplace(number, std::thread([this, number, work = std::move(work)] {
                       work();
                       const std::lock_guard<std::mutex> lock(mutex_);
                       finished_.push_back(number);
                     }));
    return true;
  }
  void shutdown() override {
    for (auto& [number, thread] : threads_) thread.join();
    threads_.clear();
  }

 private:
  void join_finished() {
    std::vector<uint64_t> finished;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      finished.swap(finished_);
    }
    for (const uint64_t number : finished) {
      threads_.at(number).join();
      threads_.erase(number);
    }
  }

  std::map<uint64_t, std::thread> threads_;
  uint64_t next_ = 0;
  std::mutex mutex_;
  std::vector<uint64_t> finished_;
};

// The library's view of a Wire. Muted, what it writes goes nowhere: the raw answer speaks instead.
class WireStream final : public httplib::Stream {
 public:
  explicit WireStream(Wire& wire) : wire_(wire) {}

  bool is_muted = false;

  bool is_readable() const override { return at_ < buffer_.size(); }
  bool wait_readable() const override { return is_readable() || wire_.wait_readable(kKeepAlive); }
  bool wait_writable() const override { return is_muted || wire_.has_client(); }
  bool is_peer_alive() const override { return true; }
  ssize_t read(char* into, size_t size) override {
    if (at_ == buffer_.size()) {
      buffer_.resize(16'384);
      const long n = wire_.read(buffer_.data(), buffer_.size());
      buffer_.resize(n > 0 ? static_cast<size_t>(n) : 0);
      at_ = 0;
      if (n <= 0) return n;
    }
    const size_t n = std::min(size, buffer_.size() - at_);
    std::copy_n(buffer_.data() + at_, n, into);
    at_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* bytes, size_t size) override {
    return is_muted || wire_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override { get_remote_ip_and_port(ip, port); }
  socket_t socket() const override { return wire_.fd(); }
  time_t duration() const override { return 0; }

 private:
  Wire& wire_;
  std::string buffer_;
  size_t at_ = 0;
};

// The connection whose request the thread is working on; handlers of the library are not told.
struct Connection {
  Wire& wire;
  WireStream& stream;
  std::optional<Violation> violation;
  bool wants_reset = false;
};
thread_local Connection* t_connection = nullptr;

void set_headers(httplib::Response& out, const std::vector<http::Header>& headers) {
  for (const http::Header& header : headers) out.set_header(header.name, header.value);
}

// A page in a browser may ask the simulator, as it may ask the real service.
void allow_pages(httplib::Response& out) {
  out.set_header("Access-Control-Allow-Origin", "*");
  out.set_header("Access-Control-Expose-Headers", "X-Generation-Id, X-Provider-Name, Retry-After");
}

class HttplibServer final : public Server, private httplib::Server {
 public:
  HttplibServer(Room& room, const ServerOptions& options) : room_(room), options_(options), stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
    new_task_queue = [] { return new ThreadPerConnection; };
    set_address_family(AF_INET);
    set_tcp_nodelay(true);
    set_payload_max_length(kBodyBytesMax);
    set_socket_options([](socket_t fd) { httplib::set_socket_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1); });
    const auto handler = [this](const httplib::Request& request, httplib::Response& out) { handle(request, out); };
    Get(".*", handler);
    Post(".*", handler);
    Options(".*", [](const httplib::Request&, httplib::Response& out) {
      allow_pages(out);
      out.set_header("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
      out.set_header("Access-Control-Allow-Headers", "*, Authorization, Content-Type");
      out.set_header("Access-Control-Allow-Private-Network", "true");
      out.set_header("Access-Control-Max-Age", "600");
      out.status = 204;
    });
  }

  ~HttplibServer() override {
    HttplibServer::stop();
    if (refusing_fd_ >= 0) ::close(refusing_fd_);
    ::close(stop_fd_);
  }

  bool listen_now() {
    if (room_.faults().refuses()) return hold_port();
    const int port = options_.port == 0 ? bind_to_any_port("127.0.0.1") : (bind_to_port("127.0.0.1", options_.port) ? options_.port : -1);
    if (port <= 0) return false;
    port_ = static_cast<uint16_t>(port);
    thread_ = std::thread([this] { listen_after_bind(); });
    wait_until_ready();
    return true;
  }

  [[nodiscard]] uint16_t port() const override { return port_; }

  void stop() override {
    if (!thread_.joinable()) return;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(stop_fd_, &one, sizeof one);
    httplib::Server::stop();
    thread_.join();
  }

 private:
  // Bound but not listening: every connection is refused, and nobody else gets the port.
  bool hold_port() {
    refusing_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(refusing_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) return false;
    if (::getsockname(refusing_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
    port_ = ntohs(address.sin_port);
    return true;
  }

  bool process_and_close_socket(socket_t fd) override {
    Wire wire(fd, stop_fd_);
    if (room_.faults().take_at_accept()) {
      wire.reset();
      return true;
    }
    WireStream stream(wire);
    Connection connection{wire, stream, std::nullopt, false};
    t_connection = &connection;
    while (stream.wait_readable()) {
      bool is_closed = false;
      const bool is_good = process_request(stream, "127.0.0.1", 0, "127.0.0.1", port_, false, is_closed, nullptr);
      if (connection.violation) answer_raw(wire, *connection.violation);
      if (connection.wants_reset) wire.reset();
      if (!is_good || is_closed || connection.violation) break;
    }
    t_connection = nullptr;
    return true;
  }

  void handle(const httplib::Request& request, httplib::Response& out) {
    Incoming incoming;
    incoming.method = request.method;
    incoming.path = request.path;
    incoming.query_id = request.get_param_value("id");
    incoming.authorization = request.get_header_value("Authorization");
    incoming.faults = request.get_header_value("X-Sim-Fault");
    incoming.recording = request.get_header_value("X-Sim-Recording");
    incoming.body = request.body;
    allow_pages(out);
    const std::string date = room_.date(incoming);
    if (!date.empty()) out.set_header("Date", date);
    Outcome outcome = room_.handle(incoming);
    if (auto* violation = std::get_if<Violation>(&outcome)) violation->date = date;
    std::visit([&](auto& kind) { answer(kind, out); }, outcome);
  }

  void answer(Reply& reply, httplib::Response& out) {
    out.status = reply.status;
    set_headers(out, reply.headers);
    out.set_content(std::move(reply.body), reply.content_type);
  }

  void answer(Violation& violation, httplib::Response& out) {
    t_connection->stream.is_muted = true;
    t_connection->violation = std::move(violation);
    out.status = 200;
  }

  void answer(std::shared_ptr<Call>& call, httplib::Response& out) {
    out.status = 200;
    out.set_header("X-Generation-Id", call->script().id);
    out.set_header("X-Provider-Name", call->script().provider);
    out.set_header("Cache-Control", "no-cache");
    if (call->faults().has(Fault::one_byte)) t_connection->wire.send_single_bytes();
    const Duration pause = pause_of(*call);
    const Duration start = call->faults().has(Fault::slow_start) ? milliseconds_of(*call, Stage::bytes, 1'000) : Duration{};
    out.set_chunked_content_provider(call->script().streams ? "text/event-stream" : "application/json",
                                     [call, pause, start](size_t offset, httplib::DataSink& sink) {
                                       const bool is_late = offset == 0 && start > Duration{};
                                       if (is_late && t_connection->wire.wait(start) != Wire::Event::timeout) return false;
                                       return send_part(*call, pause, sink);
                                     });
  }

  void answer(Replayed& replayed, httplib::Response& out) {
    out.status = replayed.head.status;
    set_headers(out, replayed.head.headers);
    auto parts = std::make_shared<std::vector<std::string>>(std::move(replayed.parts));
    out.set_chunked_content_provider(replayed.head.content_type, [parts, at = size_t{0}, pause = options_.pace](size_t, httplib::DataSink& sink) mutable {
      if (at > 0 && pause > Duration{} && t_connection->wire.wait(pause) != Wire::Event::timeout) return false;
      if (at == parts->size()) {
        sink.done();
        return true;
      }
      const std::string& part = (*parts)[at++];
      return sink.write(part.data(), part.size());
    });
  }

  static Duration milliseconds_of(const Call& call, Stage stage, uint64_t otherwise) {
    constexpr uint64_t kHour = 3'600'000;
    return Duration::millis(static_cast<int64_t>(std::min(call.faults().number(stage, otherwise), kHour)));
  }

  [[nodiscard]] Duration pause_of(const Call& call) const {
    const ActiveFaults& faults = call.faults();
    if (faults.has(Fault::drip)) return milliseconds_of(call, Stage::bytes, 20);
    if (faults.has(Fault::comments_only)) return milliseconds_of(call, Stage::frames, 200);
    const uint64_t parts = call.script().completion_tokens / kTokensAPart + 1;
    const Duration most{kAnswerPacedAtMost.us / static_cast<int64_t>(parts)};
    return options_.is_pace_capped ? std::min(options_.pace, most) : options_.pace;
  }

  // One part of the body. The Call settles by itself when it is dropped unfinished.
  static bool send_part(Call& call, Duration pause, httplib::DataSink& sink) {
    Connection& connection = *t_connection;
    std::string part;
    if (call.next(part)) {
      part = call.as_sent(std::move(part));
      const bool is_sent = sink.write(part.data(), part.size());
      return is_sent && (pause <= Duration{} || connection.wire.wait(pause) == Wire::Event::timeout);
    }
    if (call.wants_stall()) connection.wire.wait(std::nullopt);
    connection.wants_reset = call.wants_reset();
    if (call.wants_stall() || call.wants_reset()) return false;
    sink.done();
    return true;
  }

  Room& room_;
  ServerOptions options_;
  int stop_fd_;
  int refusing_fd_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Room& room, const ServerOptions& options) {
  auto server = std::make_unique<HttplibServer>(room, options);
  if (!server->listen_now()) {
    return make_error(Errc::invalid_argument, "port " + std::to_string(options.port) + " of 127.0.0.1 cannot be had",
                      "choose another with --port, or leave it out for any free one");
  }
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace orthink::sim
