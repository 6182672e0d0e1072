#include "native/serve/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "native/serve/date.h"
#include "native/serve/hangups.h"
#include "native/serve/listener.h"
#include "native/serve/threads.h"
#include "native/system.h"
#include "orthink/base/loopback.h"

#define CPPHTTPLIB_LISTEN_BACKLOG 4096
#define CPPHTTPLIB_RECV_BUFSIZ size_t(4096u)
#include "httplib.h"

namespace orthink::serve {
namespace {

constexpr size_t kOfAddressDefault = 64;
constexpr size_t kThreadsSpare = 64;
constexpr size_t kSmallBody = size_t{16} << 10;  // is sent in one piece with its head
constexpr size_t kRequestsOfConnectionMax = 1'000'000;  // only said in Keep-Alive

using Routes = std::unordered_map<std::string, Handler>;

Answer answer_of(const Routes& routes, const Request& request, Peer& peer) {
  const auto route = routes.find(std::string(request.head.path));
  if (route == routes.end()) return Answer::text(404, "Nothing is here.\n");
  return route->second(request, peer);
}

// The library would copy it behind the head; a reader that reads slowly must not hold it twice.
void hand_over_large(std::string body, const std::string& type, httplib::Response& out) {
  const size_t size = body.size();
  out.set_content_provider(size, type, [kept = std::make_shared<const std::string>(std::move(body))](size_t at, size_t length, httplib::DataSink& sink) {
    return sink.write(kept->data() + at, length);
  });
}

using Stream = std::function<bool(BodySink&)>;

// What the library writes from. `stream` lives until it has.
void hand_over(Answer answer, Stream& stream, bool is_http_1_0, httplib::Response& out) {
  out.status = answer.status;
  out.set_header("Date", http_date_now());
  std::string type;
  for (http::Header& header : answer.headers) {
    if (http::same_name(header.name, "Content-Type")) {
      type = std::move(header.value);
    } else {
      out.set_header(header.name, header.value);
    }
  }
  stream = std::move(answer.stream);
  if (!stream) {
    if (answer.body.size() > kSmallBody) {
      hand_over_large(std::move(answer.body), type, out);
    } else if (!answer.body.empty()) {
      out.set_content(std::move(answer.body), type);
    }
    return;
  }
  class Sink final : public BodySink {
   public:
    explicit Sink(httplib::DataSink& sink) : sink_(sink) {}
    bool write(std::string_view bytes) override { return bytes.empty() || sink_.write(bytes.data(), bytes.size()); }

   private:
    httplib::DataSink& sink_;
  };
  auto provide = [&stream](size_t, httplib::DataSink& library_sink) {
    Sink sink(library_sink);
    const Stream once = std::exchange(stream, nullptr);
    if (!once || !once(sink)) return false;
    library_sink.done();
    return true;
  };
  if (is_http_1_0) {
    out.set_content_provider(type, std::move(provide));
  } else {
    out.set_chunked_content_provider(type, std::move(provide));
  }
}

// The library's view of a Connection: the clean head to read, nothing behind it, and its writes watched for what ends a connection.
class LibraryStream final : public httplib::Stream {
 public:
  explicit LibraryStream(Connection& connection) : connection_(connection) {}

  void begin(const RequestHead& head) {
    clean_.clear();
    clean_.append(head.method).append(" ").append(head.path).append(" HTTP/1.1\r\nHost: ").append(head.host).append("\r\n");
    if (head.method[0] == 'P') clean_.append("Content-Length: 0\r\n");  // the body has been read
    clean_.append("\r\n");
    at_ = 0;
    status_digit_ = 0;
  }
  [[nodiscard]] bool is_error() const { return status_digit_ >= '4'; }

  bool is_readable() const override { return at_ < clean_.size(); }
  bool wait_readable() const override { return is_readable(); }
  // Asked before each piece of a body. Whoever makes the body heeds the Peer; some go on without it.
  bool wait_writable() const override { return true; }
  bool is_peer_alive() const override { return true; }
  ssize_t read(char* into, size_t size) override {
    const size_t n = std::min(size, clean_.size() - at_);
    std::copy_n(clean_.data() + at_, n, into);
    at_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* bytes, size_t size) override {
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    if (status_digit_ == 0 && size > kVersion.size()) status_digit_ = bytes[kVersion.size()];
    return connection_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = connection_.address();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

 private:
  Connection& connection_;
  std::string clean_;
  size_t at_ = 0;
  char status_digit_ = 0;
};

// The request that the thread is working on; the library's handlers are not told.
struct Work {
  const Routes& routes;
  Connection& connection;
  Stream stream;  // of the answer, until it has begun
};
thread_local Work* t_work = nullptr;

// The head could not be sent, or wanted no body: what would have made it must still come to its end.
void run_unsent(const Stream& stream) {
  class Nowhere final : public BodySink {
   public:
    bool write(std::string_view) override { return false; }
  };
  Nowhere nowhere;
  stream(nowhere);
}

class Library final : public httplib::Server {
 public:
  Library(Duration idle, int listening) {
    svr_sock_ = listening;  // a library that does not listen takes itself for shutting down, and streams nothing
    set_keep_alive_timeout(idle.us / 1'000'000);
    set_keep_alive_max_count(kRequestsOfConnectionMax);
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& out) {
      const RequestHead& head = t_work->connection.head();
      Answer answer = answer_of(t_work->routes, {head, t_work->connection.body()}, t_work->connection);
      hand_over(std::move(answer), t_work->stream, head.is_http_1_0, out);
      return HandlerResponse::Handled;
    });
  }

