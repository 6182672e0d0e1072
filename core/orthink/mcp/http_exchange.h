// HttpExchange: one HTTP request to the MCP endpoint (Streamable HTTP) from head to end, both eras, without I/O.
//
//   HttpExchange exchange(now, menu, options, std::move(request));
//   for (;;) {
//     HttpAct act = exchange.poll();          // until WaitUntil or End
//     ... send head and body, start the call; on WaitUntil: wait for news, the client's close or the instant ...
//     exchange.handle(now, event::NewsOf{number, std::move(news)});
//   }
//
// Answers plain JSON when the result is there within the grace, else opens a stream of server-sent events with a comment at once and one every
// 15 s. The client's close cancels a modern call; a legacy one goes on for `orphan_life` (specification 2025-11-25, "Sending messages" 5;
// 2026-07-28, "Cancellation"). Who may call is the host's business and was decided before; Host and Origin are judged here.
// One mutation, then drain. Thread rule: one thread at a time. `menu` and `options` must outlive it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/mcp/dispatcher.h"
#include "orthink/mcp/events.h"
#include "orthink/mcp/menu.h"
#include "orthink/mcp/open_call.h"
#include "orthink/mcp/sessions.h"
#include "orthink/mcp/subscriptions.h"
#include "orthink/wire/http.h"

namespace orthink::mcp {

struct HttpRequest {
  std::string method;                          // "POST"
  std::vector<orthink::http::Header> headers;  // as they came
  std::string body;
  Caller caller;
  std::string peer;                            // the client's address: tells apart the requests of several clients of one caller
  uint64_t exchange = 0;                       // unique in the process
};

struct HttpOptions {
  std::vector<std::string> hosts;              // names beside those of loopback, without ports; IPv6 in brackets
  std::vector<std::string> origins;            // whole origins beside those of the hosts: "https://app.example"
  std::string state_key;                       // as ConversationOptions
  Duration state_life = Duration::seconds(15 * 60);
  Duration progress_interval = Duration::millis(500);
  Duration grace = Duration::millis(200);
  Duration comment_interval = Duration::seconds(15);
  Duration orphan_life = Duration::seconds(60);
  Duration let_go = Duration::seconds(2);      // as ConversationOptions
  size_t body_bytes_max = limits::kMessageBytesMax;
  Sessions* sessions = nullptr;                // null: nothing is kept, no GET, no DELETE
  // Without sessions: names a legacy client at its handshake (as Mcp-Session-Id, visible ASCII, unguessable), so that its cancellations
  // are told from those of its neighbours, whose ids are the same small numbers. Never asked for again. Null: none. Any thread.
  std::function<std::string()> label;
};

class HttpExchange {
 public:
  HttpExchange(Instant now, const Menu& menu, const HttpOptions& options, HttpRequest request);

  void handle(Instant now, HttpEvent event);
  HttpAct poll();

  // For the host's own figures: what was asked, empty until it was read.
  [[nodiscard]] const std::string& method() const { return method_; }
  [[nodiscard]] bool is_over() const { return phase_ == Phase::over; }

 private:
  // plain: nothing was said yet; orphaned: the client has left, the work has not.
  enum class Phase : uint8_t { plain, stream, orphaned, over };

  void on(event::NewsOf& of);
  void on(const event::Closed&);
  void on(const event::Stop&);
  void on(const event::Tick&);

  [[nodiscard]] bool check_head();
  [[nodiscard]] bool check_legacy(const Message& message, std::string_view version);
  [[nodiscard]] bool check_session();
  void post(std::string_view body);
  void get();
  void remove();
  void preflight();
  void on_message(Message& message);
  void on_request(Message& message);
  void deliver(const Message& message);
  void carry_out(Decision decision, const std::string& id);
  void begin(Begin begin, const std::string& id);
  void enlist();
  void listen(const Listen& listen, const std::string& id);
  void ask(const news::Ask& ask);
  void on_change(const news::Changed& change);

  void add_head(int status, std::string_view type, bool is_stream);
  void answer(int status, std::string body);
  void refuse(int status, std::string_view id, const news::Fault& fault);
  void not_allowed();
  void open_stream();
  void say(std::string_view message);
  void last_words(OpenCall::End end);
  void finish();
  [[nodiscard]] std::string key(std::string_view what, std::string_view id) const;
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] Instant next_wake() const;

  const Menu& menu_;
  const HttpOptions& options_;
  Instant now_;
  Phase phase_ = Phase::plain;
  Era era_ = Era::legacy;
  std::string method_;
  orthink::http::Head request_head_;           // its headers only
  Caller caller_;
  std::string client_;                         // whose request ids these are: the session, the label, or the peer
  uint64_t exchange_ = 0;
  std::optional<Session> session_;             // without sessions: what the request alone tells of a legacy client
  std::string new_session_id_, cors_origin_;
  bool may_stream_ = false;                    // Accept lists text/event-stream
  bool must_stream_ = false;                   // and no JSON
  bool wants_stream_at_once_ = false;
  bool is_enlisted_ = false;
  bool is_get_stream_ = false;
  std::optional<OpenCall> call_;
  std::optional<Subscription> subscription_;
  Instant stream_from_ = Instant::never();     // plain until then
  Instant next_comment_ = Instant::never();
  Instant orphan_until_ = Instant::never();
  Instant stop_until_ = Instant::never();      // cancelled by a stop: its end is waited for until then
  std::deque<HttpAct> acts_;
};

}  // namespace orthink::mcp
