#include "orthink/chat/answer.h"

#include <algorithm>

#include "orthink/wire/cursor.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

bool has_text(std::string_view text) {
  return text.find_first_not_of(kSpaces) != std::string_view::npos;
}

// The member of Detail that keeps the text of a key; null for keys that are kept as raw bytes.
using Member = std::optional<std::string> Detail::*;
Member member_named(std::string_view key) {
  if (key == "text") return &Detail::text;
  if (key == "summary") return &Detail::summary;
  if (key == "data") return &Detail::data;
  if (key == "signature") return &Detail::signature;
  if (key == "id") return &Detail::id;
  if (key == "format") return &Detail::format;
  return nullptr;
}

Detail::Key* find_key(Detail& item, std::string_view name) {
  for (Detail::Key& key : item.keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

Detail::Key& key_at(Detail& item, std::string_view name) {
  if (Detail::Key* key = find_key(item, name)) return *key;
  return item.keys.emplace_back(Detail::Key{std::string(name), {}});
}

bool is_kept_in_member(const DetailDelta& delta, std::string_view key) {
  if (key == "type") return delta.type.present();
  if (key == "index") return delta.index.has_value();
  if (key == "text") return delta.text.present();
  if (key == "summary") return delta.summary.present();
  if (key == "data") return delta.data.present();
  if (key == "signature") return delta.signature.present();
  if (key == "id") return delta.id.present();
  if (key == "format") return delta.format.present();
  return false;
}

// Notes the keys of the delta that the item lacks, with the raw value where no member keeps it.
void add_keys(Detail& item, const DetailDelta& delta) {
  Cursor at(delta.raw);
  (void)at.object([&](std::string_view name) {
    const std::string key(name);
    std::string_view raw;
    if (!at.raw(raw)) return false;
    const bool is_new = find_key(item, key) == nullptr;
    Detail::Key& kept = key_at(item, key);
    if (is_kept_in_member(delta, key)) {
      kept.raw.clear();
    } else if (is_new || (!kept.raw.empty() && raw != "null")) {
      kept.raw = raw;
    }
    return true;
  });
}

// Most pieces repeat what is known.
void set_member(Detail& item, std::string_view name, const Span& value) {
  std::optional<std::string>& member = item.*member_named(name);
  if (value.empty() || (member && !value.has_escapes && *member == value.raw())) return;
  member = unescaped(value);
  key_at(item, name).raw.clear();
}

void append_member(Detail& item, std::string_view name, const Span& piece, uint32_t& held) {
  std::optional<std::string>& member = item.*member_named(name);
  if (!member) {
    member.emplace();
    key_at(item, name).raw.clear();
  }
  append_unescaped(*member, piece, held);
}

// Whether a piece goes on with this item (OpenRouter's documentation): type and index are known to be equal.
bool goes_on(const Detail& item, const DetailDelta& delta) {
  const bool brings_text = !delta.text.empty() || !delta.summary.empty();
  if (brings_text && item.signature && !item.signature->empty()) return false;
  const bool is_another = !delta.id.empty() && item.id && !item.id->empty() && delta.id.raw() != *item.id;
  return !(is_another && !delta.data.empty());
}

// The last item of equal type and index; without an index only the last item of all. A piece without a type fits any.
Detail* find_item(std::vector<Detail>& items, const DetailDelta& delta) {
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    const bool is_equal_type = !delta.type.present() || item->type == delta.type.raw();
    if (is_equal_type && (!delta.index || item->index == delta.index)) return goes_on(*item, delta) ? &*item : nullptr;
    if (!delta.index) return nullptr;
  }
  return nullptr;
}

void merge(Detail& item, const DetailDelta& delta) {
  item.raw.clear();
  if (delta.text.present()) append_member(item, "text", delta.text, item.held[0]);
  if (delta.summary.present()) append_member(item, "summary", delta.summary, item.held[1]);
  if (delta.data.present()) append_member(item, "data", delta.data, item.held[2]);
  set_member(item, "signature", delta.signature);
  set_member(item, "id", delta.id);
  set_member(item, "format", delta.format);
  if (delta.has_other_keys) add_keys(item, delta);
}

void write_member(json::Writer& out, const Detail& item, const Detail::Key& key) {
  out.key(key.name);
  if (!key.raw.empty()) {
    out.raw(key.raw);
  } else if (key.name == "type") {
    out.string(item.type);
  } else if (key.name == "index") {
    out.number_or_null(item.index);
  } else {
    out.string_or_null(item.*member_named(key.name));
  }
}

void write_detail(json::Writer& out, const Detail& item) {
  if (!item.raw.empty()) {
    out.raw(item.raw);
    return;
  }
  out.object();
  for (const Detail::Key& key : item.keys) write_member(out, item, key);
  out.end();
}

void write_tool_call(json::Writer& out, const ToolCall& call) {
  out.object().key("id").string(call.id).key("type").string("function");
  out.key("function").object().key("name").string(call.name).key("arguments").string(call.arguments).end();
  out.end();
}

}  // namespace

std::string_view name(ThinkingKind kind) {
  switch (kind) {
    case ThinkingKind::text: return "text";
    case ThinkingKind::summary: return "summary";
    case ThinkingKind::encrypted: return "encrypted";
  }
  return "text";
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::answered: return "answered";
    case Outcome::tool_calls: return "tool_calls";
    case Outcome::truncated: return "truncated";
    case Outcome::thinking_used_all: return "thinking_used_all";
    case Outcome::empty: return "empty";
    case Outcome::filtered: return "filtered";
  }
  return "empty";
}

