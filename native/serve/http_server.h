// HttpServer: HTTP/1.1 on one address, cpp-httplib behind our own connections.
//
//   auto server = HttpServer::start({.port = 8080}, {{"/healthz", [](const Request&, Peer&) { return Answer::text(200, "ok\n"); }}});
//   ...
//   (*server)->begin_drain(Duration::seconds(10));
//   (*server)->wait();
//
// Every head is checked and every body read before the library is called (head/request_head.h, connection.h): it is handed a clean copy
// of what it must know, writes heads and bodies of answers and frames them. A connection has a thread while it is open.
// Thread rule: begin_drain and facts from any thread; start, wait and destroy on one. Handlers run on the connections' threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native/serve/connection.h"
#include "native/serve/http.h"
#include "orthink/base/result.h"

namespace orthink::serve {

struct ServerOptions {
  std::string address = "127.0.0.1";  // a numeric address, or "localhost"
  uint16_t port = 0;                  // 0: any free one
  // Somebody checks who calls. Without it only loopback addresses are listened on.
  bool has_authentication = false;
  ConnectionLimits limits = {};
  size_t connections_max = 1'024;
  // Of one remote address; 0: 64, but for loopback connections_max, where a reverse proxy speaks for everybody.
  size_t connections_of_address_max = 0;
  // Descriptors that the rest of the process may need; connections_max is lowered to leave them.
  size_t descriptors_kept = 64;
  // False: the library alone, with its own connections, for comparing speeds. Nothing is drained, no hang-up is noticed.
  bool is_guarded = true;
  // Before a body of 64 KB or more is read: the answer to who may not send one (401, 403). Absent: everybody may. On any thread.
  std::function<std::optional<Answer>(const RequestHead&)> turn_away = {};
  // Told of each request that was refused before a handler saw it, and of each connection over a cap (503). On any thread.
  std::function<void(int status, std::string_view reason)> on_refused = {};
};

struct Route {
  std::string path;  // compared as it is, without a query
  Handler handler;   // of every method
};

struct ServerFacts {
  size_t connections = 0;
  uint64_t accepted = 0;
  uint64_t refused = 0;  // heads and bodies
  uint64_t shed = 0;     // connections over a cap
};

class HttpServer {
 public:
  // Errc::invalid_argument: the address is none, cannot be had, or is not loopback while has_authentication is false.
  static Result<std::unique_ptr<HttpServer>> start(ServerOptions options, std::vector<Route> routes);
  // Drains without grace and waits.
  virtual ~HttpServer() = default;

  [[nodiscard]] virtual uint16_t port() const = 0;
  // What connections_max came to after the descriptors of the process were looked at.
  [[nodiscard]] virtual size_t connections_max() const = 0;
  [[nodiscard]] virtual ServerFacts facts() const = 0;
  // No new connections; idle ones are closed, answers in work have `grace` to end. Again: the sooner moment holds.
  virtual void begin_drain(Duration grace) = 0;
  // Until every connection has ended.
  virtual void wait() = 0;
};

}  // namespace orthink::serve
