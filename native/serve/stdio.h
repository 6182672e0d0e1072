// stdio: MCP over a pair of descriptors, one JSON message on each line (specification, "stdio").
//
//   Signals signals;                                  // SIGTERM stops it; a client that has gone is no SIGPIPE
//   StdioOptions options{.menu = menu, .service = service};
//   options.stop_fd = signals.fd();
//   serve_stdio(options);
//
// Reads on while tools run, writes whole lines, and never waits for a client that does not read: what it has not read is kept, and above a
// mark nothing more is read from it: then only its leaving is noticed. While it stops it reads on: cancellations are heard, requests refused.
#pragma once

#include <cstddef>
#include <cstdint>

#include "native/serve/work.h"
#include "orthink/access/principal.h"
#include "orthink/base/instant.h"
#include "orthink/mcp/conversation.h"
#include "orthink/mcp/menu.h"

namespace orthink::serve {

struct StdioOptions {
  const mcp::Menu& menu;  // outlives the call, as service
  Service& service;
  mcp::ConversationOptions conversation = {};  // its caller is made from `caller`
  access::Principal caller = access::Principal::local();
  int in = 0;
  int out = 1;
  int stop_fd = -1;                          // readable: end soon
  Duration grace = Duration::seconds(5);     // after that: how long open calls may go on before they are cancelled
  Duration parting = Duration::seconds(2);   // after the end of input: how long cancelled work may take to settle its money
  size_t unread_bytes_max = size_t{8} << 20;
};

enum class StdioEnd : uint8_t {
  client_left,  // end of input, or nobody reads the output
  stopped,
};

// Returns when the conversation has ended. Thread rule: blocks the calling thread; SIGPIPE must be ignored.
StdioEnd serve_stdio(const StdioOptions& options);

}  // namespace orthink::serve
