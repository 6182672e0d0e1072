#include "native/sim/reply.h"

#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

bool is_empty(const ErrorDetail& d) {
  return !d.provider_is_null && d.provider.empty() && d.raw.empty() && d.error_type.empty() && d.reason.empty() && d.limit_source.empty() &&
         d.moderation_reasons.empty();
}

void optional_text(json::Writer& w, std::string_view key, const std::string& text) {
  if (!text.empty()) w.key(key).string(text);
}

void write_metadata(json::Writer& w, const ErrorDetail& detail) {
  w.key("metadata").object();
  optional_text(w, "raw", detail.raw);
  if (detail.provider_is_null) w.key("provider_name").null();
  optional_text(w, "provider_name", detail.provider);
  if (!detail.moderation_reasons.empty()) {
    w.key("reasons").array();
    for (const std::string& reason : detail.moderation_reasons) w.string(reason);
    w.end();
    w.key("flagged_input").string(detail.flagged_input);
  }
  optional_text(w, "reason", detail.reason);
  optional_text(w, "limit_source", detail.limit_source);
  optional_text(w, "remedy_hint", detail.remedy_hint);
  optional_text(w, "scope", detail.scope);
  optional_text(w, "resets_at", detail.resets_at);
  optional_text(w, "error_type", detail.error_type);
  w.end();
}

}  // namespace

std::string error_body(int code, std::string_view message, const ErrorDetail& detail) {
  json::Writer w;
  w.object().key("error").object().key("message").string(message).key("code").number(static_cast<int64_t>(code));
  if (!is_empty(detail)) write_metadata(w, detail);
  w.end();
  if (code != 401) w.key("user_id").string("user_simulated");
  w.end();
  return w.take();
}

Reply error_reply(int status, std::string_view message, const ErrorDetail& detail) {
  Reply reply;
  reply.status = status;
  reply.body = error_body(status, message, detail);
  return reply;
}

Reply provider_refusal(std::string_view provider, std::string_view message, std::string_view parameter) {
  json::Writer raw;
  raw.object().key("error").object().key("message").string(message).key("type").string("invalid_request_error");
  raw.key("param").string(parameter).key("code").null().end().end();
  return error_reply(400, "Provider returned error", {.provider = std::string(provider), .raw = raw.take(), .error_type = "invalid_request"});
}

}  // namespace orthink::sim
