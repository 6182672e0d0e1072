// A stream chunk (OpenRouter's documentation); a whole body has `message` instead of `delta`:
//
//   {"id":..,"provider":..,"model":..,"object":"chat.completion.chunk",
//    "choices":[{"index":0,"delta":{"content":..,"reasoning":..,"reasoning_details":[{..}],
//                                   "tool_calls":[{"index":0,"id":..,"function":{"name":..,"arguments":..}}]},
//                "finish_reason":..,"native_finish_reason":..,"error":{..}}],
//    "usage":{..},"error":{..}}
#include "orthink/chat/chunk.h"

#include <array>
#include <cstring>

namespace orthink {
namespace {

// Containers around a delta: the chunk, its choices, the choice.
constexpr uint32_t kDeltaDepth = 3;
// What is remembered around a delta; longer surroundings are read anew each time.
constexpr size_t kFrameBytesMax = 4096;

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
  Evidence evidence{};
  std::string_view error_raw{};
  std::string_view choice_error_raw{};
  std::string_view delta_raw{};  // the object that the chunk's delta came from

  void clear_delta() {
    chunk.clear_delta();
    delta_raw = {};
  }
  void clear_choice() {
    chunk.clear_choice();
    delta_raw = {};
    choice_error_raw = {};
  }
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
  if (is_object || chunk.is_message == is_message) clear_delta();
  if (!is_object) return at.skip();
  chunk.is_message = is_message;
  const char* begin = at.position();
  const bool ok = at.object([&](std::string_view key) { return delta_member(key); });
  delta_raw = {begin, static_cast<size_t>(at.position() - begin)};
  return ok;
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
  if (!chunk.has_choice) clear_choice();
  return ok;
}

bool Reading::choices() {
  clear_choice();
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
  return read_delta_alone(text, chunk) || read_all(text, chunk);
}

bool ChunkReader::read_all(std::string_view text, Chunk& chunk) {
  chunk.clear();
  before_.clear();
  Reading reading{.at = Cursor(text), .chunk = chunk};
  reading.at.space();
  if (reading.at.peek() != '{' || !reading.top() || !reading.at.is_at_end()) return false;
  chunk.error_raw = reading.error_raw.empty() ? reading.choice_error_raw : reading.error_raw;
  const Span& other = reading.evidence.type.present() ? reading.evidence.type : reading.evidence.object;
  chunk.other_type = other.raw();
  chunk.kind = reading.kind();
  remember(text, chunk, reading.delta_raw);
  return true;
}

// Only what says nothing but where a delta belongs is worth remembering: no finish, no usage, no error.
void ChunkReader::remember(std::string_view text, const Chunk& chunk, std::string_view delta) {
  if (chunk.kind != BodyKind::chat_chunk || !chunk.has_choice || chunk.is_message || delta.empty()) return;
  if (chunk.finish_reason.present() || chunk.native_finish_reason.present() || !chunk.usage_raw.empty() || !chunk.error_raw.empty()) return;
  if (text.size() - delta.size() > kFrameBytesMax) return;
  before_.assign(text.data(), delta.data());
  after_.assign(delta.data() + delta.size(), text.data() + text.size());
  const Span other{chunk.other_type.data(), static_cast<uint32_t>(chunk.other_type.size()), false};
  const std::array<const Span*, 5> spans{&chunk.id, &chunk.model, &chunk.provider, &chunk.service_tier, &other};
  for (size_t i = 0; i < spans.size(); ++i) {
    const Span& span = *spans[i];
    Place& place = names_[i];
    place = {.distance = 0, .size = span.size, .is_present = span.present(), .has_escapes = span.has_escapes, .is_from_end = span.ptr > delta.data()};
    if (!place.is_present) continue;
    place.distance = static_cast<size_t>(place.is_from_end ? text.data() + text.size() - span.ptr : span.ptr - text.data());
  }
}

bool ChunkReader::read_delta_alone(std::string_view text, Chunk& chunk) const {
  if (before_.empty() || text.size() < before_.size() + after_.size() + 2) return false;
  const size_t delta_end = text.size() - after_.size();
  if (text[before_.size()] != '{' || std::memcmp(text.data(), before_.data(), before_.size()) != 0) return false;
  if (std::memcmp(text.data() + delta_end, after_.data(), after_.size()) != 0) return false;
  chunk.clear();
  Reading reading{.at = Cursor(text, before_.size(), kDeltaDepth), .chunk = chunk};
  if (!reading.delta(false) || reading.at.position() != text.data() + delta_end) return false;
  Span other;
  const std::array<Span*, 5> spans{&chunk.id, &chunk.model, &chunk.provider, &chunk.service_tier, &other};
  for (size_t i = 0; i < spans.size(); ++i) {
    const Place& place = names_[i];
    if (!place.is_present) continue;
    *spans[i] = {place.is_from_end ? text.data() + text.size() - place.distance : text.data() + place.distance, place.size, place.has_escapes};
  }
  chunk.other_type = other.raw();
  chunk.has_choice = true;
  chunk.kind = BodyKind::chat_chunk;
  return true;
}

}  // namespace orthink
