#include "native/serve/watched_service.h"

#include <string_view>
#include <utility>
#include <variant>

#include "native/system.h"

namespace orthink::serve {
namespace {

// A tool's own failure. Within a text the quotes would be escaped, so it can only be the member of an object.
bool says_error(std::string_view result_json) {
  return result_json.find("\"isError\":true") != std::string_view::npos;
}

// A request until its end, or until nobody is left who could take it.
class Watched {
 public:
  Watched(observe::Telemetry& telemetry, observe::RequestFacts facts) : telemetry_(telemetry), facts_(std::move(facts)) {}
  ~Watched() {
    if (has_ended_) return;
    facts_.is_given_up = true;
    tell();
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void end(const mcp::News& news) {
    if (const auto* result = std::get_if<mcp::news::Result>(&news)) facts_.is_tool_error = says_error(result->json);
    if (const auto* fault = std::get_if<mcp::news::Fault>(&news)) facts_.fault = fault->code;
    has_ended_ = true;
    tell();
  }

 private:
  void tell() {
    facts_.ended = now();
    telemetry_.request_ended(std::move(facts_));
  }

  observe::Telemetry& telemetry_;
  observe::RequestFacts facts_;
  bool has_ended_ = false;
};

}  // namespace

std::unique_ptr<Job> WatchedService::start(mcp::Call call, const access::Principal& caller, std::shared_ptr<Mailbox> to) {
  if (!telemetry_.is_on()) return service_.start(std::move(call), caller, std::move(to));
  observe::RequestFacts facts;
  facts.began = now();
  facts.trace = telemetry_.begin_trace(call.traceparent, call.tracestate);
  facts.method = call.method;
  if (call.method == "tools/call") facts.tool = call.name;
  facts.revision = call.revision;
  facts.transport = transport_;
  call.traceparent = facts.trace.is_valid() ? observe::traceparent_text(facts.trace) : std::string();
  call.tracestate = facts.trace.state;
  auto watched = std::make_shared<Watched>(telemetry_, std::move(facts));
  to->when_over(call.number, [watched = std::move(watched)](const mcp::News& news) { watched->end(news); });
  return service_.start(std::move(call), caller, std::move(to));
}

}  // namespace orthink::serve
