#include "native/serve/status_pages.h"

#include <algorithm>
#include <string_view>

#include "native/observe/prometheus.h"
#include "native/system.h"
#include "orthink/access/challenge.h"
#include "orthink/access/keys.h"
#include "orthink/base/sha256.h"
#include "orthink/mcp/origin.h"

namespace orthink::serve {
namespace {

Answer page_of(int status, std::string_view type, std::string body) {
  return {status, {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}, std::move(body), {}};
}

std::optional<std::string_view> value_of(const Request& request, std::string_view name) {
  for (const HeadLine& line : request.head.headers)
    if (http::same_name(line.name, name)) return line.value;
  return std::nullopt;
}

// Sums are compared, so that the time tells nothing of the token.
bool is_token(std::string_view authorization, const Secret& token) {
  const access::Judged<std::string_view> given = access::bearer_of(authorization);
  return given && access::same_digest(Sha256::of(*given), Sha256::of(token.reveal()));
}

}  // namespace

std::optional<Answer> StatusPages::refusal(const Request& request, bool wants_token) const {
  if (request.head.method != "GET" && request.head.method != "HEAD") {
    return Answer::text(405, "This page can only be read.\n", {{"Allow", "GET, HEAD"}});
  }
  if (options_.token.empty()) {
    const std::optional<std::string> fault = mcp::origin_fault(request.head.host, value_of(request, "Origin"), {}, {});
    return fault ? std::optional(Answer::text(403, *fault + "\n")) : std::nullopt;
  }
  if (!wants_token || is_token(value_of(request, "Authorization").value_or(""), options_.token)) return std::nullopt;
  return Answer::text(401, "This page wants the token of ORTHINK_METRICS_TOKEN.\n", {{"WWW-Authenticate", "Bearer realm=\"metrics\""}});
}

Route StatusPages::route(std::string path, bool wants_token, std::function<Answer()> page) {
  return {std::move(path), [this, wants_token, page = std::move(page)](const Request& request, Peer&) {
            std::optional<Answer> refused = refusal(request, wants_token);
            return refused ? std::move(*refused) : page();
          }};
}

std::vector<Route> StatusPages::routes() {
  const auto health = [](observe::HealthPage page) { return page_of(page.status, observe::kHealthType, std::move(page.body)); };
  return {route("/metrics", true, [this] { return page_of(200, observe::kPrometheusType, options_.telemetry.prometheus()); }),
          route("/healthz", false, [this, health] { return health(observe::alive_page(now() - options_.began)); }),
          route("/readyz", false, [this, health] { return health(observe::ready_page(options_.ready())); })};
}

}  // namespace orthink::serve
