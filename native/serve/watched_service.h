// WatchedService: a service, and telemetry that is told of each request it works on: how long it took, how it ended, where it stands in
// the asker's trace.
//
//   WatchedService watched(product, telemetry, observe::RequestFacts::Transport::http);
//   McpEndpoint endpoint({.menu = menu, .http = options, .service = watched});
//
// The service behind it finds the request's own place in call.traceparent, and makes what it does for it children of that.
// Thread rule: that of the service. Both outlive it, and it outlives the mailboxes of its calls.
#pragma once

#include <memory>

#include "native/observe/telemetry.h"
#include "native/serve/work.h"

namespace orthink::serve {

class WatchedService : public Service {
 public:
  WatchedService(Service& service, observe::Telemetry& telemetry, observe::RequestFacts::Transport transport)
      : service_(service), telemetry_(telemetry), transport_(transport) {}

  void foresee(std::string_view request) override { service_.foresee(request); }
  std::unique_ptr<Job> start(mcp::Call call, const access::Principal& caller, std::shared_ptr<Mailbox> to) override;

 private:
  Service& service_;
  observe::Telemetry& telemetry_;
  const observe::RequestFacts::Transport transport_;
};

}  // namespace orthink::serve