  // False: the connection must end.
  bool answer(Work& work, LibraryStream& stream) {
    static const std::string kNowhere;
    const RequestHead& head = work.connection.head();
    stream.begin(head);
    const bool closes = !head.keeps_alive || !work.connection.drains_until().is_never();
    bool is_closed = false;
    t_work = &work;
    const bool is_good = process_request(stream, kNowhere, 0, kNowhere, 0, closes, is_closed, nullptr);
    t_work = nullptr;
    if (work.stream) run_unsent(std::exchange(work.stream, nullptr));
    return is_good && !is_closed && !closes && !stream.is_error() && !work.connection.is_broken();
  }
};

class GuardedServer final : public HttpServer {
 public:
  GuardedServer(ServerOptions options, Routes routes, std::unique_ptr<Listener> listener, size_t connections_max)
      : options_(std::move(options)),
        routes_(std::move(routes)),
        listener_(std::move(listener)),
        library_(options_.limits.idle_deadline, listener_->fd()),
        connections_max_(connections_max),
        threads_(connections_max + kThreadsSpare) {
    shared_.turn_away = options_.turn_away;
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~GuardedServer() override {
    GuardedServer::begin_drain(Duration{});
    GuardedServer::wait();
  }

  [[nodiscard]] uint16_t port() const override { return listener_->port(); }
  [[nodiscard]] size_t connections_max() const override { return connections_max_; }
  [[nodiscard]] ServerFacts facts() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {admitted_, accepted_, refused_, shed_};
  }

  void begin_drain(Duration grace) override {
    listener_->stop();
    const std::lock_guard<std::mutex> lock(mutex_);
    drains_until_ = std::min(drains_until_, now() + grace);
    for (Connection* connection : connections_) connection->drain(drains_until_);
  }

  void wait() override {
    if (accepting_.joinable()) accepting_.join();
    threads_.finish();
  }

 private:
  void accept_all() {
    while (true) {
      Listener::Accepted accepted = listener_->accept();
      if (accepted.fd < 0) return;
      if (!admit(accepted.address)) {
        shed(accepted.fd);
      } else if (!threads_.run([this, accepted] { serve(accepted.fd, accepted.address); })) {
        leave(accepted.address);
        shed(accepted.fd);
      }
    }
  }

  [[nodiscard]] size_t cap_of(const std::string& address) const {
    if (options_.connections_of_address_max > 0) return options_.connections_of_address_max;
    return is_loopback_host(address) ? connections_max_ : kOfAddressDefault;
  }

  bool admit(const std::string& address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++accepted_;
    size_t& of_address = of_address_[address];
    if (admitted_ >= connections_max_ || of_address >= cap_of(address)) {
      if (of_address == 0) of_address_.erase(address);
      ++shed_;
      return false;
    }
    ++of_address;
    ++admitted_;
    return true;
  }

  void leave(const std::string& address) {
    const std::lock_guard<std::mutex> lock(mutex_);
    --admitted_;
    const auto at = of_address_.find(address);
    if (--at->second == 0) of_address_.erase(at);
  }

  void shed(int fd) {
    if (options_.on_refused) options_.on_refused(503, "too many connections");
    const std::string answer = "HTTP/1.1 503 Service Unavailable\r\nDate: " + http_date_now() +
                               "\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    char unread[4'096];
    static_cast<void>(::recv(fd, unread, sizeof unread, MSG_DONTWAIT));  // what is left unread would make the close a reset
    static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    ::close(fd);
  }

  void serve(int fd, const std::string& address) {
    {
      Connection connection(fd, address, options_.limits, shared_);
      enter(connection);
      talk(connection);
      const std::lock_guard<std::mutex> lock(mutex_);
      connections_.erase(&connection);
    }
    leave(address);
  }

  void enter(Connection& connection) {
    const std::lock_guard<std::mutex> lock(mutex_);
    connections_.insert(&connection);
    if (!drains_until_.is_never()) connection.drain(drains_until_);
  }

