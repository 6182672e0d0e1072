// The server as a whole: where it listens, and what is refused before it does.
#include "native/serve/host.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "orthink/mcp/origin.h"
#include "tests/native/call/room.h"
#include "tests/native/serve/product_room.h"
#include "tests/native/serve/raw_client.h"

namespace orthink::serve {
namespace {

TEST_CASE("Addresses to listen on have one form", "[host]") {
  struct Good {
    const char* text;
    const char* address;
    uint16_t port;
  };
  for (const Good& each : {Good{"127.0.0.1:8337", "127.0.0.1", 8337}, Good{"[::1]:0", "::1", 0}, Good{"localhost:65535", "localhost", 65535}}) {
    INFO(each.text);
    const Result<ListenAddress> parsed = ListenAddress::parse(each.text);
    REQUIRE(parsed);
    CHECK(parsed->address == each.address);
    CHECK(parsed->port == each.port);
  }
  CHECK(ListenAddress::parse("[::1]:0")->url(80) == "http://[::1]:80");
  CHECK(ListenAddress::parse("[2001:db8::5]:0")->host_name() == "[2001:db8::5]");
  CHECK(ListenAddress::parse("10.0.0.5:0")->host_name() == "10.0.0.5");
  for (const char* any : {"0.0.0.0:0", "[::]:0", "[0:0:0:0:0:0:0:0]:0"}) CHECK(ListenAddress::parse(any)->host_name().empty());
  for (const char* bad : {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o", "::1:80", "[]:80", "8337"}) {
    INFO(bad);
    CHECK(!ListenAddress::parse(bad));
  }
}

TEST_CASE("Addresses of others are not listened on while nobody checks who calls", "[host]") {
  for (const char* setting : {R"("listen":"0.0.0.0:0")", R"("listen":"127.0.0.1:0","metrics_listen":"0.0.0.0:0")",
                              R"("listen":"127.0.0.1:0","mcp_path":"mcp")", R"("listen":"nonsense")", R"("listen":"127.0.0.1:0","auth":"everyone")"}) {
    INFO(setting);
    const test::Room room("", std::string(",") + setting);
    const Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
    REQUIRE(!host);
    CHECK(!host.error().remedy.empty());
  }
}

TEST_CASE("A server answers under the address it listens on", "[host]") {
  test::Room room("", R"(,"listen":"127.0.0.2:0","log_level":"off")");
  Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
  REQUIRE(host);
  const std::string url = (*host)->url();
  const std::string name = url.substr(7, url.rfind('/') - 7);
  CHECK(!mcp::origin_fault(name, "http://" + name, {}, {}));
  CHECK(!mcp::origin_fault("[2001:db8::5]:80", std::nullopt, {ListenAddress::parse("[2001:db8::5]:0")->host_name()}, {}));
}

uint16_t port_of(const std::string& url) {
  return static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

bool has_ipv6_loopback() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool is_bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return is_bound;
}

// A legacy ping over IPv6, under the names given.
test::RawAnswer ping(uint16_t port, const std::string& host, const std::string& origin) {
  test::RawClient client(port, true, 0, test::RawClient::Loopback::v6);
  REQUIRE(client.is_open());
  const std::string body = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  client.send("POST /mcp HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + origin +
              "\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n" +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  return client.read_answer();
}

TEST_CASE("A server on ::1 answers under that name, as Host and as Origin, and under no other", "[host]") {
  if (!has_ipv6_loopback()) SKIP("this machine has no ::1");
  test::Room room("", R"(,"listen":"[::1]:0","log_level":"off")");
  Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
  REQUIRE(host);
  const std::string url = (*host)->url();
  REQUIRE(url.starts_with("http://[::1]:"));
  const std::string origin = url.substr(0, url.rfind('/'));
  const std::string name = origin.substr(origin.find("[::1]"));
  const uint16_t port = port_of(origin);
  const test::RawAnswer answer = ping(port, name, origin);
  CHECK(answer.status == 200);
  CHECK(answer.body.find("\"result\":{}") != std::string::npos);
  CHECK(ping(port, "[::1]", "http://[::1]").status == 200);
  CHECK(ping(port, "[::2]:" + std::to_string(port), origin).status == 403);
  CHECK(ping(port, name, "http://[::2]:" + std::to_string(port)).status == 403);
  CHECK(ping(port, "::1", origin).status == 403);
}

TEST_CASE("A drain refuses at once, and a second one does not begin anew", "[host]") {
  test::Room room("stall=3", R"(,"listen":"127.0.0.1:0","log_level":"off")");
  Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
  REQUIRE(host);
  test::ToolCall late((*host)->product(), "thinking_completion", R"({"prompt":"Why?"})", access::Principal::local(), true);
  CHECK(std::holds_alternative<mcp::news::Progress>(late.next()));
  (*host)->begin_drain(Duration{});
  test::ToolCall call((*host)->product(), "thinking_completion", R"({"prompt":"Why?"})", access::Principal::local(), false);
  CHECK(test::text_at(call.structured(), {"error", "kind"}) == "CANCELLED");
  const Instant before = now();
  (*host)->stop(Duration::seconds(60));
  CHECK(now() < before + Duration::seconds(20));
}

test::RawAnswer page_of(const std::string& url, const std::string& path) {
  test::RawClient client(port_of(url));
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_answer();
}

// It said that it was ready although every paid call would fail.
TEST_CASE("A server whose ledger cannot be opened is not ready, and says why", "[host]") {
  test::Room room("", R"(,"listen":"127.0.0.1:0","metrics_listen":"127.0.0.1:0","log_level":"off")");
  {
    Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
    REQUIRE(host);
    CHECK(page_of((*host)->metrics_url(), "/readyz").status == 200);
  }
  REQUIRE(write_file(room.folder.file("taken"), "no folder", 0600));
  room.store = "sqlite:" + room.folder.file("taken") + "/ledger.db";
  Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
  REQUIRE(host);
  const test::RawAnswer answer = page_of((*host)->metrics_url(), "/readyz");
  CHECK(answer.status == 503);
  CHECK(answer.body.find("\"ready\":false") != std::string::npos);
  CHECK(answer.body.find("the server's ledger cannot be used") != std::string::npos);
  CHECK(answer.body.find(room.folder.path()) == std::string::npos);
  CHECK(page_of((*host)->metrics_url(), "/healthz").status == 200);
}

TEST_CASE("A host opens without key and store, says where it listens, and stops twice", "[host]") {
  test::Room room("", R"(,"listen":"127.0.0.1:0","metrics_listen":"127.0.0.1:0","log_level":"off")");
  std::filesystem::remove(room.folder.file("key"));
  Result<std::unique_ptr<Host>> host = Host::open(room.config(), {});
  REQUIRE(host);
  CHECK((*host)->url().starts_with("http://127.0.0.1:"));
  CHECK((*host)->url().ends_with("/mcp"));
  CHECK((*host)->metrics_url().ends_with("/metrics"));
  (*host)->stop(Duration{});
  (*host)->hurry();
  (*host)->stop(Duration{});
}

}  // namespace
}  // namespace orthink::serve
