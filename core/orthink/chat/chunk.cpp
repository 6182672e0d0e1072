// A stream chunk (openrouter-api 4.3); a whole body has `message` instead of `delta`:
//
//   {"id":..,"provider":..,"model":..,"object":"chat.completion.chunk",
//    "choices":[{"index":0,"delta":{"content":..,"reasoning":..,"reasoning_details":[{..}],
//                                   "tool_calls":[{"index":0,"id":..,"function":{"name":..,"arguments":..}}]},
//                "finish_reason":..,"native_finish_reason":..,"error":{..}}],
//    "usage":{..},"error":{..}}
#include "orthink/chat/chunk.h"

#include <array>

namespace orthink {
namespace {

struct KindName {
  BodyKind kind;
  std::string_view name;
};
constexpr std::array kKindNames = std::to_array<KindName>({
    {BodyKind::chat_chunk, "a chat completions chunk"},
    {BodyKind::chat_completion, "a chat completions body"},
    {BodyKind::chat_error, "an error document"},
    {BodyKind::responses, "an OpenAI Responses body"},
    {BodyKind::anthropic_messages, "an Anthropic Messages body"},
    {BodyKind::gemini, "a Gemini generateContent body"},
    {BodyKind::embeddings, "an embeddings body"},
    {BodyKind::rerank, "a rerank body"},
    {BodyKind::models, "a models list"},
    {BodyKind::generation, "a generation record"},
    {BodyKind::text_completion, "a legacy text completions body"},
    {BodyKind::unknown, "none of the known kinds of body"},
});

// What the top level shows about the kind of the body. Keys that chat bodies lack are looked at for that alone.
struct Evidence {
  Span object, type;
  bool has_choices = false;
  bool has_candidates = false;
  bool has_results = false;
  std::string_view data;  // raw
};

struct Reading {
  Cursor at;
  Chunk& chunk;
  Evidence evidence;
  std::string_view error_raw;
  std::string_view choice_error_raw;

