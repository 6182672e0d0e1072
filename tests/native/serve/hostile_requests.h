// Requests that must be refused, each with the status it gets: before any handler sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/limits.h"

namespace orthink::test {

inline constexpr std::string_view kHost = "Host: 127.0.0.1:8080\r\n";

inline std::string head_of(std::string_view line, std::string_view headers = {}) {
  return std::string(line) + "\r\n" + std::string(kHost) + std::string(headers) + "\r\n";
}
inline std::string get(std::string_view headers) { return head_of("GET /mcp HTTP/1.1", headers); }
inline std::string post(std::string_view headers) { return head_of("POST /mcp HTTP/1.1", std::string("Content-Length: 2\r\n") + std::string(headers)); }

struct HostileRow {
  int status;
  std::string bytes;
};

inline std::vector<HostileRow> bad_lines() {
  return {
      {400, head_of("GET  /mcp HTTP/1.1")},
      {400, head_of("GET /mcp  HTTP/1.1")},
      {400, head_of(" GET /mcp HTTP/1.1")},
      {400, head_of("GET /mcp HTTP/1.1 ")},
      {400, head_of("GET\t/mcp\tHTTP/1.1")},
      {400, head_of("GET /mcp")},
      {400, head_of("GET")},
      {400, head_of("get /mcp HTTP/1.1")},
      {400, head_of("CONNECT 127.0.0.1:1 HTTP/1.1")},
      {400, head_of("TRACE /mcp HTTP/1.1")},
      {400, head_of("BREW /mcp HTTP/1.1")},
      {400, head_of("GET mcp HTTP/1.1")},
      {400, head_of("OPTIONS * HTTP/1.1")},
      {400, head_of("GET https://127.0.0.1:8080/mcp HTTP/1.1")},
      {400, head_of("GET http://127.0.0.1:8080 HTTP/1.1")},
      {400, head_of("GET http:///mcp HTTP/1.1")},
      {400, head_of("GET http://evil.example/mcp HTTP/1.1")},
      {400, head_of("GET /m%0d%0aX:1 HTTP/1.1")},
      {400, head_of("GET /m%00 HTTP/1.1")},
      {400, head_of("GET /m%7F HTTP/1.1")},
      {400, head_of("GET /m%zz HTTP/1.1")},
      {400, head_of("GET /m% HTTP/1.1")},
      {400, head_of("GET /m#x HTTP/1.1")},
      {400, head_of("GET /m\\x HTTP/1.1")},
      {400, head_of("GET /m\"x HTTP/1.1")},
      {400, head_of("GET /m\x80 HTTP/1.1")},
      {400, head_of("GET /m\x01 HTTP/1.1")},
      {400, head_of("GET /a b HTTP/1.1")},
      {414, head_of("GET /" + std::string(2'048, 'a') + " HTTP/1.1")},
      {400, head_of("GET /mcp HTTP/1")},
      {400, head_of("GET /mcp HTTP/1.1x")},
      {400, head_of("GET /mcp http/1.1")},
      {400, head_of("GET /mcp HTTP/+1.1")},
      {505, head_of("GET /mcp HTTP/2.0")},
      {505, head_of("GET /mcp HTTP/1.2")},
      {505, head_of("GET /mcp HTTP/0.9")},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {400, "\r\n" + get("")},
      {400, "\r\n\r\n"},
      {400, "\n" + get("")},
      {400, "GET /mcp HTTP/1.1\nHost: a\n\n"},
  };
}

inline std::vector<HostileRow> bad_headers() {
  return {
      {400, "GET /mcp HTTP/1.1\r\n\r\n"},
      {400, "GET /mcp HTTP/1.0\r\n\r\n"},
      {400, "GET /mcp HTTP/1.1\r\nHost:\r\n\r\n"},
      {400, "GET /mcp HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {400, "GET /mcp HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {400, "GET /mcp HTTP/1.1\r\nHost: a@b\r\n\r\n"},
      {400, "GET /mcp HTTP/1.1\r\nHost: a,b\r\n\r\n"},
      {400, get("Host: 127.0.0.1:8080\r\n")},
      {400, get("hOST: other\r\n")},
      {400, get("Authorization: Bearer a\r\nauthorization: Bearer b\r\n")},
      {400, get("Origin: http://a\r\nOrigin: http://b\r\n")},
      {400, post("Content-Type: text/plain\r\nContent-Type: application/json\r\n")},
      {400, get("X : 1\r\n")},
      {400, get("X\t: 1\r\n")},
      {400, get(" X: 1\r\n")},
      {400, get("X: 1\r\n folded\r\n")},
      {400, get("X: 1\r\n\tfolded\r\n")},
      {400, get("X 1\r\n")},
      {400, get(": 1\r\n")},
      {400, get("X(Y): 1\r\n")},
      {400, get("X\x80: 1\r\n")},
      {400, get("X: \x80\r\n")},
      {400, get("X: \x01\r\n")},
      {400, get("X: \x7f\r\n")},
      {400, get(std::string("X: a\0b\r\n", 8))},
      {400, get("X: a\rb\r\n")},
      {400, get("X: a\nY: b\r\n")},
      {400, get("X: a\r\r\n")},
      {431, get("X: " + std::string(size_t{25} << 10, 'a') + "\r\n")},
      {431, get("X: " + std::string(size_t{40} << 10, 'a') + "\r\n")},
  };
}

inline std::vector<HostileRow> bad_bodies() {
  const auto sent = [](std::string_view headers) { return head_of("POST /mcp HTTP/1.1", headers); };
  return {
      {411, sent("")},
      {411, head_of("PUT /mcp HTTP/1.1")},
      {411, sent("Transfer-Encoding: chunked\r\n")},
      {411, sent("transfer-encoding: identity\r\n")},
      {411, sent("Transfer-Encoding: xchunked\r\n")},
      {411, sent("Transfer-Encoding: gzip, chunked\r\n")},
      {411, sent("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {411, sent("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {411, sent("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
      {411, get("Transfer-Encoding: chunked\r\n")},
      {400, sent("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {400, sent("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {400, sent("Content-Length: 5, 5\r\n")},
      {400, sent("Content-Length: +5\r\n")},
      {400, sent("Content-Length: -5\r\n")},
      {400, sent("Content-Length: 0x5\r\n")},
      {400, sent("Content-Length: 5 5\r\n")},
      {400, sent("Content-Length: 5.0\r\n")},
      {400, sent("Content-Length:\r\n")},
      {400, sent("Content-Length: 18446744073709551617\r\n")},
      {413, sent("Content-Length: 9999999999999999999\r\n")},
      {413, sent("Content-Length: " + std::to_string(limits::kMessageBytesMax + 1) + "\r\n")},
      {400, get("Content-Length: 5\r\n")},
      {400, head_of("DELETE /mcp HTTP/1.1", "Content-Length: 5\r\n")},
      {415, post("Content-Encoding: gzip\r\n")},
      {417, post("Expect: x\r\n")},
  };
}

}  // namespace orthink::test
