// The server as a whole: where it listens, and what is refused before it does.
#include "native/serve/host.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/native/call/room.h"

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
