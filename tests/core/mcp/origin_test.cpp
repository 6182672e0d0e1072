#include "orthink/mcp/origin.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink::mcp;

namespace {

bool is_ours(std::string_view host, std::optional<std::string_view> origin = std::nullopt) {
  return !origin_fault(host, origin, {"mcp.example"}, {"https://app.example", "vscode-webview://x"});
}

}  // namespace

TEST_CASE("loopback names and the configured ones are ours under any port") {
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1:8080", "127.0.0.2", "[::1]", "[::1]:65535", "mcp.example", "MCP.example:443"}) CHECK(is_ours(host));
  for (const char* host : {"", ":80", "evil.example", "localhost.evil.example", "evil.localhost", "127.0.0.1.evil.example", "127.0.0.2.", "127.2", "[::2]", "[::1",
                           "localhost:", "localhost:x", "localhost:123456", "localhost:80:80", "::1", "localhost/", "localhost@evil.example", "mcp.example.evil", "evil.mcp.example", "mcp.exampl"})
    CHECK_FALSE(is_ours(host));
}

TEST_CASE("an origin is ours by its host, or by its whole name") {
  CHECK(is_ours("localhost"));
  for (const char* origin : {"http://localhost", "http://localhost:3000", "https://127.0.0.1:1", "http://[::1]:5", "https://mcp.example", "https://app.example",
                             "https://APP.example", "vscode-webview://x"})
    CHECK(is_ours("localhost", origin));
  for (const char* origin : {"", "null", "localhost", "http://", "http://evil.example", "http://localhost.evil.example", "http://localhost@evil.example",
                             "http://localhost/x", "ftp://localhost", "http://app.example", "https://app.example:8443", "https://app.example.evil"})
    CHECK_FALSE(is_ours("localhost", origin));
  CHECK_FALSE(is_ours("evil.example", "http://localhost"));
}
