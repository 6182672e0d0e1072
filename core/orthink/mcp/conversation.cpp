#include "orthink/mcp/conversation.h"

#include <algorithm>
#include <utility>

#include "orthink/mcp/code.h"
#include "orthink/mcp/envelope.h"

namespace orthink::mcp {

Conversation::Conversation(const Menu& menu, ConversationOptions options) : menu_(menu), options_(std::move(options)) {}

void Conversation::handle(Instant now, ChannelEvent event) {
  now_ = now;
  if (is_closed_) return;
  std::visit([this](auto& one) { on(one); }, event);
  if (is_stopping_ && open_.empty()) is_closed_ = true;
}

ChannelAct Conversation::poll() {
  if (!acts_.empty()) {
    ChannelAct act = std::move(acts_.front());
    acts_.pop_front();
    return act;
  }
  if (is_closed_) return act::Close{};
  Instant next = stop_until_;
  for (const auto& [number, call] : open_) next = std::min(next, call.progress_at());
  return act::WaitUntil{next};
}

void Conversation::write(std::string message) {
  message += '\n';
  acts_.emplace_back(act::Write{std::move(message)});
}

bool Conversation::is_open(std::string_view id) const {
  return std::any_of(open_.begin(), open_.end(), [id](const auto& entry) { return entry.second.id() == id; }) ||
         std::any_of(subscriptions_.begin(), subscriptions_.end(), [id](const Subscription& one) { return one.id() == id; });
}

void Conversation::on(const event::Line& line) {
  std::string_view text = line.text;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.find_first_not_of(" \t") == std::string_view::npos) return;
  std::variant<Message, Unreadable> read = read_message(text, options_.line_bytes_max);
  if (const auto* unreadable = std::get_if<Unreadable>(&read)) return write(write_error(unreadable->id, unreadable->fault));
  Message& message = *std::get_if<Message>(&read);
  switch (message.shape) {
    case Message::Shape::request:
      return on_request(message);
    case Message::Shape::notification:
      return on_notification(message);
    case Message::Shape::response:
      return on_response(message);
  }
}

void Conversation::on(const event::TooLong&) {
  write(write_error({}, {kInvalidRequest, "a line of more than " + std::to_string(options_.line_bytes_max) + " bytes was skipped", {}}));
}

void Conversation::on_request(Message& message) {
  const std::string id = message.id;
  if (is_open(id)) return write(write_error(id, {kInvalidRequest, "a request with this id is still open", {}}));
  const Era era = era_of(message, std::nullopt);
  carry_out(decide(menu_, std::move(message), {now_, era, &options_.caller, &peer_, options_.state_key}), id);
}

void Conversation::carry_out(Decision decision, const std::string& id) {
  if (decision.peer) {
    peer_ = std::move(*decision.peer);
    has_greeted_ = true;
  }
  if (auto* reply = std::get_if<Reply>(&decision.what)) return write(write_result(id, reply->result_json));
  if (auto* refusal = std::get_if<Refusal>(&decision.what)) return write(write_error(id, refusal->fault));
  if (is_stopping_) return write(write_error(id, {kServerStopping, "the server is stopping and takes no more calls", R"({"retry":"same"})"}));
  if (open_.size() + subscriptions_.size() >= options_.calls_max)
    return write(write_error(id, {kTooManyCalls, "too many calls are open: wait for one to end", {}}));
  if (auto* begun = std::get_if<Begin>(&decision.what)) return begin(std::move(*begun), id);
  listen(*std::get_if<Listen>(&decision.what), id);
}

void Conversation::begin(Begin begin, const std::string& id) {
  const uint64_t number = ++last_number_;
  begin.call.number = number;
  open_.emplace(number, OpenCall(id, begin, {options_.progress_interval, options_.state_key, options_.state_life}));
  acts_.emplace_back(act::Start{std::move(begin.call)});
}

