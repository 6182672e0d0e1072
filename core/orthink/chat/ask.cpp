// The ask document, one JSON object:
//   {"model":"author/name","models":["fallback"],"prompt":"text" | "messages":[...],"system":"text","think":"8k","answer_tokens":N,
//    "max_tokens":N,"max_cost_usd":"0.05","fit":B,"lenient":B,"stream":B,"hide_thinking":B,"user":S,"tenant":S,"session":S,
//    "deadline_s":N, and request parameters that are passed on after a check of their type}
// Published as docs/ask.schema.json; parameter names as in OpenRouter's documentation.
#include "orthink/chat/ask.h"

#include <algorithm>
#include <array>
#include <utility>

#include "orthink/chat/messages.h"

namespace orthink {
namespace {

constexpr size_t kNameBytesMax = 256;     // session_id in OpenRouter's schema; the same for user and tenant
constexpr size_t kMetadataPairsMax = 16;  // metadata: 16 pairs, keys 64, values 512
constexpr size_t kMetadataKeyMax = 64;
constexpr size_t kMetadataValueMax = 512;
constexpr size_t kStopsMax = 4;
constexpr size_t kFallbacksMax = 16;

// What a passed-on parameter must be.
enum class Shape : uint8_t { number, integer, count, boolean, string, object, array, strings_or_string, string_or_object };
struct Parameter {
  std::string_view key;
  Shape shape;
};

constexpr std::array kOwnFields = std::to_array<std::string_view>({
    "model",
    "models",
    "prompt",
    "messages",
    "system",
    "think",
    "answer_tokens",
    "max_tokens",
    "max_cost_usd",
    "fit",
    "lenient",
    "stream",
    "hide_thinking",
    "user",
    "tenant",
    "session",
    "deadline_s",
});
constexpr std::array kPassedOn = std::to_array<Parameter>({
    {"tools", Shape::array},
    {"tool_choice", Shape::string_or_object},
    {"parallel_tool_calls", Shape::boolean},
    {"response_format", Shape::object},
    {"provider", Shape::object},
    {"plugins", Shape::array},
    {"transforms", Shape::array},
    {"cache_control", Shape::object},
    {"prompt_cache_key", Shape::string},
    {"prompt_cache_options", Shape::object},
    {"temperature", Shape::number},
    {"top_p", Shape::number},
    {"top_k", Shape::count},
    {"min_p", Shape::number},
    {"top_a", Shape::number},
    {"frequency_penalty", Shape::number},
    {"presence_penalty", Shape::number},
    {"repetition_penalty", Shape::number},
    {"seed", Shape::integer},
    {"stop", Shape::strings_or_string},
    {"logit_bias", Shape::object},
    {"logprobs", Shape::boolean},
    {"top_logprobs", Shape::count},
    {"prediction", Shape::object},
    {"verbosity", Shape::string},
    {"service_tier", Shape::string},
    {"modalities", Shape::array},
    {"image_config", Shape::object},
    {"audio", Shape::object},
    {"web_search_options", Shape::object},
    {"stop_server_tools_when", Shape::array},
    {"metadata", Shape::object},
    {"trace", Shape::object},
});
constexpr size_t kFields = kOwnFields.size() + kPassedOn.size();
constexpr std::array<std::string_view, kFields> kAllFields = [] {
  std::array<std::string_view, kFields> all{};
  size_t n = 0;
  for (const std::string_view own : kOwnFields) all[n++] = own;
  for (const Parameter& parameter : kPassedOn) all[n++] = parameter.key;
  return all;
}();

// Names that people bring from other interfaces, and what is meant by them here.
struct Elsewhere {
  std::string_view name, here;
};
constexpr std::array kElsewhere = std::to_array<Elsewhere>({
    {"reasoning", "Thinking is set by \"think\": \"off\", an effort, a token number or dollars."},
    {"reasoning_effort", "Thinking is set by \"think\": \"off\", an effort, a token number or dollars."},
    {"include_reasoning", "Use \"hide_thinking\": true to keep the thinking text from being returned."},
    {"max_completion_tokens", "Use \"max_tokens\"; it goes out under the name the model lists."},
    {"session_id", "Use \"session\"."},
    {"max_cost", "Use \"max_cost_usd\", dollars as a string."},
    {"deadline", "Use \"deadline_s\", seconds."},
    {"stream_options", "Leave it out: usage always comes."},
    {"usage", "Leave it out: usage always comes."},
    {"n", "One answer is given per call; ask again for another."},
});

Error wrong_type(const std::string& place, const json::Value& value, std::string_view wanted) {
  return make_error(Errc::invalid_argument, place + " is " + std::string(name(value.type())) + ", not " + std::string(wanted),
                    "Give " + std::string(wanted) + ".");
}

bool is_integer(const json::Value& value, bool may_be_negative) {
  if (!value.is_number()) return false;
  std::string_view digits = value.text();
  if (may_be_negative && !digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_strings(const json::Value& value) {
  return value.is_array() &&
         std::all_of(value.members().begin(), value.members().end(), [](const json::Member& m) { return m.value.is_string(); });
}

Result<void> check_shape(const Parameter& parameter, const json::Value& value) {
  const std::string place(parameter.key);
  switch (parameter.shape) {
    case Shape::number:
      return value.is_number() ? Result<void>() : wrong_type(place, value, "a number");
    case Shape::integer:
      return is_integer(value, true) ? Result<void>() : wrong_type(place, value, "a whole number");
    case Shape::count:
      return is_integer(value, false) ? Result<void>() : wrong_type(place, value, "a whole number from 0");
    case Shape::boolean:
      return value.is_boolean() ? Result<void>() : wrong_type(place, value, "true or false");
    case Shape::string:
      return value.is_string() ? Result<void>() : wrong_type(place, value, "a string");
    case Shape::object:
      return value.is_object() ? Result<void>() : wrong_type(place, value, "an object");
    case Shape::array:
      return value.is_array() ? Result<void>() : wrong_type(place, value, "a list");
    case Shape::strings_or_string:
      return value.is_string() || is_strings(value) ? Result<void>() : wrong_type(place, value, "a string or a list of strings");
    case Shape::string_or_object:
      return value.is_string() || value.is_object() ? Result<void>() : wrong_type(place, value, "a string or an object");
  }
  return {};
}

Result<void> check_tools(const json::Value& tools) {
  size_t index = 0;
  for (const json::Member& tool : tools.members()) {
    const std::string place = "tools[" + std::to_string(index++) + "]";
    if (!tool.value.is_object()) return wrong_type(place, tool.value, "an object");
    const json::Value* type = tool.value.find("type");
    if (type == nullptr || !type->is_string())
      return make_error(Errc::missing_field, place + ".type is missing", "Add \"type\":\"function\".");
    if (type->text() != "function") continue;  // server tools carry what they like
    const json::Value* function = tool.value.find("function");
    const json::Value* named = function != nullptr && function->is_object() ? function->find("name") : nullptr;
    if (named == nullptr || !named->is_string() || named->text().empty()) {
      return make_error(Errc::missing_field, place + ".function.name is missing", "Name the function.");
    }
  }
  return {};
}

Result<void> check_metadata(const json::Value& metadata) {
  if (metadata.members().size() > kMetadataPairsMax) {
    return make_error(Errc::invalid_argument, "metadata has " + std::to_string(metadata.members().size()) + " pairs", "Send at most 16.");
  }
  for (const json::Member& pair : metadata.members()) {
    if (!pair.value.is_string()) return wrong_type("metadata." + pair.key, pair.value, "a string");
    if (pair.key.size() > kMetadataKeyMax || pair.value.text().size() > kMetadataValueMax) {
      return make_error(Errc::invalid_argument, "metadata." + pair.key + " is too long", "Keys have at most 64 bytes, values 512.");
    }
  }
  return {};
}

Result<void> check_parameter(const Parameter& parameter, const json::Value& value) {
  if (auto shaped = check_shape(parameter, value); !shaped) return shaped;
  if (parameter.key == "tools") return check_tools(value);
  if (parameter.key == "metadata") return check_metadata(value);
  if (parameter.key == "stop" && value.is_array() && value.members().size() > kStopsMax) {
    return make_error(Errc::invalid_argument, "stop has " + std::to_string(value.members().size()) + " strings", "Send at most 4.");
  }
  if (parameter.key == "response_format") {
    const json::Value* type = value.find("type");
    if (type == nullptr || !type->is_string()) {
      return make_error(Errc::missing_field, "response_format.type is missing", "It is text, json_object, json_schema, grammar or python.");
    }
  }
  return {};
}

Result<void> refuse_unknown(std::string_view key) {
  for (const Elsewhere& elsewhere : kElsewhere) {
    if (elsewhere.name == key)
      return make_error(Errc::unknown_field, "unknown field \"" + std::string(key) + "\"", std::string(elsewhere.here));
  }
  const std::string_view close = closest_name(key, kAllFields);
  return make_error(Errc::unknown_field, "unknown field \"" + std::string(key) + "\"",
                    close.empty() ? "The fields are listed in docs/ask.schema.json." : "Did you mean \"" + std::string(close) + "\"?");
}

// Reads the document's own fields; each reader leaves the target as it is when the field is absent.
class Fields {
 public:
  explicit Fields(const json::Value& document) : document_(document) {}

  Result<void> text(std::string_view key, std::string& out, size_t bytes_max) const {
    const json::Value* value = document_.find(key);
    if (value == nullptr) return {};
    if (!value->is_string()) return wrong_type(std::string(key), *value, "a string");
    if (value->text().empty()) return make_error(Errc::invalid_argument, std::string(key) + " is empty", "Leave it out, or give a text.");
    if (value->text().size() > bytes_max) {
      return make_error(Errc::too_large, std::string(key) + " has " + std::to_string(value->text().size()) + " bytes",
                        "Send at most " + std::to_string(bytes_max) + ".");
    }
    out = value->text();
    return {};
  }
  Result<void> flag(std::string_view key, bool& out) const {
    const json::Value* value = document_.find(key);
    if (value == nullptr) return {};
    if (!value->is_boolean()) return wrong_type(std::string(key), *value, "true or false");
    out = value->as_bool();
    return {};
  }
  Result<void> count(std::string_view key, std::optional<uint64_t>& out) const {
    const json::Value* value = document_.find(key);
    if (value == nullptr) return {};
    out = value->as_u64();
    if (!out) return wrong_type(std::string(key), *value, "a whole number of tokens");
    if (*out == 0) return make_error(Errc::invalid_argument, std::string(key) + " is 0", "Give at least 1.");
    return {};
  }
  Result<void> dollars(std::string_view key, std::optional<Money>& out) const {
    const json::Value* value = document_.find(key);
    if (value == nullptr) return {};
    if (!value->is_string() && !value->is_number()) return wrong_type(std::string(key), *value, "dollars as a string such as \"0.05\"");
    const Result<Money> money = Money::parse(value->text());
    if (!money)
      return make_error(Errc::invalid_argument, std::string(key) + " is \"" + value->text() + "\"",
                        "Give dollars as a string such as \"0.05\".");
    out = *money;
    return {};
  }
  Result<void> seconds(std::string_view key, std::optional<Duration>& out) const {
    const json::Value* value = document_.find(key);
    if (value == nullptr) return {};
    const Result<Money> decimal = value->is_number() ? Money::parse(value->text()) : Result<Money>(Money::zero());
    if (!value->is_number() || !decimal || decimal->pico < 1'000'000 || decimal->pico / 1'000'000 > Duration::seconds(86'400).us) {
      return make_error(Errc::invalid_argument, std::string(key) + " is not a number of seconds from 0.000001 to 86400",
                        "Give seconds, such as 120.");
    }
    out = Duration::micros(decimal->pico / 1'000'000);
    return {};
  }

 private:
  const json::Value& document_;
};

Result<void> read_models(const json::Value& document, Ask& ask) {
  const json::Value* model = document.find("model");
  if (auto ok = Fields(document).text("model", ask.model, kNameBytesMax); !ok) return ok;
  const json::Value* models = document.find("models");
  if (models == nullptr) return {};
  if (!is_strings(*models)) return wrong_type("models", *models, "a list of model ids");
  if (models->members().size() > kFallbacksMax) return make_error(Errc::too_large, "models has more than 16 ids", "Send at most 16.");
  for (const json::Member& member : models->members()) {
    const std::string& id = member.value.text();
    if (id.empty()) return make_error(Errc::invalid_argument, "models has an empty id", "Give ids such as \"openai/gpt-5-mini\".");
    if (model == nullptr && &member == &models->members().front()) {
      ask.model = id;
    } else if (id != ask.model && std::find(ask.fallbacks.begin(), ask.fallbacks.end(), id) == ask.fallbacks.end()) {
      ask.fallbacks.push_back(id);
    }
  }
  return {};
}

json::Value message_of(std::string_view role, const std::string& text) {
  json::Value message = json::Value::object();
  message.set("role", json::Value::string(std::string(role)));
  message.set("content", json::Value::string(text));
  return message;
}

Result<void> read_question(const json::Value& document, Ask& ask) {
  const json::Value* prompt = document.find("prompt");
  const json::Value* messages = document.find("messages");
  if (prompt != nullptr && messages != nullptr) {
    return make_error(Errc::invalid_argument, "both prompt and messages are given",
                      "Give the question once: as prompt, or as the last of messages.");
  }
  if (prompt == nullptr && messages == nullptr)
    return make_error(Errc::empty_prompt, "neither prompt nor messages is given", "Give the question as \"prompt\".");
  std::string system;
  if (auto ok = Fields(document).text("system", system, limits::kAskBytesMax); !ok) return ok;
  if (!system.empty()) ask.messages.push(message_of("system", system));
  if (prompt != nullptr) {
    if (!prompt->is_string()) return wrong_type("prompt", *prompt, "a string");
    if (prompt->text().find_first_not_of(" \t\r\n") == std::string::npos)
      return make_error(Errc::empty_prompt, "prompt is empty", "Give the question as text.");
    ask.messages.push(message_of("user", prompt->text()));
    return {};
  }
  if (auto ok = check_messages(*messages); !ok) return ok;
  for (const json::Member& message : messages->members()) ask.messages.push(message.value);
  return {};
}

Result<void> read_think(const json::Value& document, Ask& ask) {
  const json::Value* think = document.find("think");
  if (think == nullptr) return {};
  if (!think->is_string() && !think->is_number()) return wrong_type("think", *think, "\"off\", an effort, a token number or dollars");
  Result<Setting> setting = parse_setting(think->text());
  if (!setting) return setting.error();
  ask.think = *setting;
  return {};
}

Result<void> read_options(const json::Value& document, Ask& ask) {
  const Fields fields(document);
  if (auto ok = fields.count("answer_tokens", ask.answer_tokens); !ok) return ok;
  if (auto ok = fields.count("max_tokens", ask.max_tokens); !ok) return ok;
  if (auto ok = fields.dollars("max_cost_usd", ask.max_cost); !ok) return ok;
  if (auto ok = fields.flag("fit", ask.fits); !ok) return ok;
  if (auto ok = fields.flag("lenient", ask.is_lenient); !ok) return ok;
  if (auto ok = fields.flag("stream", ask.streams); !ok) return ok;
  if (auto ok = fields.flag("hide_thinking", ask.hides_thinking); !ok) return ok;
  if (auto ok = fields.text("user", ask.user, kNameBytesMax); !ok) return ok;
  if (auto ok = fields.text("tenant", ask.tenant, kNameBytesMax); !ok) return ok;
  if (auto ok = fields.text("session", ask.session, kNameBytesMax); !ok) return ok;
  if (auto ok = fields.seconds("deadline_s", ask.deadline); !ok) return ok;
  return {};
}

}  // namespace

std::span<const std::string_view> ask_fields() {
  return kAllFields;
}

std::string_view closest_name(std::string_view mistyped, std::span<const std::string_view> known) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(1, mistyped.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    // Optimal string alignment: two letters in the wrong order are one mistake.
    std::vector<size_t> row(candidate.size() + 1), above = row, before;
    for (size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= std::min<size_t>(mistyped.size(), 64); ++i) {
      before = std::exchange(above, row);
      row[0] = i;
      for (size_t j = 1; j < row.size(); ++j) {
        const size_t change = above[j - 1] + (mistyped[i - 1] == candidate[j - 1] ? 0 : 1);
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
        const bool is_swap = i > 1 && j > 1 && mistyped[i - 1] == candidate[j - 2] && mistyped[i - 2] == candidate[j - 1];
        if (is_swap) row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

const json::Value* Ask::option(std::string_view key) const {
  for (const json::Member& member : passed_on) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

bool Ask::has_images() const {
  return has_part(messages, "image_url");
}
bool Ask::has_files() const {
  return has_part(messages, "file");
}
bool Ask::has_audio() const {
  return has_part(messages, "input_audio");
}

Result<Ask> parse_ask(std::string_view json_document) {
  const Result<json::Value> document = json::parse(json_document);
  if (!document) return document.error();
  return ask_from(*document);
}

Result<Ask> ask_from(const json::Value& document) {
  if (!document.is_object()) return wrong_type("the document", document, "an object");
  Ask ask;
  for (const json::Member& member : document.members()) {
    if (std::find(kOwnFields.begin(), kOwnFields.end(), member.key) != kOwnFields.end()) continue;
    const auto parameter = std::find_if(kPassedOn.begin(), kPassedOn.end(), [&](const Parameter& p) { return p.key == member.key; });
    if (parameter == kPassedOn.end()) return refuse_unknown(member.key).error();
    if (auto ok = check_parameter(*parameter, member.value); !ok) return ok.error();
    ask.passed_on.push_back(member);
  }
  if (auto ok = read_models(document, ask); !ok) return ok.error();
  if (auto ok = read_question(document, ask); !ok) return ok.error();
  if (auto ok = read_think(document, ask); !ok) return ok.error();
  if (auto ok = read_options(document, ask); !ok) return ok.error();
  return ask;
}

}  // namespace orthink