  void talk(Connection& connection) {
    LibraryStream stream(connection);
    Work work{routes_, connection, nullptr};
    Connection::Next next = Connection::Next::closed;
    while ((next = connection.next()) == Connection::Next::request) {
      const bool goes_on = library_.answer(work, stream);
      connection.done();
      if (goes_on) continue;
      connection.finish();
      return;
    }
    if (next != Connection::Next::refused) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++refused_;
    }
    if (options_.on_refused) options_.on_refused(connection.refusal().status, connection.refusal().reason);
    connection.finish();
  }

  const ServerOptions options_;
  const Routes routes_;
  const std::unique_ptr<Listener> listener_;
  Library library_;
  const size_t connections_max_;
  Shared shared_;
  mutable std::mutex mutex_;
  std::unordered_set<Connection*> connections_;
  std::unordered_map<std::string, size_t> of_address_;
  size_t admitted_ = 0;
  uint64_t accepted_ = 0;
  uint64_t refused_ = 0;
  uint64_t shed_ = 0;
  Instant drains_until_ = Instant::never();
  std::thread accepting_;
  Threads threads_;
};

// The library with its own connections and its own reading of heads, for comparison alone.
class BareServer final : public HttpServer {
 public:
  BareServer(const ServerOptions& options, Routes routes) : connections_max_(options.connections_max), routes_(std::move(routes)) {
    server_.new_task_queue = [this] { return new httplib::ThreadPool(8, connections_max_); };
    server_.set_tcp_nodelay(true);
    server_.set_payload_max_length(options.limits.head.body_bytes_max);
    server_.set_keep_alive_max_count(kRequestsOfConnectionMax);
    for (const auto& [path, handler] : routes_) {
      const auto answer = [&handler = handler](const httplib::Request& request, httplib::Response& out) { handle(handler, request, out); };
      server_.Get(path, answer);
      server_.Post(path, answer);
      server_.Delete(path, answer);
    }
  }
  ~BareServer() override {
    BareServer::begin_drain(Duration{});
    BareServer::wait();
  }
  bool listen(const std::string& address, uint16_t port) {
    const int bound = port == 0 ? server_.bind_to_any_port(address) : (server_.bind_to_port(address, port) ? port : -1);
    if (bound <= 0) return false;
    port_ = static_cast<uint16_t>(bound);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    server_.wait_until_ready();
    return true;
  }
  [[nodiscard]] uint16_t port() const override { return port_; }
  [[nodiscard]] size_t connections_max() const override { return connections_max_; }
  [[nodiscard]] ServerFacts facts() const override { return {}; }
  void begin_drain(Duration) override { server_.stop(); }
  void wait() override {
    if (thread_.joinable()) thread_.join();
  }

 private:
  class LonePeer final : public Peer {
   public:
    [[nodiscard]] bool is_gone() const override { return false; }
    [[nodiscard]] Instant drains_until() const override { return Instant::never(); }
    [[nodiscard]] std::string_view address() const override { return "127.0.0.1"; }
    void wake_on_change(std::function<void()>) override {}
  };
  static void handle(const Handler& handler, const httplib::Request& request, httplib::Response& out) {
    RequestHead head;
    head.method = request.method;
    head.path = request.path;
    for (const auto& [name, value] : request.headers) head.headers.push_back({name, value});
    head.host = head.find("Host");
    static thread_local Stream stream;  // the library calls it on this thread, before the next request
    static LonePeer peer;
    hand_over(handler({head, request.body}, peer), stream, false, out);
  }

  size_t connections_max_;
  Routes routes_;
  httplib::Server server_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, std::vector<Route> routes) {
  if (!options.has_authentication && !is_loopback_host(options.address)) {
    return make_error(Errc::invalid_argument, "'" + options.address + "' can be reached from other machines, and nobody checks who calls",
                      "configure authentication, or listen on 127.0.0.1");
  }
  Routes by_path;
  for (Route& route : routes) by_path.emplace(std::move(route.path), std::move(route.handler));
  if (!options.is_guarded) {
    auto bare = std::make_unique<BareServer>(options, std::move(by_path));
    if (bare->listen(options.address, options.port)) return std::unique_ptr<HttpServer>(std::move(bare));
    return make_error(Errc::invalid_argument, "port " + std::to_string(options.port) + " of " + options.address + " cannot be had",
                      "choose another port, or 0 for any free one");
  }
  auto listener = Listener::open(options.address, options.port);
  if (!listener) return listener.error();
  const size_t connections_max = descriptors_for(options.connections_max, options.descriptors_kept);
  prepare_for_sleepers(connections_max);
  return std::unique_ptr<HttpServer>(
      std::make_unique<GuardedServer>(std::move(options), std::move(by_path), std::move(*listener), connections_max));
}

}  // namespace orthink::serve
