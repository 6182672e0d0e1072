// Host: the server as a whole: the tools over HTTP, over standard input or both, who may call them, what is told of them, and its end.
//
//   Result<std::unique_ptr<Host>> host = Host::open(config, {.has_http = true});
//   tell((*host)->url());
//   ... on SIGHUP: (*host)->reload(load_config(flags)) ...
//   (*host)->stop(config.drain());
//
// Opening reads the configuration and binds addresses; key, store and upstream are looked for when a call needs them.
// Thread rule: open, stop and the destructor on one thread; reload() from any, talk() on one of its own.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <utility>
#include <vector>

#include "native/access/gate.h"
#include "native/call/desk.h"
#include "native/config.h"
#include "native/observe/log.h"
#include "native/observe/telemetry.h"
#include "native/serve/http_server.h"
#include "native/serve/mcp_endpoint.h"
#include "native/serve/product.h"
#include "native/serve/status_pages.h"
#include "native/serve/stdio.h"
#include "native/serve/watched_service.h"
#include "orthink/mcp/menu.h"

namespace orthink::serve {

struct HostOptions {
  bool has_http = true;  // listens where the configuration says; else there is only talk()
};

// "127.0.0.1:8337", "[::1]:8337", "localhost:0".
struct ListenAddress {
  std::string address;
  uint16_t port = 0;
  // Errc::invalid_argument for another form.
  static Result<ListenAddress> parse(std::string_view text);
  // As clients name it: "127.0.0.1", "[::1]"; empty for an address that is every one of the machine's ("0.0.0.0", "::") and so no name.
  [[nodiscard]] std::string host_name() const;
  [[nodiscard]] std::string url(uint16_t bound_port) const;  // "http://127.0.0.1:8337"
};

class Host {
 public:
  // Errc::invalid_config or invalid_argument for a setting or an address, among them one that is not loopback while `auth` is none.
  static Result<std::unique_ptr<Host>> open(const Config& config, const HostOptions& options);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] std::string url() const;          // of the tools: "http://127.0.0.1:8337/mcp"; empty without HTTP
  [[nodiscard]] std::string metrics_url() const;  // empty where there is none

  // One conversation on a pair of descriptors, as the local user. Ends when the client leaves, or soon after `stop_fd` is readable.
  StdioEnd talk(int stop_fd, Duration grace, int in = 0, int out = 1);
  // The upstream's key, the table of bearer keys and the limits of the configuration, read anew; what cannot be read stays as it was and is
  // logged.
  void reload(Result<Config> fresh);
  // From now on no connections and no paid calls are taken; what runs may end within `grace`. Returns at once. Again: the sooner end holds.
  // Any thread.
  void begin_drain(Duration grace);
  // The same, and what is late is cancelled, and its rows settled or marked. Returns when all is over.
  void stop(Duration grace);

  // A stop that is under way waits for nobody any more. Any thread.
  void hurry();

  [[nodiscard]] Product& product() { return *product_; }
  [[nodiscard]] observe::Log& log() { return log_; }

 private:
  explicit Host(const Config& config);
  Result<void> open_gate(const Config& config);
  Result<void> open_telemetry(const Config& config);
  Result<void> listen(const Config& config);
  Result<void> listen_for_metrics(const Config& config);
  std::variant<access::Principal, Answer> admit(const Request& request);
  observe::ReadyFacts readiness();
  template <class Part>
  std::unique_ptr<Part> take(std::unique_ptr<Part>& part) {
    const std::lock_guard lock(parts_mutex_);
    return std::move(part);
  }
  std::vector<Route> routes(const Config& config);

  const Instant began_;
  observe::Log log_;
  Desk desk_;
  std::unique_ptr<observe::Telemetry> telemetry_;
  std::unique_ptr<access::Gate> gate_;
  std::optional<mcp::Menu> menu_;
  mcp::HttpOptions http_options_;
  std::unique_ptr<Product> product_;
  std::unique_ptr<WatchedService> over_http_, over_stdio_;
  std::unique_ptr<StatusPages> pages_;
  std::unique_ptr<McpEndpoint> endpoint_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpServer> metrics_server_;
  std::string url_, metrics_url_;
  std::mutex parts_mutex_;  // of the ends of server_ and product_, and of drained_at_
  Instant drained_at_ = Instant::never();
};

}  // namespace orthink::serve
