// TextChannel: a conversation or an exchange whose events and acts are JSON text (act_json.h): MCP for hosts that are not C++.
//
//   Result<std::unique_ptr<TextChannel>> channel = TextChannel::open(now, document, {});
//   for (const std::string& act : (*channel)->drain()) carry_out(act);
//   Result<void> ok = (*channel)->handle(now, event);      // then drain again
//
// The document:
//   {"stdio":{OPTIONS}, "offer":OFFER}    OPTIONS: "caller":{"id":T,"tools":[T]}, "state_key":T, "progress_ms":N, "calls_max":N
//   {"http":{"method":M,"headers":[[name,value],...],"message":M or "body":T,"peer":T,"exchange":N,OPTIONS}, "offer":OFFER}
//            OPTIONS: those above but calls_max, and "hosts":[T], "origins":[T], "grace_ms":N, "comment_ms":N, "orphan_ms":N
//   OFFER: {"name","title","version","description","website_url","icons":[...],"instructions","tools":[D],"prompts":[D],"resources":[D],
//           "templates":[D],"completions":B,"logging":B,"lists_change":B,"can_subscribe":B,"page_size":N}; D is a definition as its list has it.
//          Without an offer it is the one that was handed in.
// Each member may be left out. Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/mcp/conversation.h"
#include "orthink/mcp/http_exchange.h"
#include "orthink/mcp/menu.h"

namespace orthink::mcp {

class TextChannel {
 public:
  // Errc::invalid_argument says what is wrong with the document.
  static Result<std::unique_ptr<TextChannel>> open(Instant now, const json::Value& document, Offer offer);
  TextChannel(const TextChannel&) = delete;
  TextChannel& operator=(const TextChannel&) = delete;

  // An event that cannot be read changes nothing.
  Result<void> handle(Instant now, const json::Value& event);
  // Every act up to wait, close or end, each as one line of JSON.
  std::vector<std::string> drain();

 private:
  TextChannel(Menu menu, HttpOptions options) : menu_(std::move(menu)), options_(std::move(options)) {}

  Menu menu_;
  HttpOptions options_;
  std::variant<std::monostate, Conversation, HttpExchange> machine_;
};

}  // namespace orthink::mcp
