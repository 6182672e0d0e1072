#include "orthink/tools/question.h"

#include <algorithm>
#include <array>
#include <utility>

#include "orthink/chat/plain_text.h"

namespace orthink::tools {
namespace {

constexpr size_t kShownBytesMax = 60;
constexpr size_t kModelsShownMax = 8;

// Arguments that go into the ask document under their own name, and those that have another there.
constexpr std::array kSame = std::to_array<std::string_view>({
    "messages", "system",      "model",           "answer_tokens", "max_tokens",  "max_cost_usd", "fit",  "lenient", "hide_thinking",
    "tools",    "tool_choice", "response_format", "provider",      "temperature", "top_p",        "seed", "stop",    "deadline_s",
});

bool is_same(std::string_view key) {
  return std::find(kSame.begin(), kSame.end(), key) != kSame.end();
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

bool is_address(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://") || text.starts_with("data:");
}

std::string file_name(std::string_view address) {
  if (address.starts_with("data:")) return "file";
  const std::string_view path = address.substr(0, address.find_first_of("?#"));
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.empty() ? "file" : std::string(name);
}

json::Value typed(std::string_view type) {
  json::Value part = json::Value::object();
  part.set("type", json::Value::string(std::string(type)));
  return part;
}

json::Value text_part(const std::string& text) {
  json::Value part = typed("text");
  part.set("text", json::Value::string(text));
  return part;
}

json::Value image_part(const std::string& url) {
  json::Value holder = json::Value::object();
  holder.set("url", json::Value::string(url));
  json::Value part = typed("image_url");
  part.set("image_url", std::move(holder));
  return part;
}

json::Value file_part(const std::string& url) {
  json::Value holder = json::Value::object();
  holder.set("filename", json::Value::string(file_name(url)));
  holder.set("file_data", json::Value::string(url));
  json::Value part = typed("file");
  part.set("file", std::move(holder));
  return part;
}

// The parts of one list of addresses, put after `content`.
Result<void> attach(const json::Value& checked, std::string_view key, json::Value (*part)(const std::string&), json::Value& content) {
  const json::Value* list = checked.find(key);
  if (list == nullptr) return {};
  for (size_t i = 0; i < list->members().size(); ++i) {
    const std::string& address = list->members()[i].value.text();
    if (!is_address(address)) {
      return make_error(Errc::invalid_argument,
                        std::string(key) + "[" + std::to_string(i) + "] is \"" + plain_text(address, kShownBytesMax) + "\", which is no address",
                        "Give an https:// URL or the content itself as data:TYPE;base64,...; this tool opens no files.");
    }
    content.push(part(address));
  }
  return {};
}

// Sets prompt or messages of the document.
Result<void> put_question(const json::Value& checked, json::Value& document) {
  const json::Value* prompt = checked.find("prompt");
  json::Value parts = json::Value::array();
  if (auto ok = attach(checked, "files", file_part, parts); !ok) return ok;
  if (auto ok = attach(checked, "images", image_part, parts); !ok) return ok;
  if (parts.members().empty()) {
    if (prompt != nullptr) document.set("prompt", *prompt);
    return {};
  }
  if (prompt == nullptr || checked.find("messages") != nullptr) {
    return make_error(Errc::invalid_argument, "images and files go with a prompt",
                      "Say in prompt what to do with them, or put them into messages as parts of type image_url and file.");
  }
  json::Value content = json::Value::array();
  content.push(text_part(prompt->text()));
  for (json::Member& part : parts.members()) content.push(std::move(part.value));
  json::Value message = json::Value::object();
  message.set("role", json::Value::string("user"));
  message.set("content", std::move(content));
  json::Value messages = json::Value::array();
  messages.push(std::move(message));
  document.set("messages", std::move(messages));
  return {};
}

Result<void> put_models(const json::Value& checked, const QuestionDefaults& defaults, json::Value& document) {
  if (checked.find("model") == nullptr) document.set("model", json::Value::string(std::string(defaults.model)));
  if (const json::Value* fallbacks = checked.find("fallbacks"); fallbacks != nullptr && !fallbacks->members().empty()) document.set("models", *fallbacks);
  return {};
}

// options: what ask knows besides, but nothing that has its own argument.
Result<void> put_options(const json::Value& checked, json::Value& document) {
  const json::Value* options = checked.find("options");
  if (options == nullptr) return {};
  constexpr std::array kMoved = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"think", "Give it as thinking."},
      {"models", "The first is model, the others fallbacks."},
      {"stream", "Leave it out: progress comes where the caller asks for it by a progress token."},
      {"user", "Give metadata.user."},
      {"tenant", "Give metadata.tenant."},
      {"session", "Give metadata.session."},
      {"session_id", "Give metadata.session."},
  });
  for (const json::Member& member : options->members()) {
    const auto moved = std::find_if(kMoved.begin(), kMoved.end(), [&](const auto& each) { return each.first == member.key; });
    if (moved != kMoved.end()) {
      return make_error(Errc::invalid_argument, "options." + member.key + " is not a further parameter", std::string(moved->second));
    }
    const bool is_own = is_same(member.key) || member.key == "prompt";
    if (is_own) {
      return make_error(Errc::invalid_argument, "options." + member.key + " is not a further parameter",
                        "Give it as an argument of its own.");
    }
    document.set(member.key, member.value);
  }
  return {};
}

