#include "orthink/mcp/http_exchange.h"

#include <algorithm>
#include <utility>

#include "orthink/mcp/code.h"
#include "orthink/mcp/envelope.h"
#include "orthink/mcp/headers.h"
#include "orthink/mcp/origin.h"
#include "orthink/mcp/revision.h"

namespace orthink::mcp {
namespace {

constexpr uint64_t kNumber = 1;  // an exchange has one call
constexpr std::string_view kChanges = "changes";
constexpr std::string_view kComment = ":\n\n";
constexpr std::string_view kAllowedHeaders =
    "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, MCP-Protocol-Version, Mcp-Session-Id";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "a, b;q=1" has a; parameters do not count.
bool lists(std::string_view accept, std::string_view type) {
  const std::string text = lower(accept);
  for (size_t from = 0; from < text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    std::string_view one = std::string_view(text).substr(from, comma - from);
    one = one.substr(0, one.find(';'));
    const size_t first = one.find_first_not_of(" \t");
    if (first != std::string_view::npos && one.substr(first, one.find_last_not_of(" \t") - first + 1) == type) return true;
    from = comma + 1;
  }
  return false;
}

std::string event_of(std::string_view message) {
  std::string out;
  out.reserve(message.size() + 24);
  return out.append("event: message\ndata: ").append(message).append("\n\n");
}

}  // namespace

HttpExchange::HttpExchange(Instant now, const Menu& menu, const HttpOptions& options, HttpRequest request)
    : menu_(menu), options_(options), now_(now), caller_(std::move(request.caller)), client_(std::move(request.peer)), exchange_(request.exchange) {
  request_head_.headers = std::move(request.headers);
  if (!check_head()) return;
  if (request.method == "POST")
    post(request.body);
  else if (request.method == "GET")
    get();
  else if (request.method == "DELETE")
    remove();
  else if (request.method == "OPTIONS")
    preflight();
  else
    not_allowed();
}

void HttpExchange::handle(Instant now, HttpEvent event) {
  now_ = now;
  if (phase_ == Phase::over) return;
  std::visit([this](auto& one) { on(one); }, event);
}

HttpAct HttpExchange::poll() {
  if (!acts_.empty()) {
    HttpAct act = std::move(acts_.front());
    acts_.pop_front();
    return act;
  }
  if (phase_ == Phase::over) return act::End{};
  return act::WaitUntil{next_wake()};
}

Instant HttpExchange::next_wake() const {
  Instant next = std::min({orphan_until_, next_comment_, stop_until_});
  if (phase_ == Phase::plain) next = std::min(next, stream_from_);
  if (call_) next = std::min(next, call_->progress_at());
  return next;
}

std::string_view HttpExchange::header(std::string_view name) const {
  return request_head_.find(name);
}

std::string HttpExchange::key(std::string_view what, std::string_view id) const {
  std::string out(what);
  for (std::string_view part : {std::string_view(caller_.id), std::string_view(client_), id}) out.append(1, '\n').append(part);
  return out;
}

// --- what is answered at once

void HttpExchange::add_head(int status, std::string_view type, bool is_stream) {
  act::Head head{status, {}, is_stream};
  const auto add = [&head](std::string_view name, std::string_view value) { head.headers.push_back({std::string(name), std::string(value)}); };
  if (!type.empty()) add("Content-Type", type);
  if (is_stream) {
    add("Cache-Control", "no-cache");
    add("X-Accel-Buffering", "no");
  }
  if (!new_session_id_.empty()) add("Mcp-Session-Id", new_session_id_);
  if (status == 405) add("Allow", options_.sessions ? "POST, GET, DELETE" : "POST");
  if (!cors_origin_.empty()) {
    add("Access-Control-Allow-Origin", cors_origin_);
    add("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate");
    add("Vary", "Origin");
  }
  acts_.emplace_back(std::move(head));
}

void HttpExchange::answer(int status, std::string body) {
  add_head(status, body.empty() ? "" : "application/json", false);
  if (!body.empty()) acts_.emplace_back(act::Body{std::move(body)});
  finish();
}

void HttpExchange::refuse(int status, std::string_view id, const news::Fault& fault) {
  answer(status, write_error(id, fault));
}

void HttpExchange::not_allowed() {
  refuse(405, {}, {kInvalidRequest, options_.sessions ? "POST, GET or DELETE" : "only POST is answered here", {}});
}

void HttpExchange::finish() {
  phase_ = Phase::over;
  stream_from_ = next_comment_ = orphan_until_ = stop_until_ = Instant::never();
}

bool HttpExchange::check_head() {
  const auto is_origin = [](const orthink::http::Header& one) { return orthink::http::same_name(one.name, "Origin"); };
  const bool has_origin = std::any_of(request_head_.headers.begin(), request_head_.headers.end(), is_origin);
  const std::string_view origin = header("Origin");
  const auto fault = origin_fault(header("Host"), has_origin ? std::optional(origin) : std::nullopt, options_.hosts, options_.origins);
  if (fault) {
    refuse(403, {}, {kNotAllowedHere, *fault, {}});
    return false;
  }
  cors_origin_ = origin;
  const std::string_view accept = header("Accept");
  may_stream_ = lists(accept, "text/event-stream");
  must_stream_ = may_stream_ && !lists(accept, "application/json") && !lists(accept, "*/*") && !lists(accept, "application/*");
  return true;
}

void HttpExchange::preflight() {
  if (cors_origin_.empty()) return not_allowed();
  act::Head head{204, {}, false};
  head.headers = {{"Access-Control-Allow-Origin", cors_origin_}, {"Access-Control-Allow-Methods", "POST"},
                  {"Access-Control-Allow-Headers", std::string(kAllowedHeaders)}, {"Access-Control-Max-Age", "600"}, {"Vary", "Origin"}};
  acts_.emplace_back(std::move(head));
  finish();
}

void HttpExchange::get() {
  if (!options_.sessions || !may_stream_ || is_modern_name(header("MCP-Protocol-Version"))) return not_allowed();
  if (!check_session()) return;
  is_get_stream_ = true;
  open_stream();
  acts_.emplace_back(act::Enlist{std::string(kChanges), kNumber});
}

void HttpExchange::remove() {
  if (!options_.sessions || is_modern_name(header("MCP-Protocol-Version"))) return not_allowed();
  if (!check_session()) return;
  options_.sessions->close(header("Mcp-Session-Id"));
  answer(200, {});
}

bool HttpExchange::check_session() {
  const std::string_view id = header("Mcp-Session-Id");
  if (id.empty()) {
    refuse(400, {}, {kInvalidRequest, "the header Mcp-Session-Id is missing: initialize first", {}});
    return false;
  }
  session_ = options_.sessions->find(id);
  if (session_ && session_->principal == caller_.id) {
    client_ = id;
    return true;
  }
  session_.reset();
  refuse(404, {}, {kInvalidRequest, "this session is over: initialize again", {}});
  return false;
}

void HttpExchange::post(std::string_view body) {
  std::string_view type = header("Content-Type");
  type = type.substr(0, type.find(';'));
  if (lower(type.substr(0, type.find_last_not_of(" \t") + 1)) != "application/json")
    return refuse(415, {}, {kInvalidRequest, "the Content-Type must be application/json", {}});
  const std::string_view accept = header("Accept");
  const bool takes_json = accept.empty() || lists(accept, "application/json") || lists(accept, "*/*") || lists(accept, "application/*");
  if (!takes_json && !may_stream_)
    return refuse(406, {}, {kInvalidRequest, "Accept must allow application/json or text/event-stream", {}});
  std::variant<Message, Unreadable> read = read_message(body, options_.body_bytes_max);
  if (const auto* unreadable = std::get_if<Unreadable>(&read)) return refuse(400, unreadable->id, unreadable->fault);
  on_message(*std::get_if<Message>(&read));
}

void HttpExchange::on_message(Message& message) {
  method_ = message.method;
  const std::string_view version = header("MCP-Protocol-Version");
  era_ = era_of(message, version.empty() ? std::nullopt : std::optional(version));
  if (era_ == Era::legacy && !check_legacy(message, version)) return;
  if (message.shape == Message::Shape::request) return on_request(message);
  if (era_ == Era::legacy) deliver(message);
  answer(202, {});
}

// The version header, and the session where there are any.
bool HttpExchange::check_legacy(const Message& message, std::string_view version) {
  if (message.method == "initialize") return true;
  if (!version.empty() && !find_revision(version)) {
    refuse(400, message.id, {kInvalidRequest, "this MCP-Protocol-Version is not spoken here: " + supported_json(), {}});
    return false;
  }
  if (options_.sessions) return check_session();
  if (const std::string_view label = header("Mcp-Session-Id"); !label.empty()) client_ = label;
  session_ = Session{caller_.id, {}};
  session_->peer.revision = version.empty() ? kLegacyWithoutHeader : version;
  return true;
}

// To another exchange of this client: it cancels a request of its own, or answers one of ours.
void HttpExchange::deliver(const Message& message) {
  if (message.shape == Message::Shape::response) {
    const Result<json::Value> id = json::parse(message.id);
    if (!id || !id->is_string()) return;
    acts_.emplace_back(act::Deliver{key("ask", id->text()), news::Answer{id->text(), json::dump(message.answer)}});
    return;
  }
  const json::Value* request = message.method == "notifications/cancelled" ? message.params.find("requestId") : nullptr;
  const std::string id = request ? id_text(*request) : std::string();
  if (!id.empty()) acts_.emplace_back(act::Deliver{key("cancel", id), news::Cancelled{}});
}

void HttpExchange::on_request(Message& message) {
  if (era_ == Era::modern && !version_in(message).empty()) {
    static const std::vector<HeaderParam> kNone;
    const json::Value* name = message.method == "tools/call" ? message.params.find("name") : nullptr;
    const Menu::Tool* tool = name && name->is_string() ? menu_.find_tool(name->text(), caller_) : nullptr;
    if (const auto wrong = header_mismatch(request_head_, message, tool ? tool->header_params : kNone))
      return refuse(400, message.id, {kHeaderMismatch, *wrong, {}});
  }
  static const LegacyPeer kStranger;
  const std::string id = message.id;
  const LegacyPeer& peer = session_ ? session_->peer : kStranger;
  carry_out(decide(menu_, std::move(message), {now_, era_, &caller_, &peer, options_.state_key}), id);
}

void HttpExchange::carry_out(Decision decision, const std::string& id) {
  if (decision.peer && options_.sessions) {
    if (session_) options_.sessions->change(client_, *decision.peer);
    else new_session_id_ = options_.sessions->open({caller_.id, std::move(*decision.peer)});
  }
  if (!options_.sessions && options_.label && era_ == Era::legacy && method_ == "initialize") new_session_id_ = options_.label();
  if (auto* reply = std::get_if<Reply>(&decision.what)) return last_words({write_result(id, reply->result_json), 200});
  if (auto* refusal = std::get_if<Refusal>(&decision.what)) return last_words({write_error(id, refusal->fault), refusal->status});
  if (auto* begun = std::get_if<Begin>(&decision.what)) return begin(std::move(*begun), id);
  listen(*std::get_if<Listen>(&decision.what), id);
}

// --- what takes time

void HttpExchange::begin(Begin begin, const std::string& id) {
  begin.call.number = kNumber;
  call_.emplace(id, begin, OpenCall::Rules{options_.progress_interval, options_.state_key, options_.state_life});
  wants_stream_at_once_ = must_stream_ || begin.call.wants_progress;
  stream_from_ = now_;  // a result that is there at once needs neither stream nor list
  acts_.emplace_back(act::Start{std::move(begin.call)});
}

// Another request of this client may cancel this call from now on.
void HttpExchange::enlist() {
  if (!is_enlisted_ && era_ == Era::legacy) acts_.emplace_back(act::Enlist{key("cancel", call_->id()), kNumber});
  is_enlisted_ = true;
}

void HttpExchange::listen(const Listen& listen, const std::string& id) {
  if (!may_stream_) return refuse(406, id, {kInvalidRequest, "subscriptions need an Accept of text/event-stream", {}});
  subscription_.emplace(id, listen.wanted, menu_.offer());
  say(subscription_->acknowledged());
  if (subscription_->is_empty()) return last_words({write_result(id, menu_.modern_result("{}", "complete", nullptr)), 200});
  acts_.emplace_back(act::Enlist{std::string(kChanges), kNumber});
}

void HttpExchange::open_stream() {
  if (call_) enlist();  // news may open it before the first tick does
  add_head(200, "text/event-stream", true);
  acts_.emplace_back(act::Body{std::string(kComment)});
  phase_ = Phase::stream;
  next_comment_ = now_ + options_.comment_interval;
}

// A message that is not the last; dropped where the client takes no stream or has left.
void HttpExchange::say(std::string_view message) {
  if (phase_ == Phase::plain && may_stream_) open_stream();
  if (phase_ != Phase::stream) return;
  acts_.emplace_back(act::Body{event_of(message)});
  next_comment_ = now_ + options_.comment_interval;
}

void HttpExchange::last_words(OpenCall::End end) {
  if (phase_ == Phase::plain && !(must_stream_ && end.status == 200)) return answer(end.status, std::move(end.message));
  say(end.message);
  finish();
}

void HttpExchange::on(event::NewsOf& of) {
  if (const auto* change = std::get_if<news::Changed>(&of.news)) return on_change(*change);
  if (of.number != kNumber || !call_) return;
  std::optional<std::string> message;
  if (auto* progress = std::get_if<news::Progress>(&of.news)) message = call_->progress(now_, std::move(*progress));
  if (const auto* log = std::get_if<news::Log>(&of.news)) message = call_->log(*log);
  if (message) return say(*message);
  if (const auto* asked = std::get_if<news::Ask>(&of.news)) return ask(*asked);
  if (const auto* answer = std::get_if<news::Answer>(&of.news)) {
    if (const std::optional<uint64_t> tag = call_->answered(answer->ask_id)) acts_.emplace_back(act::Heard{kNumber, *tag, answer->json});
    return;
  }
  if (std::holds_alternative<news::Cancelled>(of.news)) {
    acts_.emplace_back(act::Cancel{kNumber});
    if (phase_ == Phase::plain) add_head(202, "", false);
    return finish();
  }
  if (is_last(of.news)) last_words(call_->end(now_, menu_, of.news));
}

void HttpExchange::ask(const news::Ask& ask) {
  const bool can = options_.sessions && session_ && era_ == Era::legacy && may_stream_ && phase_ != Phase::orphaned &&
                   can_ask(ask.method, session_->peer.capabilities);
  if (!can) {
    acts_.emplace_back(act::Heard{kNumber, ask.tag, cannot_ask(ask.method)});
    return;
  }
  const std::string ask_id = "ask-" + std::to_string(exchange_) + '-' + std::to_string(ask.tag);
  acts_.emplace_back(act::Enlist{key("ask", ask_id), kNumber});
  say(call_->ask(ask_id, ask));
}

// From the work: told to all that listen. As one of those: said where it was asked for.
void HttpExchange::on_change(const news::Changed& change) {
  if (call_) {
    acts_.emplace_back(act::Deliver{std::string(kChanges), change});
    return;
  }
  if (subscription_)
    if (const std::optional<std::string> message = subscription_->told(change)) return say(*message);
  if (!is_get_stream_ || !session_) return;
  const std::vector<std::string>& uris = session_->peer.subscribed;
  const bool is_resource = change.what == news::Changed::What::resource;
  if (is_resource ? std::find(uris.begin(), uris.end(), change.uri) != uris.end() : menu_.offer().lists_change) say(legacy_change(change));
}

void HttpExchange::on(const event::Closed&) {
  const bool is_stopping = !stop_until_.is_never();
  if (era_ == Era::legacy && call_ && !is_stopping) {
    enlist();
    phase_ = Phase::orphaned;
    orphan_until_ = now_ + options_.orphan_life;
    next_comment_ = Instant::never();
    return;
  }
  if (call_ && !is_stopping) acts_.emplace_back(act::Cancel{kNumber});
  finish();
}

void HttpExchange::on(const event::Stop&) {
  if (call_) {
    acts_.emplace_back(act::Cancel{kNumber});
    if (phase_ == Phase::orphaned) return finish();
    stop_until_ = std::min(stop_until_, now_ + options_.let_go);
    return;
  }
  if (subscription_) return last_words({write_result(subscription_->id(), menu_.modern_result("{}", "complete", nullptr)), 200});
  finish();
}

void HttpExchange::on(const event::Tick&) {
  if (now_ >= orphan_until_) {
    acts_.emplace_back(act::Cancel{kNumber});
    return finish();
  }
  if (now_ >= stop_until_) return last_words({write_error(call_->id(), stopped_fault()), 503});
  if (call_ && !is_enlisted_) {
    enlist();
    if (!wants_stream_at_once_) stream_from_ = now_ + options_.grace;
  }
  if (phase_ == Phase::plain && now_ >= stream_from_) {
    stream_from_ = Instant::never();
    if (may_stream_) open_stream();
  }
  if (call_)
    if (const std::optional<std::string> message = call_->progress_due(now_)) say(*message);
  if (phase_ == Phase::stream && now_ >= next_comment_) {
    acts_.emplace_back(act::Body{std::string(kComment)});
    next_comment_ = now_ + options_.comment_interval;
  }
}

}  // namespace orthink::mcp
