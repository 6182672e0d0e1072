#include "orthink/chat/fingerprint.h"

#include <algorithm>

#include "orthink/base/sha256.h"

namespace orthink {
namespace {

void sort_keys(json::Value& value) {
  if (value.is_object()) std::sort(value.members().begin(), value.members().end(), [](const json::Member& a, const json::Member& b) { return a.key < b.key; });
  for (json::Member& member : value.members()) sort_keys(member.value);
}

void write_sorted(json::Writer& out, json::Value value) {
  sort_keys(value);
  out.value(value);
}

}  // namespace

// An array: every field has its place, also when it is absent.
std::string fingerprint(const Ask& ask) {
  json::Writer out;
  out.array().number(uint64_t{1}).string(ask.model).array();
  for (const std::string& model : ask.fallbacks) out.string(model);
  out.end();
  write_sorted(out, ask.messages);
  out.string(ask.think.to_text()).number_or_null(ask.answer_tokens).number_or_null(ask.max_tokens);
  out.string_or_null(ask.max_cost ? std::optional(ask.max_cost->to_decimal()) : std::nullopt);
  out.boolean(ask.fits).boolean(ask.is_lenient).boolean(ask.streams).boolean(ask.hides_thinking);
  out.string(ask.user).string(ask.tenant).string(ask.session);
  out.number(ask.deadline ? ask.deadline->us : int64_t{-1});
  json::Value passed_on = json::Value::object();
  for (const json::Member& member : ask.passed_on) passed_on.set(member.key, member.value);
  write_sorted(out, std::move(passed_on));
  out.end();
  return hex(Sha256::of(out.text()));
}

}  // namespace orthink
