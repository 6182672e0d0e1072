// http: what a handler of the server is given and gives back; no library's types.
//
//   serve::Answer hello(const serve::Request& request, serve::Peer&) {
//     if (request.head.method != "GET") return serve::Answer::text(405, "use GET", {{"Allow", "GET"}});
//     return serve::Answer::text(200, "hello\n");
//   }
//
// Thread rule: a handler runs on its connection's thread, many at once; it may block as long as it heeds its Peer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/serve/head/request_head.h"
#include "orthink/base/instant.h"
#include "orthink/wire/http.h"

namespace orthink::serve {

// Who is to be answered, as far as a handler may know. Lives until the answer has been sent.
class Peer {
 public:
  virtual ~Peer() = default;
  // It has closed its end, or its socket failed. Known from a write on, or after wake_on_change.
  [[nodiscard]] virtual bool is_gone() const = 0;
  // Instant::never() in ordinary times; when the server drains, the moment by which the answer must have ended.
  [[nodiscard]] virtual Instant drains_until() const = 0;
  // "127.0.0.1", without its port.
  [[nodiscard]] virtual std::string_view address() const = 0;
  // A piece of a few kB could be written now without waiting for its reader. Any thread, until the answer has been sent.
  [[nodiscard]] virtual bool takes_at_once() const { return false; }
  // From now on `wake` is called, from another thread, each time is_gone or drains_until changes; until the answer has been sent.
  virtual void wake_on_change(std::function<void()> wake) = 0;
};

struct Request {
  const RequestHead& head;
  std::string_view body;
};

// Takes a body while it is made.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Sends now; false when nobody reads any more.
  virtual bool write(std::string_view bytes) = 0;
};

struct Answer {
  int status = 200;
  std::vector<http::Header> headers;
  std::string body;
  // Where set, it makes the body instead, once, after the head was sent. False cuts the connection, so that nobody takes the body for whole.
  std::function<bool(BodySink&)> stream;

  static Answer text(int status, std::string body, std::vector<http::Header> headers = {}) {
    headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
    return {status, std::move(headers), std::move(body), {}};
  }
};

using Handler = std::function<Answer(const Request&, Peer&)>;

}  // namespace orthink::serve
