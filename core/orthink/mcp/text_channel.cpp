#include "orthink/mcp/text_channel.h"

#include <utility>

#include "orthink/mcp/act_json.h"

namespace orthink::mcp {
namespace {

Error wrong(std::string what) { return make_error(Errc::invalid_argument, std::move(what)); }

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

bool truth_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_boolean() && value->as_bool();
}

void set_duration(Duration& duration, const json::Value& object, std::string_view key) {
  constexpr uint64_t kMsMax = uint64_t{366} * 24 * 3'600'000;
  const json::Value* value = object.find(key);
  const std::optional<uint64_t> ms = value != nullptr ? value->as_u64() : std::nullopt;
  if (ms && *ms <= kMsMax) duration = Duration::millis(static_cast<int64_t>(*ms));
}

void set_count(size_t& count, const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  const std::optional<uint64_t> number = value != nullptr ? value->as_u64() : std::nullopt;
  if (number) count = static_cast<size_t>(*number);
}

std::vector<std::string> texts_at(const json::Value& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::Value* list = object.find(key);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::Member& member : list->members())
    if (member.value.is_string()) texts.push_back(member.value.text());
  return texts;
}

// The definitions of one list; each is known by the member `named`.
std::vector<Offered> offered_at(const json::Value& object, std::string_view key, std::string_view named) {
  std::vector<Offered> all;
  const json::Value* list = object.find(key);
  if (list == nullptr || !list->is_array()) return all;
  for (const json::Member& member : list->members()) all.push_back({text_at(member.value, named), json::dump(member.value)});
  return all;
}

Offer read_offer(const json::Value& object) {
  Offer offer;
  offer.name = text_at(object, "name");
  offer.title = text_at(object, "title");
  offer.version = text_at(object, "version");
  offer.description = text_at(object, "description");
  offer.website_url = text_at(object, "website_url");
  if (const json::Value* icons = object.find("icons")) offer.icons_json = json::dump(*icons);
  offer.instructions = text_at(object, "instructions");
  offer.tools = offered_at(object, "tools", "name");
  offer.prompts = offered_at(object, "prompts", "name");
  offer.resources = offered_at(object, "resources", "uri");
  offer.templates = offered_at(object, "templates", "uriTemplate");
  offer.has_completions = truth_at(object, "completions");
  offer.has_logging = truth_at(object, "logging");
  offer.lists_change = truth_at(object, "lists_change");
  offer.can_subscribe = truth_at(object, "can_subscribe");
  set_count(offer.page_size, object, "page_size");
  return offer;
}

Caller read_caller(const json::Value& object) {
  Caller caller;
  const json::Value* given = object.find("caller");
  if (given == nullptr || !given->is_object()) return caller;
  if (std::string id = text_at(*given, "id"); !id.empty()) caller.id = std::move(id);
  caller.tools = texts_at(*given, "tools");
  return caller;
}

ConversationOptions read_conversation(const json::Value& object) {
  ConversationOptions options;
  options.caller = read_caller(object);
  options.state_key = text_at(object, "state_key");
  set_duration(options.progress_interval, object, "progress_ms");
  set_count(options.calls_max, object, "calls_max");
  return options;
}

HttpOptions read_http(const json::Value& object) {
  HttpOptions options;
  options.hosts = texts_at(object, "hosts");
  options.origins = texts_at(object, "origins");
  options.state_key = text_at(object, "state_key");
  set_duration(options.progress_interval, object, "progress_ms");
  set_duration(options.grace, object, "grace_ms");
  set_duration(options.comment_interval, object, "comment_ms");
  set_duration(options.orphan_life, object, "orphan_ms");
  return options;
}

Result<HttpRequest> read_request(const json::Value& object) {
  HttpRequest request;
  request.method = text_at(object, "method");
  const json::Value* message = object.find("message");
  request.body = message != nullptr ? json::dump(*message) : text_at(object, "body");
  request.peer = text_at(object, "peer");
  request.caller = read_caller(object);
  if (const json::Value* number = object.find("exchange")) request.exchange = number->as_u64().value_or(0);
  const json::Value* headers = object.find("headers");
  if (headers == nullptr) return request;
  for (const json::Member& member : headers->members()) {
    const std::vector<json::Member>& pair = member.value.members();
    if (pair.size() != 2 || !pair[0].value.is_string() || !pair[1].value.is_string()) return wrong("headers are pairs of a name and a value");
    request.headers.push_back({pair[0].value.text(), pair[1].value.text()});
  }
  return request;
}

}  // namespace

Result<std::unique_ptr<TextChannel>> TextChannel::open(Instant now, const json::Value& document, Offer offer) {
  const json::Value* stdio = document.find("stdio");
  const json::Value* http = document.find("http");
  const json::Value* given = stdio != nullptr ? stdio : http;
  if ((stdio != nullptr) == (http != nullptr) || !given->is_object()) return wrong("a channel is either \"stdio\" or \"http\", an object");
  const json::Value* own = document.find("offer");
  Result<Menu> menu = Menu::open(own != nullptr ? read_offer(*own) : std::move(offer));
  if (!menu) return menu.error();
  std::unique_ptr<TextChannel> channel(new TextChannel(std::move(*menu), read_http(*given)));
  if (stdio != nullptr) {
    channel->machine_.emplace<Conversation>(channel->menu_, read_conversation(*given));
    return channel;
  }
  Result<HttpRequest> request = read_request(*given);
  if (!request) return request.error();
  channel->machine_.emplace<HttpExchange>(now, channel->menu_, channel->options_, std::move(*request));
  return channel;
}

Result<void> TextChannel::handle(Instant now, const json::Value& event) {
  if (auto* conversation = std::get_if<Conversation>(&machine_)) {
    Result<ChannelEvent> read = read_channel_event(event);
    if (!read) return read.error();
    conversation->handle(now, std::move(*read));
  } else {
    Result<HttpEvent> read = read_http_event(event);
    if (!read) return read.error();
    std::get_if<HttpExchange>(&machine_)->handle(now, std::move(*read));
  }
  return {};
}

std::vector<std::string> TextChannel::drain() {
  std::vector<std::string> acts;
  if (auto* conversation = std::get_if<Conversation>(&machine_)) {
    for (bool is_over = false; !is_over;) {
      const ChannelAct act = conversation->poll();
      is_over = std::holds_alternative<act::WaitUntil>(act) || std::holds_alternative<act::Close>(act);
      acts.push_back(act_json(act));
    }
    return acts;
  }
  HttpExchange& exchange = *std::get_if<HttpExchange>(&machine_);
  for (bool is_over = false; !is_over;) {
    const HttpAct act = exchange.poll();
    is_over = std::holds_alternative<act::WaitUntil>(act) || std::holds_alternative<act::End>(act);
    acts.push_back(act_json(act));
  }
  return acts;
}

}  // namespace orthink::mcp
