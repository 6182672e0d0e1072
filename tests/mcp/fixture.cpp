// mcp_fixture: the server that the official conformance suite is run against: our core and our transport with the suite's own tools.
//
//   mcp_fixture PORT            Streamable HTTP on 127.0.0.1, /mcp, with sessions; 0 = any port, which is printed
//   mcp_fixture --stdio         one conversation on standard input and output
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include "native/serve/http_server.h"
#include "native/serve/mcp_endpoint.h"
#include "native/serve/stdio.h"
#include "native/system.h"
#include "orthink/mcp/sessions.h"
#include "tests/mcp/fixture_offer.h"
#include "tests/mcp/fixture_service.h"

using namespace orthink;

namespace {

class KeptSessions : public mcp::Sessions {
 public:
  std::string open(mcp::Session session) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::string id = random_id("session-");
    sessions_.emplace(id, std::move(session));
    return id;
  }
  std::optional<mcp::Session> find(std::string_view id) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto session = sessions_.find(id);
    return session == sessions_.end() ? std::nullopt : std::optional(session->second);
  }
  void change(std::string_view id, const mcp::LegacyPeer& peer) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto session = sessions_.find(id); session != sessions_.end()) session->second.peer = peer;
  }
  void close(std::string_view id) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto session = sessions_.find(id); session != sessions_.end()) sessions_.erase(session);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, mcp::Session, std::less<>> sessions_;
};

int serve_http(const mcp::Menu& menu, uint16_t port) {
  test::FixtureService service;
  KeptSessions sessions;
  mcp::HttpOptions http;
  http.state_key = random_id("");
  http.progress_interval = Duration{};  // the suite wants three reports within 100 ms
  http.sessions = &sessions;
  serve::McpEndpoint endpoint({.menu = menu, .http = http, .service = service});
  serve::ServerOptions options;
  options.port = port;
  auto server = serve::HttpServer::start(options, {{"/mcp", endpoint.handler()}});
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("http://127.0.0.1:%u/mcp\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  (*server)->wait();
  return 0;
}

int serve_lines(const mcp::Menu& menu) {
  test::FixtureService service;
  serve::StdioOptions options{.menu = menu, .service = service};
  options.conversation.state_key = random_id("");
  options.conversation.progress_interval = Duration{};
  serve::serve_stdio(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Result<mcp::Menu> menu = mcp::Menu::open(test::fixture_offer());
  if (!menu || argc != 2) {
    std::fprintf(stderr, "%s\n", menu ? "usage: mcp_fixture PORT | --stdio" : menu.error().message.c_str());
    return 2;
  }
  const std::string how = argv[1];
  if (how == "--stdio") return serve_lines(*menu);
  return serve_http(*menu, static_cast<uint16_t>(std::strtoul(how.c_str(), nullptr, 10)));
}
