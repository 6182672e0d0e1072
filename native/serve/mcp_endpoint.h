// McpEndpoint: MCP over HTTP. Drives an mcp::HttpExchange for each request, on the thread of its connection.
//
//   McpEndpoint endpoint({.menu = menu, .http = http_options, .service = service});
//   HttpServer::start(options, {{"/mcp", endpoint.handler()}});
//
// While a call is at work its thread waits for news of it, for the client's leaving and for the end of a drain; when the drain's grace is
// over, what is open ends with an error.
// Thread rule: the handler may run on any number of threads. The endpoint outlives the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "native/serve/http.h"
#include "native/serve/work.h"
#include "orthink/access/principal.h"
#include "orthink/mcp/http_exchange.h"
#include "orthink/mcp/menu.h"

namespace orthink::serve {

struct EndpointOptions {
  const mcp::Menu& menu;          // all three outlive the endpoint
  const mcp::HttpOptions& http;
  Service& service;
  // Who calls, or the answer that turns him away (401, 403). Absent: everybody is the local user. Not asked for OPTIONS, which browsers
  // send without credentials. Any thread.
  std::function<std::variant<access::Principal, Answer>(const Request&)> admit = {};
  // Told of each answer's status, and of the time from its request to the sending of its head where it waited for no work. Any thread.
  std::function<void(int status, std::optional<Duration> took)> on_answer = {};
  // Told when a stream of events begins (true) and when it has ended (false). Any thread.
  std::function<void(bool begins)> on_stream = {};
};

// Who is waiting for deliveries from other requests of the same client, by key.
// Thread rule: any thread.
class Board {
 public:
  void enlist(const std::string& key, uint64_t exchange, uint64_t number, const std::shared_ptr<Mailbox>& mailbox);
  void leave(const std::string& key, uint64_t exchange);
  // A cancellation reaches nobody where several wait under its key: clients that cannot be told apart do not cancel each other's calls.
  void deliver(const std::string& key, const mcp::News& news);

 private:
  struct Member {
    uint64_t exchange;
    uint64_t number;
    std::weak_ptr<Mailbox> mailbox;
  };
  std::mutex mutex_;
  std::unordered_multimap<std::string, Member> members_;
};

class McpEndpoint {
 public:
  explicit McpEndpoint(EndpointOptions options) : options_(std::move(options)) {}
  McpEndpoint(const McpEndpoint&) = delete;
  McpEndpoint& operator=(const McpEndpoint&) = delete;

  Answer answer(const Request& request, Peer& peer);
  // The answer that turns away who sent this head, whatever else it asks for. Any thread.
  std::optional<Answer> turn_away(const RequestHead& head) const;
  [[nodiscard]] Handler handler() {
    return [this](const Request& request, Peer& peer) { return answer(request, peer); };
  }

 private:
  friend class ExchangeRun;
  [[nodiscard]] std::variant<access::Principal, Answer> admitted(const Request& request) const;

  const EndpointOptions options_;
  Board board_;
  std::atomic<uint64_t> last_exchange_{0};
};

}  // namespace orthink::serve
