// request_head: the strict reading of an HTTP/1.1 request's head, before anything else sees it (RFC 9110, RFC 9112).
//
//   POST /mcp?x=1 HTTP/1.1 CRLF
//   Host: 127.0.0.1:8080 CRLF
//   Content-Length: 17 CRLF
//   CRLF
//
//   serve::HeadScan scan;
//   scan.look(bytes_so_far);              // after every read: incomplete, whole, or a refusal at the first wrong byte
//   serve::RequestHead head;
//   if (auto refusal = serve::parse_head(bytes.substr(0, scan.end()), limits, head)) answer(refusal->status, refusal->reason);
//
// One spelling is taken, everything that two readers could understand in two ways is refused. A refused connection must be closed.
// Thread rule: values and pure functions. No allocation but the list of headers, which keeps its room from request to request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "orthink/base/limits.h"

namespace orthink::serve {

struct HeadLimits {
  size_t head_bytes_max = size_t{32} << 10;   // request line and headers; a bearer token of 16 KB has room
  size_t target_bytes_max = 2'048;
  size_t line_bytes_max = size_t{24} << 10;   // one header
  size_t headers_max = 64;
  size_t body_bytes_max = limits::kMessageBytesMax;  // what Content-Length may announce
};

struct Refusal {
  int status = 400;
  std::string_view reason;  // a sentence without its full stop; static
};

// Finds the end of a head while its bytes arrive, and refuses what no head can hold without waiting for the rest.
class HeadScan {
 public:
  enum class State : uint8_t { incomplete, whole, refused };
  // `bytes`: all that has come since the head's first byte; what was looked at before is not looked at again.
  State look(std::string_view bytes, const HeadLimits& limits);
  [[nodiscard]] size_t end() const { return end_; }            // whole: bytes of the head, its empty line included
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  void reset() { *this = {}; }

 private:
  State refuse(int status, std::string_view reason);
  size_t seen_ = 0;
  size_t line_begin_ = 0;
  size_t end_ = 0;
  Refusal refusal_;
};

struct HeadLine {
  std::string_view name;   // as sent
  std::string_view value;  // outer spaces and tabs cut off, nothing decoded
};

// Views into the bytes that parse_head was given, which must outlive it.
struct RequestHead {
  std::string_view method;
  std::string_view path;    // "/mcp", before any "?"; not decoded
  std::string_view query;   // after it, may be empty
  std::string_view host;    // of the Host header, "127.0.0.1:8080"
  std::vector<HeadLine> headers;  // without those that must not be acted on: Range, TE, Trailer, Upgrade, Expect, Connection, Keep-Alive
  size_t content_length = 0;
  bool is_http_1_0 = false;
  bool keeps_alive = true;
  bool expects_continue = false;

  // First value of `name` (in any case); empty when absent.
  [[nodiscard]] std::string_view find(std::string_view name) const;
};

// `head`: exactly the bytes up to and with the empty line. Nothing when `into` was filled, else why not.
std::optional<Refusal> parse_head(std::string_view head, const HeadLimits& limits, RequestHead& into);

// "Bad Request" for 400; empty for a status that is never sent.
std::string_view status_words(int status);

}  // namespace orthink::serve
