// Invariant: the in-place reader and a general JSON library agree on which texts are valid and on what every field of a chunk
// says. Left out, because the library knows no better: numbers it cannot hold, lone surrogates, NUL and BOM, deep nesting.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "orthink/chat/chunk.h"

using nlohmann::json;
using namespace orthink;

namespace {

// What the library says of a text: valid, invalid, or beyond what it can judge.
struct Judge {
  bool is_beyond = false;
  uint32_t depth = 0;
  uint32_t deepest = 0;

  bool open() {
    deepest = std::max(deepest, ++depth);
    return true;
  }
  bool close() {
    --depth;
    return true;
  }
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(int64_t) { return true; }
  bool number_unsigned(uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(json::binary_t&) { return true; }
  bool start_object(size_t) { return open(); }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(); }
  bool end_array() { return close(); }
  bool key(std::string&) { return true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) {
    is_beyond = error.id == 406 || std::strstr(error.what(), "surrogate") != nullptr;
    return false;
  }
};

const json* at(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

void same(const json& object, const char* key, const Span& span) {
  const json* value = at(object, key);
  const bool is_text = value != nullptr && value->is_string();
  if (is_text != span.present()) std::abort();
  if (is_text && *value->get_ptr<const std::string*>() != unescaped(span)) std::abort();
}

void same(const json& object, const char* key, const std::optional<uint64_t>& number) {
  const json* value = at(object, key);
  const uint64_t* unsigned_value = value != nullptr ? value->get_ptr<const json::number_unsigned_t*>() : nullptr;
  const bool is_counted = unsigned_value != nullptr && *unsigned_value < 1'000'000'000'000'000'000;
  if (is_counted != number.has_value() || (is_counted && *unsigned_value != *number)) std::abort();
}

void same_items(const json& delta, const Chunk& chunk) {
  const json* details = at(delta, "reasoning_details");
  if ((details != nullptr && details->is_array()) != chunk.has_details) std::abort();
  size_t n = 0;
  for (const json& item : chunk.has_details ? *details : json::array()) {
    if (!item.is_object()) continue;
    if (n >= chunk.details.size()) std::abort();
    const DetailDelta& ours = chunk.details[n++];
    same(item, "type", ours.type);
    same(item, "text", ours.text);
    same(item, "summary", ours.summary);
    same(item, "data", ours.data);
    same(item, "signature", ours.signature);
    same(item, "id", ours.id);
    same(item, "format", ours.format);
    same(item, "index", ours.index);
  }
  if (n != chunk.details.size()) std::abort();
  const json* calls = at(delta, "tool_calls");
  n = 0;
  for (const json& call : calls != nullptr && calls->is_array() ? *calls : json::array()) {
    if (!call.is_object()) continue;
    if (n >= chunk.tool_calls.size()) std::abort();
    const ToolCallDelta& ours = chunk.tool_calls[n++];
    const json* function = at(call, "function");
    const json none;
    same(call, "index", ours.index);
    same(call, "id", ours.id);
    same(function != nullptr ? *function : none, "name", ours.name);
    same(function != nullptr ? *function : none, "arguments", ours.arguments);
  }
  if (n != chunk.tool_calls.size()) std::abort();
}

void same_choice(const json& document, const Chunk& chunk) {
  const json* choices = at(document, "choices");
  const json* first = nullptr;
  for (const json& choice : choices != nullptr && choices->is_array() ? *choices : json::array()) {
    if (!choice.is_object()) continue;
    const json* index = at(choice, "index");
    const auto* number = index != nullptr ? index->get_ptr<const json::number_unsigned_t*>() : nullptr;
    if (number == nullptr || *number == 0 || *number >= 1'000'000'000'000'000'000) {
      same(choice, "finish_reason", chunk.finish_reason);
      same(choice, "native_finish_reason", chunk.native_finish_reason);
      first = &choice;
      const json* message = at(choice, "message");
      const json* delta = at(choice, "delta");
      if (message != nullptr && delta != nullptr) return;  // their order counts, which the library has lost
      const json none;
      const json& held = message != nullptr ? *message : delta != nullptr ? *delta : none;
      same(held, "content", chunk.content);
      same(held, "reasoning", chunk.reasoning);
      same(held, "reasoning_content", chunk.reasoning_content);
      same(held, "refusal", chunk.refusal);
      same_items(held, chunk);
      break;
    }
  }
  if ((first != nullptr) != chunk.has_choice) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::string padded = text + '\n';
  padded.append(40, '}');
  Chunk chunk;
  // Read twice: the second time the reader may go by what it remembers around the delta.
  ChunkReader reader;
  const bool once = reader.read(std::string_view(padded).substr(0, size), chunk);
  const bool ours = reader.read(std::string_view(padded).substr(0, size), chunk);
  if (once != ours) std::abort();
  if (text.find('\0') != std::string::npos || text.compare(0, 3, "\xEF\xBB\xBF") == 0) {
    if (ours) std::abort();
    return 0;
  }
  Judge judge;
  const bool theirs = json::sax_parse(text, &judge);
  if (judge.is_beyond) return 0;
  if (judge.deepest > limits::kJsonDepthMax) {
    if (ours) std::abort();
    return 0;
  }
  const json document = theirs ? json::parse(text, nullptr, false) : json();
  if (ours != document.is_object()) std::abort();
  if (!ours) return 0;
  same(document, "id", chunk.id);
  same(document, "model", chunk.model);
  same(document, "provider", chunk.provider);
  same_choice(document, chunk);
  return 0;
}
