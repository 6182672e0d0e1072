// StatusPages: what is served beside MCP, for whoever keeps the server running: /metrics, /healthz, /readyz.
//
//   StatusPages pages({.telemetry = telemetry, .ready = [&] { return ready_facts(); }, .began = began});
//   HttpServer::start({.port = 9464}, pages.routes());     // a listener of its own: none of this is for callers
//
// They answer GET and HEAD. Nothing in them names a user, a key or a question. Without a token they answer under loopback's names alone, so
// that no page in a browser reads them (DNS rebinding); with one, /metrics wants "Authorization: Bearer TOKEN" under any name, and the
// two others, which orchestrators ask without credentials, stay open.
// Thread rule: the routes may run on any number of threads; it outlives the server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/key.h"
#include "native/observe/health.h"
#include "native/observe/telemetry.h"
#include "native/serve/http_server.h"
#include "orthink/base/instant.h"

namespace orthink::serve {

struct StatusPagesOptions {
  observe::Telemetry& telemetry;                // outlives the pages
  std::function<observe::ReadyFacts()> ready;   // asked for each /readyz, on any thread
  Instant began;
  Secret token{};  // empty: none is wanted
};

class StatusPages {
 public:
  explicit StatusPages(StatusPagesOptions options) : options_(std::move(options)) {}
  StatusPages(const StatusPages&) = delete;
  StatusPages& operator=(const StatusPages&) = delete;

  [[nodiscard]] std::vector<Route> routes();

 private:
  // Nothing: the request may be answered.
  [[nodiscard]] std::optional<Answer> refusal(const Request& request, bool wants_token) const;
  Route route(std::string path, bool wants_token, std::function<Answer()> page);

  const StatusPagesOptions options_;
};

}  // namespace orthink::serve
