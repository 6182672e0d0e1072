#include "orthink/mcp/envelope.h"

#include "orthink/mcp/code.h"
#include "orthink/mcp/revision.h"

namespace orthink::mcp {
namespace {

const json::Value* meta_of(const json::Value& params) {
  const json::Value* meta = params.find("_meta");
  return meta && meta->is_object() ? meta : nullptr;
}

const json::Value* find_own(const json::Value& meta, std::string_view key) {
  for (const json::Member& member : meta.members()) {
    const std::string_view name = member.key;
    if (name.size() == kMetaPrefix.size() + key.size() && name.starts_with(kMetaPrefix) && name.ends_with(key)) return &member.value;
  }
  return nullptr;
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value && value->is_string() ? value->text() : std::string();
}

void read_common(Envelope& envelope, const json::Value& meta) {
  if (const json::Value* token = meta.find("progressToken")) envelope.progress_token = id_text(*token);
  envelope.traceparent = text_at(meta, "traceparent");
  envelope.tracestate = text_at(meta, "tracestate");
}

EnvelopeFault lacks(std::string_view key, std::string_view what) {
  std::string message = "params._meta must have \"";
  message.append(kMetaPrefix).append(key).append("\": ").append(what);
  return {400, {kInvalidParams, std::move(message), {}}};
}

EnvelopeFault unsupported(std::string_view requested) {
  json::Writer data;
  data.object().key("supported").raw(supported_json()).key("requested").string(requested).end();
  return {400, {kUnsupportedVersion, "unsupported protocol version", data.take()}};
}

}  // namespace

Era era_of(const Message& message, std::optional<std::string_view> version_header) {
  if (version_header && is_modern_name(*version_header)) return Era::modern;
  if (const json::Value* meta = meta_of(message.params))
    for (std::string_view key : {"protocolVersion", "clientCapabilities", "clientInfo", "logLevel"})
      if (find_own(*meta, key)) return Era::modern;
  // A method that only modern clients know, on a wire without headers: its sender wants to hear what is missing.
  return message.method == "server/discover" || message.method == "subscriptions/listen" ? Era::modern : Era::legacy;
}

std::string_view version_in(const Message& message) {
  const json::Value* meta = meta_of(message.params);
  const json::Value* version = meta ? find_own(*meta, "protocolVersion") : nullptr;
  return version && version->is_string() ? std::string_view(version->text()) : std::string_view();
}

std::variant<Envelope, EnvelopeFault> read_modern(const json::Value& params) {
  const json::Value* meta = meta_of(params);
  const json::Value* version = meta ? find_own(*meta, "protocolVersion") : nullptr;
  if (!version || !version->is_string()) return lacks("protocolVersion", "the revision of this request, such as \"2026-07-28\"");
  const Revision* revision = find_revision(version->text());
  if (!revision || revision->era != Era::modern) return unsupported(version->text());
  const json::Value* capabilities = find_own(*meta, "clientCapabilities");
  if (!capabilities || !capabilities->is_object()) return lacks("clientCapabilities", "an object, {} for none");
  Envelope envelope;
  envelope.revision = revision->name;
  envelope.client_capabilities = *capabilities;
  if (const json::Value* info = find_own(*meta, "clientInfo"); info && info->is_object()) envelope.client_name = text_at(*info, "name");
  if (const json::Value* level = find_own(*meta, "logLevel")) {
    envelope.log_level = level->is_string() ? log_level_named(level->text()) : std::nullopt;
    if (!envelope.log_level) return lacks("logLevel", "one of debug, info, notice, warning, error, critical, alert, emergency");
  }
  read_common(envelope, *meta);
  return envelope;
}

Envelope read_legacy(const json::Value& params) {
  Envelope envelope;
  if (const json::Value* meta = meta_of(params)) read_common(envelope, *meta);
  return envelope;
}

}  // namespace orthink::mcp