std::string_view advice(Outcome outcome) {
  switch (outcome) {
    case Outcome::truncated:
      return "The answer was cut at the total cap: raise --max-tokens, or ask for less.";
    case Outcome::thinking_used_all:
      return "Thinking used the whole cap and left no answer: lower --think, or raise --answer or --max-tokens.";
    case Outcome::empty:
      return "The answer is empty: ask again, or choose another provider.";
    case Outcome::filtered:
      return "The answer was withheld by a content filter: reword the question, or choose another model.";
    case Outcome::answered:
    case Outcome::tool_calls:
      break;
  }
  return {};
}

size_t Answer::kept_bytes() const {
  size_t bytes = thinking.size() + output.size() + refusal.size() + annotations_raw.size() + images_raw.size() + audio_raw.size();
  const auto add = [&bytes](const std::optional<std::string>& text) { bytes += text ? text->size() : 0; };
  for (const Detail& item : details) {
    for (const auto* text : {&item.text, &item.summary, &item.data, &item.signature, &item.id, &item.format}) add(*text);
    for (const Detail::Key& key : item.keys) bytes += key.name.size() + key.raw.size();
    bytes += item.raw.size();
  }
  for (const ToolCall& call : tool_calls) bytes += call.id.size() + call.name.size() + call.arguments.size();
  return bytes;
}

bool Answer::add_detail(const DetailDelta& delta, bool is_whole) {
  has_details = true;
  if (!is_whole) {
    if (Detail* item = find_item(details, delta)) {
      merge(*item, delta);
      return false;
    }
  }
  Detail& item = details.emplace_back();
  item.type = unescaped(delta.type);
  item.index = delta.index;
  add_keys(item, delta);
  merge(item, delta);
  if (delta.signature.present() && !item.signature) item.signature.emplace();
  if (delta.id.present() && !item.id) item.id.emplace();
  if (delta.format.present() && !item.format) item.format.emplace();
  item.raw = delta.raw;
  return true;
}

void Answer::add_tool_call(const ToolCallDelta& delta, bool is_whole) {
  const std::string id = unescaped(delta.id);
  ToolCall* call = nullptr;
  if (!is_whole && !tool_calls.empty()) {
    if (!delta.index) {
      call = &tool_calls.back();
    } else {
      const auto found = std::find_if(tool_calls.rbegin(), tool_calls.rend(), [&](const ToolCall& c) { return c.index == *delta.index; });
      if (found != tool_calls.rend()) call = &*found;
    }
    if (call != nullptr && !id.empty() && !call->id.empty() && id != call->id) call = nullptr;
  }
  if (call == nullptr) {
    call = &tool_calls.emplace_back();
    call->index = delta.index.value_or(tool_calls.size() - 1);
  }
  if (call->id.empty()) call->id = id;
  if (call->name.empty()) call->name = unescaped(delta.name);
  append_unescaped(call->arguments, delta.arguments, call->held);
  call->arguments += delta.arguments_raw;
}

void Answer::join_arrays(std::string& array, std::string_view more) {
  const auto inside = [](std::string_view text) {
    text = text.substr(1, text.size() - 2);
    const size_t first = text.find_first_not_of(kSpaces);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
  };
  if (more.size() < 2 || array == more) return;
  if (array.empty() || inside(array).empty()) {
    array = more;
  } else if (!inside(more).empty()) {
    array.back() = ',';
    array.append(more.substr(1));
  }
}

void Answer::flush_held() {
  for (Detail& item : details) {
    if (item.held[0] != 0) orthink::flush_held(*item.text, item.held[0]);
    if (item.held[1] != 0) orthink::flush_held(*item.summary, item.held[1]);
    if (item.held[2] != 0) orthink::flush_held(*item.data, item.held[2]);
  }
  for (ToolCall& call : tool_calls) orthink::flush_held(call.arguments, call.held);
}

std::string Answer::message_json() const {
  json::Writer out;
  out.object().key("role").string("assistant").key("content");
  if (output.empty() && !tool_calls.empty()) {
    out.null();
  } else {
    out.string(output);
  }
  if (!refusal.empty()) out.key("refusal").string(refusal);
  if (has_details) {
    out.key("reasoning_details").array();
    for (const Detail& item : details) write_detail(out, item);
    out.end();
  }
  if (details.empty() && !thinking.empty()) {
    out.key(has_reasoning_content ? "reasoning_content" : "reasoning").string(thinking);
  }
  if (!tool_calls.empty()) {
    out.key("tool_calls").array();
    for (const ToolCall& call : tool_calls) write_tool_call(out, call);
    out.end();
  }
  if (!annotations_raw.empty()) out.key("annotations").raw(annotations_raw);
  out.end();
  return out.take();
}

Outcome outcome_of(const Answer& answer) {
  const bool has_output = has_text(answer.output) || !answer.images_raw.empty() || !answer.audio_raw.empty();
  const bool has_calls = !answer.tool_calls.empty();
  if (answer.finish_reason == "content_filter" || (!has_output && !has_calls && !answer.refusal.empty())) return Outcome::filtered;
  if (answer.finish_reason == "length") {
    if (has_output || has_calls) return Outcome::truncated;
    const bool was_billed = answer.usage.completion_tokens.value_or(0) > 0 || answer.usage.thinking_tokens.value_or(0) > 0;
    return answer.saw_thinking() || was_billed ? Outcome::thinking_used_all : Outcome::empty;
  }
  if (has_calls) return Outcome::tool_calls;
  return has_output ? Outcome::answered : Outcome::empty;
}

}  // namespace orthink
