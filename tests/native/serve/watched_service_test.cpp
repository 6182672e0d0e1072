#include "native/serve/watched_service.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/native/observe/exposition.h"

using namespace orthink;
using serve::Mailbox;
using serve::WatchedService;

namespace {

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// Answers at once with what it was made with; nothing: not at all.
class Told final : public serve::Service {
 public:
  std::optional<mcp::News> end;
  std::string traceparent;

  std::unique_ptr<serve::Job> start(mcp::Call call, const access::Principal&, std::shared_ptr<Mailbox> to) override {
    traceparent = call.traceparent;
    if (end) to->post(call.number, *end);
    return nullptr;
  }
};

std::unique_ptr<observe::Telemetry> opened() {
  Result<std::unique_ptr<observe::Telemetry>> telemetry = observe::Telemetry::open({});
  REQUIRE(telemetry);
  return std::move(*telemetry);
}

mcp::Call call_of(std::string_view tool) {
  mcp::Call call;
  call.number = 1;
  call.method = "tools/call";
  call.name = tool;
  call.traceparent = kParent;
  return call;
}

std::optional<std::string> counted(observe::Telemetry& telemetry, const std::string& error) {
  return test::read_exposition(telemetry.prometheus())
      .value("mcp_server_operation_duration_seconds_count",
             {{"mcp_method_name", "tools/call"}, {"gen_ai_tool_name", "health"}, {"error_type", error}});
}

}  // namespace

TEST_CASE("each way a request ends is counted under its own name") {
  const auto telemetry = opened();
  Told told;
  WatchedService watched(told, *telemetry, observe::RequestFacts::Transport::http);
  const auto mailbox = std::make_shared<Mailbox>();
  const auto run = [&](mcp::News news) {
    told.end = std::move(news);
    watched.start(call_of("health"), access::Principal::local(), mailbox);
  };
  run(mcp::news::Result{R"({"content":[{"type":"text","text":"\"isError\":true"}]})"});
  CHECK(counted(*telemetry, "") == "1");
  run(mcp::news::Result{R"({"content":[],"isError":true})"});
  CHECK(counted(*telemetry, "tool_error") == "1");
  run(mcp::news::Fault{-32602, "Unknown tool", {}});
  CHECK(counted(*telemetry, "-32602") == "1");
  run(mcp::news::Fault{-1, "odd", {}});
  CHECK(counted(*telemetry, "_OTHER") == "1");
  CHECK(told.traceparent == kParent);
}

TEST_CASE("progress ends nothing, and an asker who leaves is counted as such") {
  const auto telemetry = opened();
  Told told;
  WatchedService watched(told, *telemetry, observe::RequestFacts::Transport::stdio);
  auto mailbox = std::make_shared<Mailbox>();
  told.end = mcp::news::Progress{1, std::nullopt, "thinking"};
  watched.start(call_of("health"), access::Principal::local(), mailbox);
  CHECK_FALSE(counted(*telemetry, ""));
  mailbox.reset();
  CHECK(counted(*telemetry, "cancelled") == "1");
}

TEST_CASE("without telemetry the service is asked as it is") {
  observe::Telemetry off;
  Told told;
  told.end = mcp::news::Result{"{}"};
  WatchedService watched(told, off, observe::RequestFacts::Transport::http);
  const auto mailbox = std::make_shared<Mailbox>();
  watched.start(call_of("health"), access::Principal::local(), mailbox);
  uint64_t call = 0;
  mcp::News news;
  CHECK(mailbox->take(call, news));
}
