// One message:
//   {"role":"user","content":"text" | [{"type":"text","text":"..."},{"type":"image_url","image_url":{"url":"data:... | https://..."}},
//   ...]}
//   {"role":"assistant","content":"text" | null,"reasoning_details":[...],"tool_calls":[{"id":"..","type":"function","function":{..}}]}
//   {"role":"tool","tool_call_id":"..","content":"text"}
// Names as in OpenRouter's chat schema (OpenRouter's documentation).
#include "orthink/chat/messages.h"

#include <array>
#include <string>

#include "orthink/base/limits.h"
#include "orthink/chat/ask.h"

namespace orthink {
namespace {

constexpr std::array<std::string_view, 5> kRoles = {"system", "developer", "user", "assistant", "tool"};
constexpr std::array<std::string_view, 5> kParts = {"text", "image_url", "file", "input_audio", "video_url"};

Error wrong(const std::string& place, const std::string& what, std::string remedy) {
  return make_error(Errc::invalid_argument, place + " " + what, std::move(remedy));
}

std::string list_of(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::string did_you_mean(std::string_view mistyped, std::span<const std::string_view> known) {
  const std::string_view close = closest_name(mistyped, known);
  const std::string all = "It is one of " + list_of(known) + ".";
  return close.empty() ? all : "Did you mean \"" + std::string(close) + "\"? " + all;
}

// The string at `key` of object `value`; must be there and not empty.
Result<void> need_text(const json::Value& value, std::string_view key, const std::string& place) {
  const json::Value* found = value.is_object() ? value.find(key) : nullptr;
  const std::string where = place + "." + std::string(key);
  if (found == nullptr) return make_error(Errc::missing_field, where + " is missing", "Add it as a string.");
  if (!found->is_string()) return wrong(where, "is " + std::string(name(found->type())) + ", not a string", "Give a string.");
  if (found->text().empty()) return wrong(where, "is empty", "Give a text that is not empty.");
  return {};
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> heads) {
  for (const std::string_view head : heads) {
    if (text.substr(0, head.size()) == head) return true;
  }
  return false;
}

Result<void> check_url(const json::Value& holder, std::string_view key, const std::string& place) {
  if (auto there = need_text(holder, key, place); !there) return there;
  if (!starts_with_any(holder.find(key)->text(), {"https://", "http://", "data:"})) {
    return wrong(place + "." + std::string(key), "is neither an http(s) address nor a data: URL",
                 "Give the file's bytes as data:TYPE;base64,..., or an address the provider can fetch.");
  }
  return {};
}

Result<void> need_object(const json::Value& part, std::string_view key, const std::string& place) {
  const json::Value* found = part.find(key);
  if (found != nullptr && found->is_object()) return {};
  return wrong(place + "." + std::string(key), found == nullptr ? "is missing" : "is not an object",
               "A part of this type carries an object \"" + std::string(key) + "\".");
}

Result<void> check_file(const json::Value& file, const std::string& place) {
  for (const std::string_view key : {"file_data", "file_url", "file_id"}) {
    if (file.find(key) != nullptr) return need_text(file, key, place);
  }
  return make_error(Errc::missing_field, place + " has neither file_data nor file_url", "Add file_data as a data: URL, or file_url.");
}

Result<void> check_part(const json::Value& part, const std::string& place, bool texts_only) {
  if (!part.is_object()) return wrong(place, "is " + std::string(name(part.type())) + ", not an object", "Give {\"type\":...}.");
  if (auto typed = need_text(part, "type", place); !typed) return typed;
  const std::string& type = part.find("type")->text();
  if (type == "text") return need_text(part, "text", place);
  bool is_known = false;
  for (const std::string_view known : kParts) is_known = is_known || known == type;
  if (!is_known) return wrong(place + ".type", "is \"" + type + "\"", did_you_mean(type, kParts));
  if (texts_only) return wrong(place + ".type", "is \"" + type + "\", but this role takes text only", "Move the part to a user message.");
  if (auto holder = need_object(part, type, place); !holder) return holder;
  const std::string inner = place + "." + type;
  if (type == "image_url" || type == "video_url") return check_url(*part.find(type), "url", inner);
  if (type == "file") return check_file(*part.find(type), inner);
  if (auto data = need_text(*part.find(type), "data", inner); !data) return data;
  return need_text(*part.find(type), "format", inner);
}

Result<void> check_content(const json::Value& content, const std::string& place, bool texts_only) {
  if (content.is_string()) return {};
  if (!content.is_array()) {
    return wrong(place, "is " + std::string(name(content.type())), "Give a string or a list of parts.");
  }
  if (content.members().empty()) return make_error(Errc::empty_prompt, place + " is an empty list", "Add at least one part.");
  size_t index = 0;
  for (const json::Member& part : content.members()) {
    if (auto ok = check_part(part.value, place + "[" + std::to_string(index) + "]", texts_only); !ok) return ok;
    ++index;
  }
  return {};
}

Result<void> check_tool_calls(const json::Value& calls, const std::string& place) {
  if (!calls.is_array()) return wrong(place, "is not a list", "Give the list as the answer had it.");
  size_t index = 0;
  for (const json::Member& call : calls.members()) {
    const std::string here = place + "[" + std::to_string(index++) + "]";
    if (!call.value.is_object()) return wrong(here, "is not an object", "Give the call as the answer had it.");
    if (auto id = need_text(call.value, "id", here); !id) return id;
    if (auto function = need_object(call.value, "function", here); !function) return function;
    if (auto named = need_text(*call.value.find("function"), "name", here + ".function"); !named) return named;
    const json::Value* arguments = call.value.find("function")->find("arguments");
    if (arguments == nullptr || !arguments->is_string()) {
      return wrong(here + ".function.arguments", "is not a string", "Arguments are JSON text inside a string.");
    }
  }
  return {};
}

Result<void> check_assistant(const json::Value& message, const std::string& place) {
  const json::Value* calls = message.find("tool_calls");
  if (calls != nullptr && !calls->is_null()) {
    if (auto ok = check_tool_calls(*calls, place + ".tool_calls"); !ok) return ok;
  }
  const json::Value* details = message.find("reasoning_details");
  if (details != nullptr && !details->is_null() && !details->is_array()) {
    return wrong(place + ".reasoning_details", "is not a list", "Send it back exactly as the answer had it.");
  }
  for (const std::string_view key : {"reasoning", "reasoning_content", "refusal"}) {
    const json::Value* text = message.find(key);
    if (text != nullptr && !text->is_null() && !text->is_string()) {
      return wrong(place + "." + std::string(key), "is not a string", "Give a string, or leave it out.");
    }
  }
  const json::Value* content = message.find("content");
  if (content != nullptr && !content->is_null()) return check_content(*content, place + ".content", false);
  const bool has_calls = calls != nullptr && calls->is_array() && !calls->members().empty();
  const bool has_details = details != nullptr && details->is_array() && !details->members().empty();
  if (has_calls || has_details) return {};
  return make_error(Errc::missing_field, place + ".content is missing and there are no tool_calls", "Give the text of the answer.");
}

Result<void> check_message(const json::Value& message, const std::string& place) {
  if (!message.is_object())
    return wrong(place, "is " + std::string(name(message.type())) + ", not an object", "Give {\"role\":...,\"content\":...}.");
  if (auto role = need_text(message, "role", place); !role) return role;
  const std::string& role = message.find("role")->text();
  bool is_known = false;
  for (const std::string_view known : kRoles) is_known = is_known || known == role;
  if (!is_known) return wrong(place + ".role", "is \"" + role + "\"", did_you_mean(role, kRoles));
  if (role == "assistant") return check_assistant(message, place);
  if (role == "tool") {
    if (auto id = need_text(message, "tool_call_id", place); !id) return id;
  }
  const json::Value* content = message.find("content");
  if (content == nullptr) return make_error(Errc::missing_field, place + ".content is missing", "Add it as a string or a list of parts.");
  if (auto ok = check_content(*content, place + ".content", role == "system" || role == "developer"); !ok) return ok;
  if (role == "user" && content->is_string() && content->text().find_first_not_of(" \t\r\n") == std::string::npos) {
    return make_error(Errc::empty_prompt, place + ".content is empty", "Give the question as text.");
  }
  return {};
}

}  // namespace

std::string_view part_type(const json::Value& part) {
  const json::Value* type = part.is_object() ? part.find("type") : nullptr;
  return type != nullptr && type->is_string() ? std::string_view(type->text()) : std::string_view();
}

bool has_part(const json::Value& messages, std::string_view type) {
  for (const json::Member& message : messages.members()) {
    const json::Value* content = message.value.is_object() ? message.value.find("content") : nullptr;
    if (content == nullptr || !content->is_array()) continue;
    for (const json::Member& part : content->members()) {
      if (part_type(part.value) == type) return true;
    }
  }
  return false;
}

Result<void> check_messages(const json::Value& messages) {
  if (!messages.is_array()) return wrong("messages", "is not a list", "Give a list of {\"role\":...,\"content\":...}.");
  const size_t count = messages.members().size();
  if (count == 0) return make_error(Errc::empty_prompt, "messages is an empty list", "Add at least one user message.");
  if (count > limits::kMessagesMax) {
    return make_error(Errc::too_large, "messages has " + std::to_string(count) + " items",
                      "Send at most " + std::to_string(limits::kMessagesMax) + ".");
  }
  size_t index = 0;
  bool has_question = false;
  for (const json::Member& message : messages.members()) {
    if (auto ok = check_message(message.value, "messages[" + std::to_string(index++) + "]"); !ok) return ok;
    const std::string& role = message.value.find("role")->text();
    has_question = has_question || role == "user" || role == "tool";
  }
  if (!has_question) return make_error(Errc::empty_prompt, "messages has no user message", "Add the question as a user message.");
  return {};
}

}  // namespace orthink
