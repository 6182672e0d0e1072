#include "orthink/chat/document.h"

namespace orthink {

void write_error(json::Writer& out, const Error& error) {
  out.object();
  out.key("kind").string(name(error.kind));
  out.key("code").string(error.code);
  out.key("message").string(error.message);
  out.key("remedy").string(error.remedy);
  out.key("blame").string(name(error.blame));
  out.key("retry").string(name(error.retry));
  out.key("retry_after_ms");
  if (error.retry_after) {
    out.number(error.retry_after->ms());
  } else {
    out.null();
  }
  out.key("http_status");
  if (error.http_status) {
    out.number(int64_t{*error.http_status});
  } else {
    out.null();
  }
  out.key("provider").string_or_null(error.provider);
  out.key("scope").string_or_null(error.scope);
  out.key("resets_at").string_or_null(error.resets_at);
  out.end();
}

void write_notes(json::Writer& out, const std::vector<Note>& notes) {
  out.array();
  for (const Note& note : notes) out.object().key("code").string(note.code).key("text").string(note.text).end();
  out.end();
}

void write_usd(json::Writer& out, const std::optional<Money>& usd) {
  if (usd) {
    out.string(usd->to_decimal());
  } else {
    out.null();
  }
}

void write_usage_counts(json::Writer& out, const Usage& usage) {
  out.key("prompt_tokens").number_or_null(usage.prompt_tokens);
  out.key("cached_tokens").number_or_null(usage.cached_tokens);
  out.key("cache_write_tokens").number_or_null(usage.cache_write_tokens);
  out.key("completion_tokens").number_or_null(usage.completion_tokens);
  out.key("thinking_tokens").number_or_null(usage.thinking_tokens);
  out.key("visible_tokens").number_or_null(usage.visible_tokens());
}

}  // namespace orthink
