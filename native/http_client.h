// HttpClient: requests to one base URL through libcurl, on a thread of its own.
//
//   Result<std::unique_ptr<HttpClient>> client = HttpClient::create(config.base_url(), std::move(key.secret));
//   HttpStream stream(**client);
//   stream.start(1, request, connect_by);
//   HttpEvent event;
//   while (wait_readable({stream.fd()}, until)) while (stream.take(event)) use(event);
//
// libcurl is loaded at the first start() or warm_up(), not before: it costs some 9 ms and 10 MB. TLS is verified, redirects are not followed,
// bodies come unencoded, proxies of the environment are honoured but for loopback. The key is added here, on the way out.
// A request is never sent a second time by the transport itself.
// Between the transfer thread and a stream stands a bounded queue; a full queue pauses the transfer.
// Deadlines other than connecting are the caller's: it closes the leg.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "native/key.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"
#include "orthink/exchange/events.h"
#include "orthink/wire/http.h"

namespace orthink {

struct HttpEvent {
  enum class Kind : uint8_t { sent, head, bytes, end, lost };
  Kind kind = Kind::sent;
  uint32_t leg = 0;
  http::Head head;
  std::string bytes;
  input::Lost::Where where = input::Lost::Where::connect;  // lost
  bool sent_any = false;                                   // lost: a byte of the request may have left
  std::string detail;                                      // lost: the transport's words, without the key
};

struct HttpClientOptions {
  size_t queue_bytes_max = size_t{256} << 10;  // of one stream; a transfer may exceed it by one read
  bool allows_plain_http = false;              // beyond loopback too: for what holds no secret. REQUIRES: an empty key
};

// Thread rule: any thread. Outlives its streams.
class HttpClient {
 public:
  // Errc::insecure_url, invalid_config for the URL. An empty secret sends no Authorization (GET /models needs none).
  static Result<std::unique_ptr<HttpClient>> create(const std::string& base_url, Secret key, HttpClientOptions options = {});
  ~HttpClient();  // closes every transfer and ends the thread
  // Loads libcurl on the client's own thread, while the caller does something else before its first request.
  void warm_up();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

 private:
  friend class HttpStream;
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The legs of one call: at most one is open at a time as a rule, but several may be.
// Thread rule: one thread at a time.
class HttpStream {
 public:
  explicit HttpStream(HttpClient& client);
  ~HttpStream();  // closes its legs
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  // Events of the leg end with `end` or `lost`. When libcurl is missing the leg is lost at once (where = resolve) and says so.
  void start(uint32_t leg, const http::Request& request, Instant connect_by);
  // Its connection is closed without waiting. Of the leg only `sent` (if it had not been taken) and a `lost` that tells whether a byte had
  // left still come.
  void close(uint32_t leg);
  // False when there is none for now. Never blocks.
  bool take(HttpEvent& event);
  [[nodiscard]] int fd() const;  // readable when take() may have something

  struct Inbox;

 private:
  HttpClient& client_;
  std::shared_ptr<Inbox> inbox_;
};

struct HttpResponse {
  http::Head head;
  std::string body;
};
// One whole GET, blocking. Any status is a response; the Error is for the transport (connect_failed, tls_failed, connect_timeout,
// connection_lost, call_timeout), response_too_large over `bytes_max`, and cancelled when `stop_fd` (negative: none) becomes readable.
Result<HttpResponse> get(HttpClient& client, const std::string& path, Instant until, size_t bytes_max, int stop_fd = -1);

// Our wall clock minus the response's Date header, in whole seconds; nothing when it names no date. Call it when the head has come.
std::optional<Duration> clock_ahead(const http::Head& head);

}  // namespace orthink
