#include "native/sim/generations.h"

#include <algorithm>
#include <charconv>

#include "native/sim/frames.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

std::string document(const Script& script, const Usage& usage, Money cost, bool is_cancelled) {
  const std::string paid = script.is_byok ? "0" : js_number(cost);
  json::Writer w;
  w.object().key("data").object().key("id").string(script.id).key("upstream_id").string("simulated-" + script.id);
  w.key("model").string(script.model).key("provider_name").string(script.provider).key("api_type").string("completions");
  w.key("streamed").boolean(script.streams).key("cancelled").boolean(is_cancelled).key("is_byok").boolean(script.is_byok);
  w.key("finish_reason").string_or_null(is_cancelled || script.finish_reason.empty() ? std::nullopt : std::optional(script.finish_reason));
  w.key("native_finish_reason").string_or_null(is_cancelled ? std::nullopt : std::optional(script.native_finish_reason));
  w.key("tokens_prompt").number(usage.prompt_tokens.value_or(0)).key("tokens_completion").number(usage.completion_tokens.value_or(0));
  w.key("native_tokens_prompt").number(usage.prompt_tokens.value_or(0));
  w.key("native_tokens_completion").number(usage.completion_tokens.value_or(0));
  w.key("native_tokens_reasoning").number(usage.thinking_tokens.value_or(0)).key("native_tokens_cached").number(uint64_t{0});
  w.key("usage").raw(paid).key("total_cost").raw(paid).key("upstream_inference_cost").raw(js_number(cost));
  w.key("cache_discount").null().key("latency").null().key("generation_time").null().key("external_user").null();
  w.end().end();
  return w.take();
}

}  // namespace

void Generations::add(const Script& script, const Usage& usage, Money cost, bool is_cancelled) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (entries_.size() >= kEntriesMax) entries_.erase(entries_.begin());
  entries_[script.id] = {document(script, usage, cost, is_cancelled), 0};
}

std::optional<std::string> Generations::find(const std::string& id, const std::optional<FaultSpec>& fault) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  const uint64_t before = found->second.lookups++;
  if (!fault) return found->second.document;
  if (fault->fault == Fault::generation_never) return std::nullopt;
  uint64_t hidden = 0;
  std::from_chars(fault->argument.data(), fault->argument.data() + fault->argument.size(), hidden);
  if (before < hidden) return std::nullopt;
  return found->second.document;
}

}  // namespace orthink::sim
