#include "orthink/mcp/dispatcher.h"

#include <algorithm>

#include "orthink/mcp/code.h"
#include "orthink/mcp/envelope.h"
#include "orthink/mcp/method.h"
#include "orthink/mcp/request_state.h"
#include "orthink/mcp/revision.h"

namespace orthink::mcp {
namespace {

constexpr size_t kSubscribedMax = 1'000;

Decision refuse(int status, int code, std::string message, std::string data = {}) {
  return {Refusal{status, {code, std::move(message), std::move(data)}}, {}};
}

const std::string* text_param(const json::Value& params, std::string_view key) {
  const json::Value* value = params.find(key);
  return value && value->is_string() ? &value->text() : nullptr;
}

Decision greet(const Menu& menu, const json::Value& params) {
  LegacyPeer peer;
  const std::string* asked = text_param(params, "protocolVersion");
  peer.revision = negotiate(asked ? std::string_view(*asked) : std::string_view());
  if (const json::Value* capabilities = params.find("capabilities"); capabilities && capabilities->is_object()) peer.capabilities = *capabilities;
  if (const json::Value* info = params.find("clientInfo"); info && info->is_object())
    if (const std::string* name = text_param(*info, "name")) peer.client_name = *name;
  Reply reply{menu.initialize(peer.revision)};
  return {std::move(reply), std::move(peer)};
}

Decision set_level(const json::Value& params, const LegacyPeer& known) {
  const std::string* text = text_param(params, "level");
  const std::optional<LogLevel> level = text ? log_level_named(*text) : std::nullopt;
  if (!level) return refuse(200, kInvalidParams, "level must be one of debug, info, notice, warning, error, critical, alert, emergency");
  LegacyPeer peer = known;
  peer.log_level = level;
  return {Reply{"{}"}, std::move(peer)};
}

Decision subscribe(const json::Value& params, const LegacyPeer& known, bool adds) {
  const std::string* uri = text_param(params, "uri");
  if (!uri) return refuse(200, kInvalidParams, "uri must be a string");
  LegacyPeer peer = known;
  std::erase(peer.subscribed, *uri);
  if (adds && peer.subscribed.size() >= kSubscribedMax) return refuse(200, kInvalidParams, "too many subscriptions: unsubscribe from some");
  if (adds) peer.subscribed.push_back(*uri);
  return {Reply{"{}"}, std::move(peer)};
}

Decision list(const Menu& menu, const Message& message, const Situation& situation) {
  const json::Value* cursor = message.params.find("cursor");
  std::optional<std::string_view> text;
  if (cursor && cursor->is_string()) text = cursor->text();
  std::optional<std::string> result;
  if (!cursor || cursor->is_string()) result = menu.list(message.method, situation.era, *situation.caller, text);
  if (!result) return refuse(200, kInvalidParams, "this cursor was not given by this server");
  return {Reply{std::move(*result)}, {}};
}

Decision no_method(const Message& message, Era era) {
  std::string text = "unknown method \"" + message.method.substr(0, 100) + '"';
  if (era == Era::modern && message.method == "initialize") text += "; requests of " + supported_json() + " need no handshake";
  return refuse(era == Era::modern ? 404 : 200, kMethodNotFound, std::move(text));
}

void take_param(json::Value& params, std::string_view key, json::Value& into) {
  if (json::Value* value = params.find(key)) {
    into = std::move(*value);
    params.erase(key);
  }
}

// What of a repeated call the client brings back; false where the state is not ours.
bool take_input(Begin& begin, const Situation& situation) {
  Call& call = begin.call;
  json::Value sealed;
  take_param(call.params, "inputResponses", call.input_responses);
  take_param(call.params, "requestState", sealed);
  if (!call.input_responses.is_object()) call.input_responses = json::Value();
  if (!situation.state_key.empty()) begin.state_binding = state_binding(situation.caller->id, call.method, call.name, call.arguments);
  if (sealed.is_null()) return true;
  if (sealed.is_string()) call.state = open_state(situation.state_key, begin.state_binding, situation.now, sealed.text());
  return call.state.has_value();
}

Decision begin(const Menu& menu, const Method& method, Message& message, Envelope envelope, const Situation& situation) {
  Begin begin;
  Call& call = begin.call;
  const bool is_modern = situation.era == Era::modern;
  if (!method.name_param.empty()) {
    const std::string* name = text_param(message.params, method.name_param);
    if (!name) return refuse(200, kInvalidParams, std::string(method.name_param) + " must be a string");
    call.name = *name;
  }
  if (method.needs == Needs::tools && !menu.find_tool(call.name, *situation.caller))
    return refuse(200, kInvalidParams, "unknown tool \"" + call.name.substr(0, 100) + "\": tools/list names all there are");
  call.method = std::move(message.method);
  call.params = std::move(message.params);
  call.arguments = json::Value::object();
  call.params.erase("_meta");
  take_param(call.params, "arguments", call.arguments);
  if (!call.arguments.is_object()) return refuse(200, kInvalidParams, "arguments must be an object");
  call.era = situation.era;
  call.revision = is_modern ? std::move(envelope.revision) : situation.peer->revision;
  call.client_capabilities = is_modern ? std::move(envelope.client_capabilities) : situation.peer->capabilities;
  call.client_name = is_modern ? std::move(envelope.client_name) : situation.peer->client_name;
  call.wants_progress = !envelope.progress_token.empty();
  if (menu.offer().has_logging) call.log_level = is_modern ? envelope.log_level : situation.peer->log_level;
  call.traceparent = std::move(envelope.traceparent);
  call.tracestate = std::move(envelope.tracestate);
  begin.progress_token = std::move(envelope.progress_token);
  begin.is_cacheable = is_modern && method.is_cacheable;
  begin.cache = menu.offer().reads;
  begin.may_ask = method.may_ask;
  if (is_modern && method.may_ask && !take_input(begin, situation))
    return refuse(200, kInvalidParams, "requestState is not of this call, was changed or is too old: call again without it");
  return {std::move(begin), {}};
}

Decision answer(const Menu& menu, const Method& method, Message& message, Envelope envelope, const Situation& situation) {
  switch (method.answers) {
    case Answers::initialize:
      return greet(menu, message.params);
    case Answers::nothing:
      return {Reply{"{}"}, {}};
    case Answers::discover:
      return {Reply{menu.discover()}, {}};
    case Answers::list:
      return list(menu, message, situation);
    case Answers::set_level:
      return set_level(message.params, *situation.peer);
    case Answers::subscribe:
    case Answers::unsubscribe:
      return subscribe(message.params, *situation.peer, method.answers == Answers::subscribe);
    case Answers::listen: {
      const json::Value* wanted = message.params.find("notifications");
      if (!wanted || !wanted->is_object()) return refuse(400, kInvalidParams, "notifications must be an object");
      return {Listen{*wanted}, {}};
    }
    case Answers::work:
      break;
  }
  return begin(menu, method, message, std::move(envelope), situation);
}

}  // namespace

Decision decide(const Menu& menu, Message&& message, const Situation& situation) {
  const Method* method = find_method(message.method);
  const bool is_modern = situation.era == Era::modern;
  const bool is_there = method && (is_modern ? method->is_modern : method->is_legacy) && is_offered(method->needs, menu.offer());
  if (!is_modern) {
    if (!is_there) return no_method(message, situation.era);
    Envelope envelope = read_legacy(message.params);
    return answer(menu, *method, message, std::move(envelope), situation);
  }
  std::variant<Envelope, EnvelopeFault> envelope = read_modern(message.params);
  if (auto* fault = std::get_if<EnvelopeFault>(&envelope)) {
    // A method that no modern server has is not there under any envelope; its client learns the versions from the message.
    if (method && !method->is_modern) return no_method(message, situation.era);
    return {Refusal{fault->status, std::move(fault->fault)}, {}};
  }
  if (!is_there) return no_method(message, situation.era);
  return answer(menu, *method, message, std::move(*std::get_if<Envelope>(&envelope)), situation);
}

}  // namespace orthink::mcp
