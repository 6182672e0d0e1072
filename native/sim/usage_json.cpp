// usage, as it ends every answer (OpenRouter's documentation):
//
//   {"prompt_tokens":15,"completion_tokens":256,"total_tokens":271,"cost":0.0006505,"is_byok":false,
//    "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0,"video_tokens":0},
//    "cost_details":{"upstream_inference_cost":0.0006505,"upstream_inference_prompt_cost":0.0000105,
//                    "upstream_inference_completions_cost":0.00064},
//    "completion_tokens_details":{"reasoning_tokens":260,"image_tokens":0,"audio_tokens":0}}
#include "native/sim/frames.h"
#include "orthink/wire/json.h"

namespace orthink::sim {
namespace {

// ECMAScript Number::toString goes over to exponents below 1e-6.
constexpr int64_t kExponentBelowPico = 1'000'000;

std::string cost_text(const Script& script, const ActiveFaults& faults, Money cost) {
  if (faults.has(Fault::cost_null)) return "null";
  if (faults.has(Fault::cost_negative)) return "-0.001";
  if (faults.has(Fault::cost_huge)) return "1e400";
  if (faults.has(Fault::cost_string)) return "\"about a cent\"";
  return script.is_byok ? "0" : js_number(cost);
}

}  // namespace

std::string js_number(Money money) {
  if (money.pico == 0 || money.pico >= kExponentBelowPico) return money.to_decimal();
  const std::string digits = std::to_string(money.pico);
  size_t last = digits.size();
  while (last > 1 && digits[last - 1] == '0') --last;
  std::string out = digits.substr(0, 1);
  if (last > 1) out += "." + digits.substr(1, last - 1);
  return out + "e-" + std::to_string(13 - digits.size());
}

std::string usage_json(const Script& script, const ActiveFaults& faults, const Usage& usage) {
  const uint64_t prompt = usage.prompt_tokens.value_or(0);
  const uint64_t completion = usage.completion_tokens.value_or(0);
  const Money cost = script.cost_of(usage);
  Usage prompt_only = usage;
  prompt_only.completion_tokens = 0;
  prompt_only.thinking_tokens = 0;
  const Money prompt_cost = completion == 0 ? Money::zero() : computed_cost(script.price, prompt_only, script.now).value_or(Money::zero());
  json::Writer w;
  w.object().key("prompt_tokens").number(prompt).key("completion_tokens").number(completion);
  w.key("total_tokens").number(prompt + completion).key("cost").raw(cost_text(script, faults, cost));
  w.key("is_byok").boolean(script.is_byok);
  w.key("prompt_tokens_details").object().key("cached_tokens").number(usage.cached_tokens.value_or(0));
  w.key("cache_write_tokens").number(usage.cache_write_tokens.value_or(0));
  w.key("audio_tokens").number(uint64_t{0}).key("video_tokens").number(uint64_t{0}).end();
  w.key("cost_details").object().key("upstream_inference_cost").raw(js_number(cost));
  w.key("upstream_inference_prompt_cost").raw(js_number(prompt_cost));
  w.key("upstream_inference_completions_cost").raw(js_number(cost.minus(prompt_cost))).end();
  w.key("completion_tokens_details").object().key("reasoning_tokens").number(usage.thinking_tokens.value_or(0));
  w.key("image_tokens").number(uint64_t{0}).key("audio_tokens").number(uint64_t{0}).end();
  w.end();
  return w.take();
}

}  // namespace orthink::sim