  bool top();
  bool choices();
  bool choice();
  bool delta(bool is_message);
  bool delta_member(std::string_view key);
  bool details();
  bool detail(DetailDelta& item);
  bool tool_calls();
  bool tool_call(ToolCallDelta& call);
  bool function(ToolCallDelta& call);
  bool error(std::string_view& out);
  [[nodiscard]] BodyKind kind() const;
};

bool Reading::error(std::string_view& out) {
  const char first = at.peek();
  if (first == '{' || first == '"') return at.raw(out);
  out = {};
  return at.skip();
}

bool Reading::function(ToolCallDelta& call) {
  call.name = call.arguments = {};
  call.arguments_raw = {};
  if (at.peek() != '{') return at.skip();
  return at.object([&](std::string_view key) {
    if (key == "name") return at.string(call.name);
    if (key != "arguments") return at.skip();
    call.arguments = {};
    call.arguments_raw = {};
    return at.peek() == '"' ? at.string(call.arguments) : at.raw('{', call.arguments_raw);
  });
}

bool Reading::tool_call(ToolCallDelta& call) {
  return at.object([&](std::string_view key) {
    if (key == "index") return at.integer(call.index);
    if (key == "id") return at.string(call.id);
    if (key == "function") return function(call);
    return at.skip();
  });
}

bool Reading::tool_calls() {
  chunk.tool_calls.clear();
  if (at.peek() != '[') return at.skip();
  return at.array([&] {
    if (at.peek() != '{') return at.skip();
    return tool_call(chunk.tool_calls.emplace_back());
  });
}

bool Reading::detail(DetailDelta& item) {
  const char* begin = at.position();
  const bool ok = at.object([&](std::string_view key) {
    switch (key.size()) {
      case 2:
        if (key == "id") return at.string(item.id);
        break;
      case 4:
        if (key == "type") return at.string(item.type);
        if (key == "text") return at.string(item.text);
        if (key == "data") return at.string(item.data);
        break;
      case 5:
        if (key == "index") return at.integer(item.index);
        break;
      case 6:
        if (key == "format") return at.string(item.format);
        break;
      case 7:
        if (key == "summary") return at.string(item.summary);
        break;
      case 9:
        if (key == "signature") return at.string(item.signature);
        break;
      default: break;
    }
    item.has_other_keys = true;
    return at.skip();
  });
  item.raw = {begin, static_cast<size_t>(at.position() - begin)};
  return ok;
}

bool Reading::details() {
  chunk.details.clear();
  chunk.has_details = at.peek() == '[';
  if (!chunk.has_details) return at.skip();
  return at.array([&] {
    if (at.peek() != '{') return at.skip();
    return detail(chunk.details.emplace_back());
  });
}

bool Reading::delta_member(std::string_view key) {
  switch (key.size()) {
    case 5:
      if (key == "audio") return at.raw('{', chunk.audio_raw);
      break;
    case 6:
      if (key == "images") return at.raw('[', chunk.images_raw);
      break;
    case 7:
      if (key == "content") {
        chunk.content = {};
        chunk.content_parts_raw = {};
        return at.peek() == '"' ? at.string(chunk.content) : at.raw('[', chunk.content_parts_raw);
      }
      if (key == "refusal") return at.string(chunk.refusal);
      break;
    case 9:
      if (key == "reasoning") return at.string(chunk.reasoning);
      break;
    case 10:
      if (key == "tool_calls") return tool_calls();
      break;
    case 11:
      if (key == "annotations") return at.raw('[', chunk.annotations_raw);
      break;
    case 17:
      if (key == "reasoning_details") return details();
      if (key == "reasoning_content") return at.string(chunk.reasoning_content);
      break;
    default: break;
  }
  return at.skip();
}

// A null `message` beside a delta, or the other way round, takes nothing away.
bool Reading::delta(bool is_message) {
  const bool is_object = at.peek() == '{';
  if (is_object || chunk.is_message == is_message) chunk.clear_delta();
  if (!is_object) return at.skip();
  chunk.is_message = is_message;
  return at.object([&](std::string_view key) { return delta_member(key); });
}

bool Reading::choice() {
  std::optional<uint64_t> index;
  const bool ok = at.object([&](std::string_view key) {
    switch (key.size()) {
      case 5:
        if (key == "delta") return delta(false);
        if (key == "index") return at.integer(index);
        if (key == "error") return error(choice_error_raw);
        break;
      case 7:
        if (key == "message") return delta(true);
        break;
      case 13:
        if (key == "finish_reason") return at.string(chunk.finish_reason);
        break;
      case 20:
        if (key == "native_finish_reason") return at.string(chunk.native_finish_reason);
        break;
      default: break;
    }
    return at.skip();
  });
  chunk.has_choice = index.value_or(0) == 0;
  if (!chunk.has_choice) {
    chunk.clear_choice();
    choice_error_raw = {};
  }
  return ok;
}

bool Reading::choices() {
  chunk.clear_choice();
  choice_error_raw = {};
  if (at.peek() != '[') return at.skip();
  return at.array([&] { return chunk.has_choice || at.peek() != '{' ? at.skip() : choice(); });
}

bool Reading::top() {
  return at.object([&](std::string_view key) {
    switch (key.size()) {
      case 2:
        if (key == "id") return at.string(chunk.id);
        break;
      case 4:
        if (key == "type") return at.string(evidence.type);
        if (key == "data") return at.raw(evidence.data);
        break;
      case 5:
        if (key == "model") return at.string(chunk.model);
        if (key == "usage") return at.raw('{', chunk.usage_raw);
        if (key == "error") return error(error_raw);
        break;
      case 6:
        if (key == "object") return at.string(evidence.object);
        break;
      case 7:
        if (key == "choices") {
          evidence.has_choices = true;
          return choices();
        }
        if (key == "results") evidence.has_results = at.peek() == '[';
        break;
      case 8:
        if (key == "provider") return at.string(chunk.provider);
        break;
      case 10:
        if (key == "candidates") evidence.has_candidates = at.peek() == '[';
        break;
      case 12:
        if (key == "service_tier") return at.string(chunk.service_tier);
        break;
      case 13:
        if (key == "usageMetadata") evidence.has_candidates = at.peek() == '{';
        break;
      default: break;
    }
    return at.skip();
  });
}

bool starts_with(const Span& span, std::string_view prefix) {
  return span.raw().substr(0, prefix.size()) == prefix;
}

// Lists and records under "data" are told apart by what their rows carry.
BodyKind kind_of_data(std::string_view raw) {
  const auto has = [raw](std::string_view key) { return raw.find(key) != std::string_view::npos; };
  if (raw.front() == '[') return has("\"embedding\"") ? BodyKind::embeddings : has("\"id\"") ? BodyKind::models : BodyKind::unknown;
  return raw.front() == '{' && has("\"native_tokens_prompt\"") ? BodyKind::generation : BodyKind::unknown;
}

BodyKind Reading::kind() const {
  const Span& type = evidence.type;
  if (evidence.has_choices || starts_with(evidence.object, "chat.completion")) {
    if (evidence.object.is("text_completion")) return BodyKind::text_completion;
    return chunk.is_message || evidence.object.is("chat.completion") ? BodyKind::chat_completion : BodyKind::chat_chunk;
  }
  if (evidence.object.is("response") || starts_with(type, "response.")) return BodyKind::responses;
  if (starts_with(type, "message") || starts_with(type, "content_block") || type.is("ping")) return BodyKind::anthropic_messages;
  if (type.is("error")) return BodyKind::anthropic_messages;
  if (!error_raw.empty()) return BodyKind::chat_error;
  if (evidence.has_candidates) return BodyKind::gemini;
  if (evidence.has_results) return BodyKind::rerank;
  return evidence.data.empty() ? BodyKind::unknown : kind_of_data(evidence.data);
}

}  // namespace

std::string_view name(BodyKind kind) {
  for (const KindName& row : kKindNames) {
    if (row.kind == kind) return row.name;
  }
  return kKindNames.back().name;
}

void Chunk::clear_delta() {
  content = reasoning = reasoning_content = refusal = {};
  content_parts_raw = annotations_raw = images_raw = audio_raw = {};
  is_message = has_details = false;
  details.clear();
  tool_calls.clear();
}

void Chunk::clear_choice() {
  clear_delta();
  finish_reason = native_finish_reason = {};
  has_choice = false;
}

void Chunk::clear() {
  clear_choice();
  kind = BodyKind::unknown;
  id = model = provider = service_tier = {};
  usage_raw = error_raw = other_type = {};
}

bool ChunkReader::read(std::string_view text, Chunk& chunk) {
  chunk.clear();
  Reading reading{.at = Cursor(text), .chunk = chunk, .evidence = {}, .error_raw = {}, .choice_error_raw = {}};
  reading.at.space();
  if (reading.at.peek() != '{' || !reading.top() || !reading.at.is_at_end()) return false;
  chunk.error_raw = reading.error_raw.empty() ? reading.choice_error_raw : reading.error_raw;
  chunk.other_type = (reading.evidence.type.present() ? reading.evidence.type : reading.evidence.object).raw();
  chunk.kind = reading.kind();
  return true;
}

}  // namespace orthink
