// Invariant: whatever lines a client sends, over standard input or as HTTP bodies, every output is valid JSON-RPC on one line, a request gets
// at most one response and a notification none, and the machines end when they are told to. A call that is started is answered at once.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orthink/mcp/conversation.h"
#include "orthink/mcp/http_exchange.h"
#include "orthink/wire/json.h"

using namespace orthink;
using namespace orthink::mcp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

const Menu& menu() {
  static const Menu kMenu = [] {
    Offer offer;
    offer.name = "fuzz";
    offer.version = "1";
    offer.tools = {{"echo", R"({"name":"echo","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"R"}}}})"}};
    offer.prompts = {{"greet", R"({"name":"greet"})"}};
    offer.resources = {{"note://1", R"({"uri":"note://1","name":"n"})"}};
    offer.has_completions = offer.has_logging = offer.lists_change = offer.can_subscribe = true;
    offer.page_size = 1;
    return std::move(*Menu::open(std::move(offer)));
  }();
  return kMenu;
}

// Each kind of news in turn, by the number of the call.
News answer_to(const Call& call) {
  switch (call.number % 4) {
    case 0:
      return news::InputRequired{R"({"a":{"method":"roots/list"}})", "state"};
    case 1:
      return news::Fault{-32002, "not found", "{\"uri\":\n\"x\"}"};
    default:
      return news::Result{R"({"content":[],"_meta":{"a":1}})"};
  }
}

// A message of ours: one object with "jsonrpc", and a method, a result or an error.
bool is_response(std::string_view text) {
  require(text.find('\n') == std::string_view::npos);
  const Result<json::Value> message = json::parse(text);
  require(message.ok() && message->is_object());
  const json::Value* version = message->find("jsonrpc");
  require(version && version->is_string() && version->text() == "2.0");
  const bool is_answer = message->find("result") || message->find("error");
  require(is_answer != (message->find("method") != nullptr));
  return is_answer;
}

// The responses of one line.
void talk(Conversation& conversation, ChannelEvent event) {
  const bool is_line = std::holds_alternative<event::Line>(event);
  size_t responses = 0;
  std::vector<Call> started;
  conversation.handle(Instant::zero(), std::move(event));
  for (;;) {
    ChannelAct act = conversation.poll();
    if (auto* write = std::get_if<act::Write>(&act)) {
      require(write->line.ends_with('\n'));
      responses += is_response(std::string_view(write->line).substr(0, write->line.size() - 1)) ? 1 : 0;
    }
    if (auto* start = std::get_if<act::Start>(&act)) started.push_back(std::move(start->call));
    if (std::holds_alternative<act::WaitUntil>(act) || std::holds_alternative<act::Close>(act)) break;
  }
  require(!is_line || responses + started.size() <= 1);
  for (const Call& call : started) {
    require(call.arguments.is_object() && call.params.is_object() && call.client_capabilities.is_object());
    if (call.number % 5 != 0) talk(conversation, event::NewsOf{call.number, answer_to(call)});  // some stay open
  }
}

void exchange(std::string_view body, bool is_modern) {
  static const HttpOptions kOptions = [] {
    HttpOptions options;
    options.state_key = "key";
    return options;
  }();
  HttpRequest request;
  request.method = "POST";
  request.body = body;
  request.headers = {{"Host", "localhost"}, {"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}};
  if (is_modern)
    for (const auto& [name, value] : {std::pair{"MCP-Protocol-Version", "2026-07-28"}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "echo"}})
      request.headers.push_back({name, value});
  HttpExchange one(Instant::zero(), menu(), kOptions, std::move(request));
  std::string said;
  bool is_stream = false, is_closing = false;
  size_t heads = 0;
  for (;;) {
    HttpAct act = one.poll();
    if (auto* head = std::get_if<act::Head>(&act)) {
      is_stream = head->is_stream;
      ++heads;
    }
    if (auto* more = std::get_if<act::Body>(&act)) said += more->bytes;
    if (auto* start = std::get_if<act::Start>(&act)) one.handle(Instant::zero(), event::NewsOf{start->call.number, answer_to(start->call)});
    if (std::holds_alternative<act::End>(act)) break;
    if (!std::holds_alternative<act::WaitUntil>(act)) continue;
    require(!is_closing);
    is_closing = true;  // only who listens is left
    one.handle(Instant::zero(), event::Stop{});
  }
  require(heads == 1);
  if (!is_stream) require(said.empty() || is_response(said));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ConversationOptions options;
  options.state_key = "key";
  options.calls_max = 8;
  options.let_go = Duration{};
  Conversation conversation(menu(), options);
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = text.substr(from, end - from);
    talk(conversation, event::Line{std::string(line)});
    exchange(line, false);
    exchange(line, true);
    from = end + 1;
  }
  talk(conversation, event::Stop{});
  talk(conversation, event::Tick{});
  require(conversation.open_calls() == 0 && std::holds_alternative<act::Close>(conversation.poll()));
  return 0;
}
