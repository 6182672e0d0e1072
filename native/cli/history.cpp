#include "native/cli/history.h"

#include <array>
#include <utility>

#include "native/system.h"

namespace orthink::cli {
namespace {

constexpr json::ParseLimits kLimits{kHistoryBytesMax, 1'000'000, limits::kJsonDepthMax};

std::string text_of(const json::Value& holder, std::string_view key) {
  const json::Value* value = holder.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

// Of a document of ask_document: its messages, or its prompt as one.
json::Value turn_messages(const json::Value& document) {
  if (const json::Value* messages = document.find("messages"); messages != nullptr) return *messages;
  json::Value message = json::Value::object();
  message.set("role", json::Value::string("user"));
  message.set("content", json::Value::string(text_of(document, "prompt")));
  json::Value messages = json::Value::array();
  messages.push(std::move(message));
  return messages;
}

Error no_history(const std::string& path, const std::string& what) {
  return make_error(Errc::invalid_argument, path + " is no conversation of ours: " + what, "Name another file for --continue.");
}

}  // namespace

Result<History> History::load(const std::string& path) {
  History history;
  if (!file_facts(path)) return history;
  const Result<std::string> bytes = read_file(path, kHistoryBytesMax);
  if (!bytes) return bytes.error();
  const Result<json::Value> document = json::parse(*bytes, kLimits);
  if (!document) return no_history(path, document.error().message);
  const json::Value* messages = document->is_object() ? document->find("messages") : nullptr;
  if (messages == nullptr || !messages->is_array()) return no_history(path, "it has no list \"messages\"");
  history.model_ = text_of(*document, "model");
  history.system_ = text_of(*document, "system");
  history.messages_ = *messages;
  return history;
}

Result<std::string> History::continued(std::string_view turn_document, bool& left_out) const {
  left_out = false;
  Result<json::Value> document = json::parse(turn_document, kLimits);
  if (!document) return document.error();
  if (document->find("system") == nullptr && !system_.empty()) document->set("system", json::Value::string(system_));
  const bool is_other_model = !model_.empty() && text_of(*document, "model") != model_;
  json::Value messages = messages_;
  for (json::Member& message : messages.members()) {
    if (!is_other_model) break;
    const bool had_blocks = message.value.erase("reasoning_details");
    left_out = message.value.erase("reasoning") || had_blocks || left_out;
  }
  const json::Value turn = turn_messages(*document);
  for (const json::Member& message : turn.members()) messages.push(message.value);
  document->erase("prompt");
  document->set("messages", std::move(messages));
  return json::dump(*document);
}

Result<void> History::add(std::string_view turn_document, std::string_view assistant_message) {
  const Result<json::Value> document = json::parse(turn_document, kLimits);
  if (!document) return document.error();
  Result<json::Value> answer = json::parse(assistant_message, kLimits);
  if (!answer) return answer.error();
  model_ = text_of(*document, "model");
  if (document->find("system") != nullptr) system_ = text_of(*document, "system");
  const json::Value turn = turn_messages(*document);
  for (const json::Member& message : turn.members()) messages_.push(message.value);
  messages_.push(std::move(*answer));
  return {};
}

Result<void> History::save(const std::string& path) const {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("model").string(model_);
  if (!system_.empty()) out.key("system").string(system_);
  out.key("messages").value(messages_).end();
  return write_file(path, out.take() + "\n", 0600);
}

}  // namespace orthink::cli
