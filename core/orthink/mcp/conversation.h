// Conversation: MCP over one pair of streams (stdio), both eras, without I/O.
//
//   Conversation talk(menu, {});
//   talk.handle(now, event::Line{line});
//   for (;;) {
//     ChannelAct act = talk.poll();           // until WaitUntil or Close
//     ... write the line, start the call ...
//   }
//
// One mutation, then drain: every handle() is followed by poll() until WaitUntil or Close. Answers leave in the order in which work ends.
// A request that was cancelled gets no response (specification, "Cancellation"). After a stop open calls still tell how they ended and what
// they cost; one that does not within `let_go` ends with an error that invites no second purchase.
// Thread rule: one thread at a time. `menu` must outlive it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/mcp/dispatcher.h"
#include "orthink/mcp/events.h"
#include "orthink/mcp/menu.h"
#include "orthink/mcp/open_call.h"
#include "orthink/mcp/subscriptions.h"

namespace orthink::mcp {

struct ConversationOptions {
  Caller caller;
  std::string state_key;                               // seals request states; empty = a call cannot keep state
  Duration state_life = Duration::seconds(15 * 60);
  Duration progress_interval = Duration::millis(500);  // progress notifications of a call: two in any two of these
  Duration let_go = Duration::seconds(2);              // after a stop: how long the ends of cancelled calls are waited for
  size_t calls_max = 64;                               // open at a time; one more is refused
  size_t line_bytes_max = limits::kMessageBytesMax;
};

class Conversation {
 public:
  Conversation(const Menu& menu, ConversationOptions options);

  void handle(Instant now, ChannelEvent event);
  ChannelAct poll();

  [[nodiscard]] size_t open_calls() const { return open_.size(); }

 private:
  void on(const event::Line& line);
  void on(const event::TooLong&);
  void on(event::NewsOf& of);
  void on(const event::Eof&);
  void on(const event::Stop&);
  void on(const event::Tick&);
  void on_request(Message& message);
  void on_notification(const Message& message);
  void on_response(const Message& message);
  void carry_out(Decision decision, const std::string& id);
  void begin(Begin begin, const std::string& id);
  void listen(const Listen& listen, const std::string& id);
  void ask(OpenCall& call, uint64_t number, const news::Ask& ask);
  void tell_change(const news::Changed& change);
  void write(std::string message);
  [[nodiscard]] bool is_open(std::string_view id) const;

  const Menu& menu_;
  ConversationOptions options_;
  Instant now_;
  LegacyPeer peer_;
  std::map<uint64_t, OpenCall> open_;
  std::vector<Subscription> subscriptions_;
  uint64_t last_number_ = 0;
  std::deque<ChannelAct> acts_;
  bool has_greeted_ = false;           // a legacy client has shaken hands
  Instant stop_until_ = Instant::never();
  bool is_stopping_ = false;
  bool is_closed_ = false;
};

}  // namespace orthink::mcp
