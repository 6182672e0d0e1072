#include "native/sim/question.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "native/sim/instance.h"
#include "native/sim/routing.h"
#include "orthink/catalog/estimate.h"

namespace orthink::sim {
namespace {

constexpr uint64_t kMessageTokens = 4;          // what a chat template adds to each message
constexpr uint64_t kImageTokens = 258;
constexpr uint64_t kOutputDefaultTokens = 32'768;  // no cap in the request and none in the row

struct Range {
  std::string_view name;
  double low;
  double high;
};
constexpr std::array<Range, 8> kRanges = {{{"temperature", 0, 2},
                                           {"top_p", 0, 1},
                                           {"frequency_penalty", -2, 2},
                                           {"presence_penalty", -2, 2},
                                           {"repetition_penalty", 0, 2},
                                           {"min_p", 0, 1},
                                           {"top_a", 0, 1},
                                           {"top_logprobs", 0, 20}}};

constexpr std::array<std::string_view, 5> kVariants = {":nitro", ":floor", ":online", ":exacto", ":extended"};
constexpr std::array<std::string_view, 3> kRouterPicks = {"anthropic/claude-haiku-4.5", "openai/gpt-4o-mini", "openai/gpt-5-mini"};
constexpr std::array<std::string_view, 5> kRoles = {"system", "developer", "user", "assistant", "tool"};

Reply bad(std::string_view message) { return error_reply(400, message, {.provider_is_null = true}); }

const json::Value* present(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value && !value->is_null() ? value : nullptr;
}

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value && value->is_string() ? value->text() : std::string();
}

std::optional<ModelCard> find_model(const Catalog& catalog, std::string_view id) {
  std::optional<ModelCard> card = catalog.find(id);
  for (const std::string_view variant : kVariants) {
    if (!card && id.ends_with(variant)) card = catalog.find(id.substr(0, id.size() - variant.size()));
  }
  return card;
}

// A router has no thinking of its own: it hands on, the free one to a free model.
ModelCard behind_router(const Catalog& catalog, ModelCard card) {
  if (!card.is_router) return card;
  if (card.price.base.is_free()) {
    for (ModelCard& other : catalog.all()) {
      if (!other.is_router && other.price.base.is_free()) return std::move(other);
    }
  }
  for (const std::string_view pick : kRouterPicks) {
    if (std::optional<ModelCard> found = catalog.find(pick)) return *std::move(found);
  }
  return card;
}

std::variant<ModelCard, Reply> choose_model(const json::Value& body, const Catalog& catalog) {
  std::string id = text_of(body, "model");
  if (const json::Value* models = present(body, "models"); id.empty() && models && models->is_array() && !models->members().empty()) {
    if (models->members().front().value.is_string()) id = models->members().front().value.text();
  }
  if (id.empty()) return bad("No models provided");
  std::optional<ModelCard> card = find_model(catalog, id);
  if (!card) return error_reply(400, id + " is not a valid model ID");
  return behind_router(catalog, *std::move(card));
}

// The readable text of a message, its parts joined; counts what is not text.
std::string message_text(const json::Value& message, uint64_t& other_tokens) {
  const json::Value* content = message.find("content");
  if (!content) return {};
  if (content->is_string()) return content->text();
  std::string joined;
  for (const json::Member& part : content->members()) {
    if (!part.value.is_object()) continue;
    const std::string text = text_of(part.value, "text");
    if (text.empty()) other_tokens += kImageTokens;
    joined += text;
  }
  return joined;
}

std::optional<Reply> read_messages(const json::Value& body, Question& out) {
  const json::Value* messages = present(body, "messages");
  if (!messages || !messages->is_array() || messages->members().empty()) return bad("Input required: specify \"prompt\" or \"messages\"");
  for (size_t i = 0; i < messages->members().size(); ++i) {
    const json::Value& message = messages->members()[i].value;
    const std::string role = text_of(message, "role");
    if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end()) return bad("messages." + std::to_string(i) + ".role: Invalid input");
    uint64_t other_tokens = 0;
    std::string text = message_text(message, other_tokens);
    out.prompt_tokens += kMessageTokens + other_tokens + tokens_expected(text);
    for (const std::string_view key : {"tool_calls", "reasoning_details"}) {
      if (const json::Value* extra = present(message, key)) out.prompt_tokens += tokens_expected(json::dump(*extra)) / 2;
    }
    if (role == "user") out.prompt = text;
    if (role == "tool") out.tool_result = text;
    out.answers_tool = role == "tool";
  }
  if (const json::Value* tools = present(body, "tools")) out.prompt_tokens += tokens_expected(json::dump(*tools)) / 2;
  return std::nullopt;
}

std::optional<Reply> check_ranges(const json::Value& body) {
  for (const Range& range : kRanges) {
    const json::Value* value = present(body, range.name);
    if (!value) continue;
    const std::string name(range.name);
    if (!value->is_number()) return bad("Expected " + name + " to be a number");
    const double number = std::strtod(value->text().c_str(), nullptr);
    const auto limit = [](double n) { return std::to_string(static_cast<int>(n)); };
    if (number > range.high) return bad("Expected " + name + " to be at most " + limit(range.high) + ", received " + value->text());
    if (number < range.low) return bad("Expected " + name + " to be at least " + limit(range.low) + ", received " + value->text());
  }
  return std::nullopt;
}

