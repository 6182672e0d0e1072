#include "orthink/think/plan.h"
#include "orthink/think/words.h"

namespace orthink {

std::optional<std::string> contradiction(const ThinkPlan& plan, const Usage& usage, bool saw_thinking) {
  const uint64_t counted = usage.thinking_tokens.value_or(0);
  if (plan.expected == ThinkingExpected::no && (saw_thinking || counted > 0)) {
    const std::string what = plan.sent == "off" ? "Thinking was turned off" : "The model is listed as one that does not think";
    if (counted == 0) return what + ", but thinking came back.";
    return what + ", but " + tokens_text(counted) + " of thinking were billed.";
  }
  // A count of 0 beside thinking that was seen is a provider that does not count; no count at all says nothing.
  if (plan.expected == ThinkingExpected::yes && !saw_thinking && usage.thinking_tokens == uint64_t{0}) {
    return "Thinking was asked for (" + plan.sent + "), but none came back and none was counted.";
  }
  return std::nullopt;
}

}  // namespace orthink
