// Hostile requests over the wire, against the server with the MCP endpoint behind it: each gets its status, none reaches a tool.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "native/serve/http_server.h"
#include "native/serve/mcp_endpoint.h"
#include "tests/native/serve/fixture_service.h"
#include "tests/native/serve/hostile_requests.h"
#include "tests/native/serve/raw_client.h"

using namespace orthink;
using test::HostileRow;
using test::RawAnswer;
using test::RawClient;

namespace {

struct House {
  mcp::Menu menu{std::move(*mcp::Menu::open(test::fixture_offer()))};
  mcp::HttpOptions http;
  test::FixtureService service;
  std::unique_ptr<serve::McpEndpoint> endpoint;
  std::unique_ptr<serve::HttpServer> server;
  std::atomic<uint64_t> refused{0};

  House() {
    endpoint = std::make_unique<serve::McpEndpoint>(serve::EndpointOptions{menu, http, service});
    serve::ServerOptions options;
    options.on_refused = [this](int, std::string_view) { ++refused; };
    auto started = serve::HttpServer::start(options, {{"/mcp", endpoint->handler()}});
    REQUIRE(started);
    server = std::move(*started);
  }
};

const std::string kEcho = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}})";

struct Parts {
  std::string host = "127.0.0.1";
  std::string type = "application/json";
  std::string headers = "MCP-Protocol-Version: 2025-11-25\r\n";
  std::string body = kEcho;
  std::string method = "POST";
  std::string path = "/mcp";
};
std::string made_of(const Parts& parts) {
  return parts.method + " " + parts.path + " HTTP/1.1\r\nHost: " + parts.host + "\r\nContent-Type: " + parts.type +
         "\r\nAccept: application/json, text/event-stream\r\n" + parts.headers + "Content-Length: " + std::to_string(parts.body.size()) + "\r\n\r\n" +
         parts.body;
}
std::string with_body(const std::string& body) {
  Parts parts;
  parts.body = body;
  return made_of(parts);
}
std::string with_host(const std::string& host) {
  Parts parts;
  parts.host = host;
  return made_of(parts);
}
std::string with_headers(const std::string& headers) {
  Parts parts;
  parts.headers = headers;
  return made_of(parts);
}

// DNS rebinding: names and origins that are not ours.
std::vector<HostileRow> foreign() {
  std::vector<HostileRow> rows;
  for (const char* host : {"evil.example", "evil.localhost", "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.256.example", "0.0.0.0", "[::ffff:127.0.0.1]",
                           "localhost.", "127.0.0.1.", "2130706433", "0x7f000001", "127.1", "localhost:80:80", "[::1", "xn--localhost"}) {
    rows.push_back({403, with_host(host)});
  }
  for (const char* origin : {"http://evil.example", "null", "http://evil.localhost", "http://localhost.evil.example", "http://127.0.0.1.nip.io",
                             "http://[::ffff:127.0.0.1]", "file://", "chrome-extension://abc", "http://localhost@evil.example", "localhost", "http://"}) {
    rows.push_back({403, with_headers("Origin: " + std::string(origin) + "\r\n")});
  }
  return rows;
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// Bodies that are not one JSON-RPC message.
std::vector<HostileRow> bad_messages() {
  std::vector<HostileRow> rows;
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("null"), std::string("1"), std::string("\"x\""), std::string("[]"), "[" + kEcho + "]",
        "[" + kEcho + "," + kEcho + "]", kEcho + kEcho, kEcho + "\n" + kEcho, kEcho + std::string(1, '\0'), std::string("{}"), std::string("\xef\xbb\xbf{"),
        std::string(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), std::string(R"({"id":1,"method":"ping"})"),
        std::string(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), std::string(R"({"jsonrpc":"2.0","id":{},"method":"ping"})"),
        std::string(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})"), std::string(R"({"jsonrpc":"2.0","id":1,"method":7})"),
        std::string("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"), R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)" + nested(70) + "}",
        R"({"jsonrpc":"2.0","id":1,"method":"ping","params":)" + nested(100'000) + "}", std::string(1'000'000, '['),
        std::string("id=1&method=ping"), std::string("<?xml version=\"1.0\"?>")}) {
    rows.push_back({400, with_body(body)});
  }
  return rows;
}

std::string modern_with(const std::string& headers, const std::string& meta) {
  Parts parts;
  parts.headers = headers;
  parts.body = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{},"_meta":)" + meta + "}}";
  return made_of(parts);
}

