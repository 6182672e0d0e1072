#include "native/serve/head/request_head.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "tests/native/serve/hostile_requests.h"
#include "tests/support/slicer.h"

using namespace orthink;
using serve::HeadScan;
using test::get;
using test::head_of;
using test::post;

namespace {

struct Outcome {
  int status = 0;  // 0: taken
  std::string reason;
};

// What a connection does: looks after every piece, then parses.
Outcome read_cut(const std::vector<std::string>& pieces, const serve::HeadLimits& limits = {}) {
  HeadScan scan;
  std::string bytes;
  for (const std::string& piece : pieces) {
    bytes += piece;
    const HeadScan::State state = scan.look(bytes, limits);
    if (state == HeadScan::State::refused) return {scan.refusal().status, std::string(scan.refusal().reason)};
    if (state != HeadScan::State::whole) continue;
    serve::RequestHead head;
    const auto refusal = parse_head(std::string_view(bytes).substr(0, scan.end()), limits, head);
    return refusal ? Outcome{refusal->status, std::string(refusal->reason)} : Outcome{};
  }
  return {-1, "incomplete"};
}

Outcome read(const std::string& bytes) {
  const Outcome whole = read_cut({bytes});
  std::vector<std::string> single;
  for (const char c : bytes) single.emplace_back(1, c);
  const Outcome slow = read_cut(single);
  CHECK(slow.status == whole.status);
  return whole;
}

}  // namespace

TEST_CASE("a head that could be read in two ways is refused, whole or byte by byte") {
  size_t refused = 0;
  for (const auto& rows : {test::bad_lines(), test::bad_headers(), test::bad_bodies()}) {
    for (const test::HostileRow& row : rows) {
      INFO(row.bytes.substr(0, 200));
      const Outcome outcome = read(row.bytes);
      CHECK(outcome.status == row.status);
      CHECK(!outcome.reason.empty());
      CHECK(!serve::status_words(outcome.status).empty());
      ++refused;
    }
  }
  CHECK(refused >= 90);
}

TEST_CASE("too many headers are refused") {
  std::string headers;
  for (int i = 0; i < 63; ++i) headers += "X-" + std::to_string(i) + ": 1\r\n";
  CHECK(read(get(headers)).status == 0);
  CHECK(read(get(headers + "X-64: 1\r\n")).status == 431);
}

TEST_CASE("what can be read in one way alone is taken") {
  for (const std::string& bytes :
       {get(""), get("X-A:\r\n"), get("X-A: a%0D%0Ab\r\n"), post(""), post("Content-Encoding: identity\r\n"), post("Expect: 100-Continue\r\n"),
        head_of("DELETE /mcp HTTP/1.1"), head_of("DELETE /mcp HTTP/1.1", "Content-Length: 0\r\n"), head_of("OPTIONS /mcp HTTP/1.1"),
        head_of("GET /mcp?a=b%20c HTTP/1.1"), head_of("GET /mcp HTTP/1.0"), head_of("GET http://127.0.0.1:8080/mcp HTTP/1.1"),
        get("Accept: a\r\nAccept: b\r\n"), get("Range: bytes=0-1\r\nTE: trailers\r\nUpgrade: websocket\r\nConnection: upgrade, TE\r\n"),
        head_of("POST /mcp HTTP/1.1", "Content-Length: 4194304\r\n"), head_of("POST /mcp HTTP/1.1", "Content-Length: 007\r\n")}) {
    INFO(bytes);
    CHECK(read(bytes).status == 0);
  }
}

TEST_CASE("the values of a head are handed on as they were sent") {
  const std::string bytes = head_of("POST /mcp?x=%41 HTTP/1.1",
                                    "Content-Length: 12\r\nX-A: \t a%0D%0Ab \r\nX-A: second\r\nRange: bytes=0-1\r\nUpgrade: h2c\r\n"
                                    "Connection: Keep-Alive, Close\r\nExpect: 100-continue\r\n");
  serve::RequestHead head;
  REQUIRE(!parse_head(bytes, {}, head));
  CHECK(head.method == "POST");
  CHECK(head.path == "/mcp");
  CHECK(head.query == "x=%41");
  CHECK(head.host == "127.0.0.1:8080");
  CHECK(head.content_length == 12);
  CHECK(head.find("x-a") == "a%0D%0Ab");
  CHECK(head.expects_continue);
  CHECK(!head.keeps_alive);
  for (const char* dropped : {"Range", "Upgrade", "Connection", "Expect"}) CHECK(head.find(dropped).empty());
  REQUIRE(!parse_head(get(""), {}, head));
  CHECK(head.keeps_alive);
  CHECK(head.content_length == 0);
  CHECK(head.headers.size() == 1);
}

TEST_CASE("a head ends at its empty line, whatever stands behind it") {
  const std::string bytes = post("");
  HeadScan scan;
  CHECK(scan.look(bytes + "{}GET / HTTP/1.1\n\n", {}) == HeadScan::State::whole);
  CHECK(scan.end() == bytes.size());
}

TEST_CASE("every cut of a head ends alike") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    const std::string bytes = post("X-A: 1\r\nX-B: 2\r\n");
    std::vector<std::string> pieces;
    for (const auto& piece : test::slices_seeded(bytes, seed, 16)) pieces.emplace_back(piece);
    INFO("seed " << seed);
    CHECK(read_cut(pieces).status == 0);
  }
}
