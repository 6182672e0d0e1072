// What goes into a conversation or an exchange, and what comes out: the closed sets.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/mcp/call.h"
#include "orthink/wire/http.h"

namespace orthink::mcp {

namespace event {
struct Line { std::string text; };                       // one line of standard input, without its end
struct TooLong {};                                       // a line over the cap was skipped
struct NewsOf { uint64_t number = 0; News news; };       // of a call that was started; others are ignored
struct Eof {};                                           // the client is gone: everything is cancelled
struct Closed {};                                        // HTTP: the client has closed the connection
struct Stop {};                                          // the server stops: open calls are cancelled and their ends waited for, shortly
struct Tick {};                                          // time has passed: now is all that counts
}  // namespace event
using ChannelEvent = std::variant<event::Line, event::TooLong, event::NewsOf, event::Eof, event::Stop, event::Tick>;
using HttpEvent = std::variant<event::NewsOf, event::Closed, event::Stop, event::Tick>;

namespace act {
struct Start { Call call; };                             // do this work; News come back
struct Cancel { uint64_t number = 0; };                  // stop that work; what it still says is ignored
struct Heard { uint64_t number = 0; uint64_t tag = 0; std::string answer_json; };  // to news::Ask: {"result":...} or {"error":...}
struct WaitUntil { Instant at; };                        // drained: feed events, or a Tick at `at` (never() = only events)
// Standard output
struct Write { std::string line; };                      // with its line end; to be written as a whole
struct Close {};                                         // nothing more will be said
// HTTP
struct Head {
  int status = 0;
  std::vector<orthink::http::Header> headers;
  bool is_stream = false;                                // Body may come many times; else at most once, before End
};
struct Body { std::string bytes; };
struct End {};                                           // the last act of an exchange; nothing is waited for
// From here until End of this exchange, what is delivered to `key` is to be handed in as news of `number`.
struct Enlist { std::string key; uint64_t number = 0; };
struct Deliver { std::string key; News news; };          // to every exchange that is enlisted so; nobody = dropped
}  // namespace act
using ChannelAct = std::variant<act::Write, act::Start, act::Cancel, act::Heard, act::Close, act::WaitUntil>;
using HttpAct = std::variant<act::Head, act::Body, act::End, act::Start, act::Cancel, act::Heard, act::Enlist, act::Deliver, act::WaitUntil>;

}  // namespace orthink::mcp