// Headers that do not say what the body says (specification 2026-07-28, "Server Validation of Headers").
std::vector<HostileRow> mismatches() {
  const std::string meta = R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";
  const std::string version = "MCP-Protocol-Version: 2026-07-28\r\n", method = "Mcp-Method: tools/call\r\n", name = "Mcp-Name: echo\r\n";
  return {
      {400, modern_with(version, meta)},
      {400, modern_with(version + method, meta)},
      {400, modern_with(version + name, meta)},
      {400, modern_with(method + name, meta)},
      {400, modern_with(version + "Mcp-Method: tools/list\r\n" + name, meta)},
      {400, modern_with(version + "Mcp-Method: Tools/Call\r\n" + name, meta)},
      {400, modern_with(version + method + "Mcp-Name: hang\r\n", meta)},
      {400, modern_with(version + method + "Mcp-Name: Echo\r\n", meta)},
      {400, modern_with(version + method + "Mcp-Name:\r\n", meta)},
      {400, modern_with(version + method + "Mcp-Name: =?base64?aGFuZw==?=\r\n", meta)},
      {400, modern_with(version + method + "Mcp-Name: =?base64?%%%?=\r\n", meta)},
      {400, modern_with("MCP-Protocol-Version: 2025-11-25\r\n" + method + name, meta)},
      {400, modern_with("MCP-Protocol-Version: 2099-01-01\r\n" + method + name, meta)},
      {400, modern_with(version + method + name, R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})")},
      {400, with_headers("MCP-Protocol-Version: nonsense\r\n")},
  };
}

std::vector<HostileRow> wrong_shapes() {
  std::vector<HostileRow> rows;
  const auto with = [](auto change) {
    Parts parts;
    change(parts);
    return made_of(parts);
  };
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "application/xml"}) {
    rows.push_back({415, with([&](Parts& parts) { parts.type = type; })});
  }
  for (const char* path : {"/", "/mcp/", "/mcp/..", "/MCP", "//mcp", "/mcp%2f", "/m%63p", "/./mcp", "/.env", "/metrics"}) {
    rows.push_back({404, with([&](Parts& parts) { parts.path = path; })});
  }
  for (const char* method : {"PUT", "PATCH"}) rows.push_back({405, with([&](Parts& parts) { parts.method = method; })});
  rows.push_back({405, test::get("")});
  rows.push_back({405, test::head_of("DELETE /mcp HTTP/1.1")});
  return rows;
}

// Sends it, expects the status and the end of the connection.
void expect_refused(const House& house, const HostileRow& row) {
  INFO(row.bytes.substr(0, 300));
  RawClient client(house.server->port());
  client.send(row.bytes);
  const RawAnswer answer = client.read_answer();
  CHECK(answer.status == row.status);
  CHECK(answer.is_whole);
  CHECK(RawClient::header(answer.head, "Connection") == "close");
  CHECK(client.wait_closed());
}

}  // namespace

TEST_CASE("every hostile request gets its status and reaches no tool") {
  House house;
  size_t sent = 0, before_the_library = 0;
  for (const auto& rows : {test::bad_lines(), test::bad_headers(), test::bad_bodies()}) {
    for (const HostileRow& row : rows) expect_refused(house, row);
    before_the_library += rows.size();
  }
  CHECK(house.refused == before_the_library);
  sent = before_the_library;
  for (const auto& rows : {foreign(), bad_messages(), mismatches(), wrong_shapes()}) {
    for (const HostileRow& row : rows) expect_refused(house, row);
    sent += rows.size();
  }
  CHECK(sent >= 160);
  CHECK(house.service.started == 0);
  RawClient client(house.server->port());
  client.send(made_of({}));
  CHECK(client.read_answer().status == 200);
  CHECK(house.service.started == 1);
}

TEST_CASE("a refused request takes what stands behind it along") {
  House house;
  const std::string good = made_of({});
  for (const auto& rows : {test::bad_lines(), test::bad_headers(), test::bad_bodies()}) {
    for (const HostileRow& row : rows) {
      INFO(row.bytes.substr(0, 300));
      RawClient client(house.server->port());
      client.send(row.bytes + good);
      CHECK(client.read_answer().status == row.status);
      CHECK(client.wait_closed());
    }
  }
  CHECK(house.service.started == 0);
}

TEST_CASE("smuggling: as many answers as requests, whoever counts") {
  struct Sent {
    int answers;
    uint64_t calls;
    std::string bytes;
  };
  const std::string good = made_of({});
  const std::string last = with_headers("MCP-Protocol-Version: 2025-11-25\r\nConnection: close\r\n");
  Parts holding;
  holding.body = good;  // a request as a body
  const std::vector<Sent> all = {
      {2, 2, good + last},
      {1, 0, made_of(holding) + last},
      {1, 0, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + last},
      {1, 0, "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + last},
      {1, 0, "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" + last},
      {1, 0, "GET /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 44\r\n\r\n" + last},
      {1, 0, "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{}\n" + last},
      {2, 1, good + "GET /mcp HTTP/1.1\r\nHost: a\r\nX: a\n\r\n" + last},
  };
  for (const Sent& sent : all) {
    House house;
    INFO(sent.bytes.substr(0, 200));
    RawClient client(house.server->port());
    client.send(sent.bytes);
    int answers = 0;
    while (client.read_answer().status != 0) ++answers;
    CHECK(answers == sent.answers);
    CHECK(house.service.started == sent.calls);
  }
}