void Conversation::listen(const Listen& listen, const std::string& id) {
  Subscription subscription(id, listen.wanted, menu_.offer());
  write(subscription.acknowledged());
  if (subscription.is_empty()) return write(write_result(id, menu_.modern_result("{}", "complete", nullptr)));
  subscriptions_.push_back(std::move(subscription));
}

void Conversation::on_notification(const Message& message) {
  if (message.method != "notifications/cancelled") return;
  const json::Value* request = message.params.find("requestId");
  const std::string id = request ? id_text(*request) : std::string();
  for (auto entry = open_.begin(); entry != open_.end(); ++entry) {
    if (entry->second.id() != id) continue;
    acts_.emplace_back(act::Cancel{entry->first});
    open_.erase(entry);
    return;
  }
  std::erase_if(subscriptions_, [&id](const Subscription& one) { return one.id() == id; });
}

void Conversation::on_response(const Message& message) {
  const Result<json::Value> id = json::parse(message.id);
  if (!id || !id->is_string()) return;
  for (auto& [number, call] : open_) {
    const std::optional<uint64_t> tag = call.answered(id->text());
    if (!tag) continue;
    acts_.emplace_back(act::Heard{number, *tag, json::dump(message.answer)});
    return;
  }
}

void Conversation::on(event::NewsOf& of) {
  if (const auto* change = std::get_if<news::Changed>(&of.news)) return tell_change(*change);
  const auto entry = open_.find(of.number);
  if (entry == open_.end()) return;
  OpenCall& call = entry->second;
  std::optional<std::string> message;
  if (auto* progress = std::get_if<news::Progress>(&of.news)) message = call.progress(now_, std::move(*progress));
  if (const auto* log = std::get_if<news::Log>(&of.news)) message = call.log(*log);
  if (const auto* asked = std::get_if<news::Ask>(&of.news)) return ask(call, of.number, *asked);
  if (is_last(of.news)) {
    message = call.end(now_, menu_, of.news).message;
    open_.erase(entry);
  }
  if (message) write(std::move(*message));
}

void Conversation::ask(OpenCall& call, uint64_t number, const news::Ask& ask) {
  if (call.era() != Era::legacy || !can_ask(ask.method, peer_.capabilities)) {
    acts_.emplace_back(act::Heard{number, ask.tag, cannot_ask(ask.method)});
    return;
  }
  write(call.ask("ask-" + std::to_string(number) + '-' + std::to_string(ask.tag), ask));
}

void Conversation::tell_change(const news::Changed& change) {
  for (const Subscription& one : subscriptions_)
    if (std::optional<std::string> message = one.told(change)) write(std::move(*message));
  if (!has_greeted_) return;
  const bool is_wanted = change.what != news::Changed::What::resource ||
                         std::find(peer_.subscribed.begin(), peer_.subscribed.end(), change.uri) != peer_.subscribed.end();
  if (is_wanted && (change.what == news::Changed::What::resource || menu_.offer().lists_change)) write(legacy_change(change));
}

void Conversation::on(const event::Eof&) {
  for (const auto& [number, call] : open_) acts_.emplace_back(act::Cancel{number});
  open_.clear();
  subscriptions_.clear();
  is_closed_ = true;
}

void Conversation::on(const event::Stop&) {
  if (std::exchange(is_stopping_, true)) return;
  stop_until_ = now_ + options_.let_go;
  for (const auto& [number, call] : open_) acts_.emplace_back(act::Cancel{number});
  for (const Subscription& one : subscriptions_) write(write_result(one.id(), menu_.modern_result("{}", "complete", nullptr)));
  subscriptions_.clear();
}

void Conversation::on(const event::Tick&) {
  if (now_ >= stop_until_) {
    for (const auto& [number, call] : open_) write(write_error(call.id(), stopped_fault()));
    return open_.clear();
  }
  for (auto& [number, call] : open_)
    if (std::optional<std::string> message = call.progress_due(now_)) write(std::move(*message));
}

}  // namespace orthink::mcp