// Who is charged: what the caller is bound to, else what the call says, else the default.
Result<std::string> bound(std::string_view what, const std::string& own, const std::string& said, std::string_view fallback) {
  if (own.empty()) return said.empty() ? std::string(fallback) : said;
  if (said.empty() || said == own) return own;
  const std::string key(what);
  return make_error(Errc::invalid_argument,
                    "metadata." + key + " is \"" + plain_text(said, kShownBytesMax) + "\", but this caller is bound to \"" +
                        plain_text(own, kShownBytesMax) + "\"",
                    "Leave metadata." + key + " out.");
}

Result<void> put_who(const json::Value& checked, const access::Principal& caller, const QuestionDefaults& defaults, json::Value& document) {
  const json::Value nobody = json::Value::object();
  const json::Value* given = checked.find("metadata");
  const json::Value& metadata = given != nullptr ? *given : nobody;
  Result<std::string> user = bound("user", caller.user, text_at(metadata, "user"), defaults.user);
  if (!user) return user.error();
  Result<std::string> tenant = bound("tenant", caller.tenant, text_at(metadata, "tenant"), {});
  if (!tenant) return tenant.error();
  if (!user->empty()) document.set("user", json::Value::string(std::move(*user)));
  if (!tenant->empty()) document.set("tenant", json::Value::string(std::move(*tenant)));
  if (std::string session = text_at(metadata, "session"); !session.empty()) document.set("session", json::Value::string(std::move(session)));
  return {};
}

Result<json::Value> ask_document(const json::Value& checked, const access::Principal& caller, const QuestionDefaults& defaults) {
  json::Value document = json::Value::object();
  for (const json::Member& member : checked.members()) {
    if (is_same(member.key)) document.set(member.key, member.value);
  }
  if (const json::Value* thinking = checked.find("thinking")) document.set("think", *thinking);
  if (auto ok = put_models(checked, defaults, document); !ok) return ok.error();
  if (auto ok = put_question(checked, document); !ok) return ok.error();
  if (auto ok = put_options(checked, document); !ok) return ok.error();
  if (auto ok = put_who(checked, caller, defaults, document); !ok) return ok.error();
  return document;
}

Result<void> check_models(const Ask& ask, const access::Principal& caller) {
  if (!caller.may_use_model(ask.model)) return model_forbidden(ask.model, caller);
  for (const std::string& fallback : ask.fallbacks) {
    if (!caller.may_use_model(fallback)) return model_forbidden(fallback, caller);
  }
  return {};
}

std::optional<std::string> optional_text(const json::Value& checked, std::string_view key) {
  const json::Value* value = checked.find(key);
  return value != nullptr ? std::optional(value->text()) : std::nullopt;
}

std::optional<Duration> optional_seconds(const json::Value& checked, std::string_view key) {
  const json::Value* value = checked.find(key);
  const std::optional<uint64_t> seconds = value != nullptr ? value->as_u64() : std::nullopt;
  return seconds ? std::optional(Duration::seconds(static_cast<int64_t>(*seconds))) : std::nullopt;
}

Include include_of(const json::Value& checked) {
  Include include;
  const json::Value* list = checked.find("include");
  if (list == nullptr) return include;
  for (const json::Member& each : list->members()) {
    include.thinking = include.thinking || each.value.text() == "thinking";
    include.message = include.message || each.value.text() == "message";
  }
  return include;
}

}  // namespace

Result<Question> question(const json::Value& checked, const access::Principal& caller, const QuestionDefaults& defaults) {
  Result<json::Value> document = ask_document(checked, caller, defaults);
  if (!document) return document.error();
  Result<Ask> ask = ask_from(*document);
  if (!ask) return ask.error();
  if (auto ok = check_models(*ask, caller); !ok) return ok.error();
  Question question;
  question.ask = std::move(*ask);
  question.stream_id = optional_text(checked, "stream_id");
  question.idempotency_key = optional_text(checked, "idempotency_key");
  question.claim_space = caller.is_local() ? question.ask.tenant : std::to_string(caller.id.size()) + ":" + caller.id + "/" + question.ask.tenant;
  question.max_wait = optional_seconds(checked, "max_wait_s");
  question.include = include_of(checked);
  return question;
}

Fetch fetch(const json::Value& checked) {
  return {.stream_id = text_at(checked, "stream_id"),
          .max_wait = optional_seconds(checked, "max_wait_s").value_or(Duration{}),
          .include = include_of(checked)};
}

Error model_forbidden(std::string_view model, const access::Principal& caller) {
  std::string may;
  for (size_t i = 0; i < std::min(caller.models.size(), kModelsShownMax); ++i) may += (i == 0 ? "" : ", ") + plain_text(caller.models[i], kShownBytesMax);
  if (caller.models.size() > kModelsShownMax) may += ", ...";
  return make_error(Errc::model_forbidden, "this caller may not use " + plain_text(model, kShownBytesMax), "It may use: " + may + ".");
}

}  // namespace orthink::tools
