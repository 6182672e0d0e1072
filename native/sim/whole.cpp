// A body that is not streamed (OpenRouter's documentation), and reasoning_details of both kinds of body:
//
//   {"id":"gen-...","object":"chat.completion","created":N,"model":"...","provider":"...","system_fingerprint":null,"service_tier":null,
//    "choices":[{"index":0,"logprobs":null,"finish_reason":"stop","native_finish_reason":"end_turn","message":{"role":"assistant",
//      "content":"...","refusal":null,"reasoning":"...","tool_calls":[...],"reasoning_details":[...]}}],"usage":{...}}
#include "native/sim/frames.h"
#include "native/sim/reply.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

void write_detail(json::Writer& w, const Script& script, bool is_readable, std::string_view text) {
  const bool is_summary = script.shape == ThinkingShape::summary_and_encrypted;
  w.object().key("type");
  if (is_readable) {
    w.string(is_summary ? "reasoning.summary" : "reasoning.text").key(is_summary ? "summary" : "text").string(text);
  } else if (script.encrypted.empty()) {
    w.string("reasoning.text").key("signature").string(script.signature);
  } else {
    w.string("reasoning.encrypted").key("data").string(script.encrypted).key("id").string("rs_" + script.id.substr(script.id.size() - 12));
  }
  const bool is_second = !is_readable && is_summary;
  w.key("format").string(script.format).key("index").number(uint64_t{is_second ? 1U : 0U}).end();
}

// In a whole body the signature stands in the same item as the text it signs.
void write_signed_text(json::Writer& w, const Script& script) {
  w.object().key("type").string("reasoning.text").key("text").string(script.thinking);
  w.key("format").string(script.format).key("index").number(uint64_t{0}).key("signature").string(script.signature).end();
}

void write_details(json::Writer& w, const Script& script) {
  if (script.shape == ThinkingShape::nothing) return;
  w.key("reasoning_details").array();
  const bool is_signed_text = script.shape == ThinkingShape::text && !script.signature.empty();
  if (is_signed_text) {
    write_signed_text(w, script);
  } else {
    if (!script.thinking.empty()) write_detail(w, script, true, script.thinking);
    if (!script.signature.empty() || !script.encrypted.empty()) write_detail(w, script, false, {});
  }
  w.end();
}

void write_tool_calls(json::Writer& w, const Script& script) {
  if (script.tool_name.empty()) return;
  w.key("tool_calls").array().object().key("type").string("function").key("index").number(uint64_t{0}).key("id").string(script.tool_call_id);
  w.key("function").object().key("name").string(script.tool_name).key("arguments").string(script.tool_arguments).end().end().end();
}

void write_message(json::Writer& w, const Script& script) {
  const bool has_null_content = !script.tool_name.empty() || script.native_finish_reason == "MALFORMED_FUNCTION_CALL";
  w.key("message").object().key("role").string("assistant").key("content");
  if (has_null_content) w.null();
  else w.string(script.output);
  w.key("refusal").null().key("reasoning");
  if (script.thinking.empty()) w.null();
  else w.string(script.thinking);
  write_tool_calls(w, script);
  write_details(w, script);
  w.end();
}

}  // namespace

std::string readable_details(const Script& script, std::string_view text) {
  json::Writer w;
  w.array();
  write_detail(w, script, true, text);
  w.end();
  return w.take();
}

std::string sealed_details(const Script& script) {
  if (script.signature.empty() && script.encrypted.empty()) return {};
  if (script.shape == ThinkingShape::nothing) return {};
  json::Writer w;
  w.array();
  write_detail(w, script, false, {});
  w.end();
  return w.take();
}

std::string whole_document(const Script& script, const ActiveFaults& faults) {
  const bool has_error = faults.has(Fault::midstream_error) || faults.has(Fault::midstream_error_billed);
  json::Writer w;
  w.object().key("id").string(script.id).key("object").string("chat.completion").key("created").number(script.created_s);
  w.key("model").string(script.model).key("provider").string(script.provider).key("system_fingerprint").null().key("service_tier").null();
  w.key("choices").array().object().key("index").number(uint64_t{0}).key("logprobs").null().key("finish_reason");
  if (script.finish_reason.empty()) w.null();
  else w.string(has_error ? "error" : script.finish_reason);
  w.key("native_finish_reason").string_or_null(script.native_finish_reason.empty() ? std::nullopt : std::optional(script.native_finish_reason));
  if (has_error) w.key("error").object().key("code").number(uint64_t{502}).key("message").string("Provider disconnected").end();
  write_message(w, script);
  w.end().end();
  // An error without usage is not charged, so it must not say a cost.
  if (!faults.has(Fault::no_usage) && !faults.has(Fault::midstream_error)) w.key("usage").raw(usage_json(script, faults, script.usage()));
  w.end();
  return w.take();
}

}  // namespace orthink::sim