std::optional<Reply> read_cap(const json::Value& body, Question& out) {
  const uint64_t context = out.card.context_tokens.value_or(UINT64_MAX);
  uint64_t cap = out.card.output_max_tokens.value_or(kOutputDefaultTokens);
  for (const std::string_view name : {"max_tokens", "max_completion_tokens"}) {
    const json::Value* value = present(body, name);
    if (!value) continue;
    const std::optional<uint64_t> number = value->as_u64();
    if (!number || *number == 0) return bad("Expected " + std::string(name) + " to be at least 1, received " + json::dump(*value));
    if (out.card.output_max_tokens && *number > *out.card.output_max_tokens) {
      return error_reply(404, "No endpoints found that can handle the requested " + std::string(name) + ".", {.error_type = "not_found"});
    }
    cap = out.has_cap ? std::min(cap, *number) : *number;
    out.has_cap = true;
  }
  const uint64_t asked = out.prompt_tokens + (out.has_cap ? cap : 0);
  if (out.prompt_tokens >= context || asked > context) {
    return error_reply(400,
                       "This endpoint's maximum context length is " + std::to_string(context) + " tokens. However, you requested about " +
                           std::to_string(asked) + " tokens (" + std::to_string(out.prompt_tokens) +
                           " of text input). Please reduce the length of either one, or use the context-compression plugin to compress your "
                           "prompt automatically.",
                       {.provider_is_null = true, .error_type = "context_length_exceeded"});
  }
  out.cap_tokens = std::min(cap, context - out.prompt_tokens);
  return std::nullopt;
}

struct ToolWish {
  bool is_forced = false;
  bool is_none = false;
  std::string name;   // forced one
};

ToolWish tool_wish(const json::Value& body) {
  ToolWish wish;
  const json::Value* choice = present(body, "tool_choice");
  if (!choice) return wish;
  if (choice->is_string()) {
    wish.is_none = choice->text() == "none";
    wish.is_forced = choice->text() == "required";
  } else if (const json::Value* function = choice->is_object() ? present(*choice, "function") : nullptr) {
    wish.is_forced = true;
    wish.name = text_of(*function, "name");
  }
  return wish;
}

// One call, where a call is forced or where the prompt names a tool (or says "tool") and none has answered yet.
void choose_tool(const json::Value& body, const ToolWish& wish, Question& out) {
  const json::Value* tools = present(body, "tools");
  if (!tools || !tools->is_array() || wish.is_none || out.answers_tool) return;
  for (const json::Member& member : tools->members()) {
    const json::Value* function = member.value.is_object() ? present(member.value, "function") : nullptr;
    if (!function) continue;
    const std::string name = text_of(*function, "name");
    const bool is_meant = out.prompt.find(name) != std::string::npos || out.prompt.find("tool") != std::string::npos;
    const bool is_wanted = wish.name.empty() ? wish.is_forced || is_meant : wish.name == name;
    if (name.empty() || !is_wanted) continue;
    out.tool_name = name;
    const json::Value* parameters = present(*function, "parameters");
    out.tool_arguments = parameters ? minimal_instance(*parameters) : json::Value::object();
    if (!out.tool_arguments.is_object()) out.tool_arguments = json::Value::object();
    return;
  }
}

void choose_format(const json::Value& body, Question& out) {
  const json::Value* format = present(body, "response_format");
  if (!format || !format->is_object()) return;
  const std::string type = text_of(*format, "type");
  if (type == "json_object") {
    out.wants_json = true;
    out.json_answer = json::Value::object();
    out.json_answer.set("simulated", json::Value::boolean(true));
  } else if (type == "json_schema") {
    const json::Value* wrapper = present(*format, "json_schema");
    const json::Value* schema = wrapper && wrapper->is_object() ? present(*wrapper, "schema") : nullptr;
    out.wants_json = true;
    out.json_answer = schema ? minimal_instance(*schema) : json::Value::object();
  }
}

std::optional<Reply> fill(const Catalog& catalog, Instant now, Question& out) {
  std::variant<ModelCard, Reply> choice = choose_model(out.body, catalog);
  if (auto* refused = std::get_if<Reply>(&choice)) return std::move(*refused);
  out.card = std::get<ModelCard>(std::move(choice));
  out.provider = choose_provider(out.body, out.card);
  const json::Value* stream = present(out.body, "stream");
  out.streams = stream && stream->is_boolean() && stream->as_bool();
  if (std::optional<Reply> refused = read_messages(out.body, out)) return refused;
  if (std::optional<Reply> refused = check_ranges(out.body)) return refused;
  if (std::optional<Reply> refused = read_cap(out.body, out)) return refused;
  if (std::optional<Reply> refused = check_routing(out.body, out.card, out.prompt_tokens, now)) return refused;
  const ToolWish wish = tool_wish(out.body);
  std::variant<Thinking, Reply> thinking = resolve_thinking(
      out.body, out.card, {.cap_tokens = out.cap_tokens, .is_alias = out.card.id.starts_with('~'), .forces_tool = wish.is_forced, .provider = out.provider});
  if (auto* refused = std::get_if<Reply>(&thinking)) return std::move(*refused);
  out.thinking = std::get<Thinking>(thinking);
  choose_tool(out.body, wish, out);
  choose_format(out.body, out);
  return std::nullopt;
}

}  // namespace

std::variant<Question, Reply> read_question(std::string_view body, const Catalog& catalog, Instant now) {
  Result<json::Value> document = json::parse(body);
  if (!document) return bad("Invalid JSON in request body: " + document.error().message);
  if (!document->is_object()) return bad("Invalid input: expected object");
  Question question;
  question.body = std::move(*document);
  if (std::optional<Reply> refused = fill(catalog, now, question)) return *std::move(refused);
  return question;
}

}  // namespace orthink::sim
