#include "native/sim/script.h"

#include <algorithm>

#include "native/sim/pieces.h"
#include "native/sim/providers.h"

namespace orthink::sim {
namespace {

// However large a budget is, a simulated model thinks no longer than this of its own accord.
constexpr uint64_t kThinkingAtMostTokens = 12'000;

// Thousandths of the natural length at each level.
uint64_t level_permille(Effort effort) {
  switch (effort) {
    case Effort::none: return 0;
    case Effort::minimal: return 100;
    case Effort::low: return 350;
    case Effort::medium: return 1'000;
    case Effort::high: return 2'200;
    case Effort::xhigh: return 4'000;
    case Effort::max: return 6'000;
  }
  return 1'000;
}

uint64_t natural_length(const Question& question, Dice& dice) {
  return 120 + std::min<uint64_t>(question.prompt_tokens / 4, 2'000) + dice.below(160);
}

// Near the budget, mostly under it: one in six overruns by up to 6 %.
uint64_t around_budget(uint64_t budget, Dice& dice) {
  const uint64_t permille = dice.below(6) == 0 ? dice.between(1'001, 1'060) : dice.between(550, 990);
  return std::min(budget * permille / 1'000, kThinkingAtMostTokens);
}

uint64_t thinking_length(const Question& question, const ActiveFaults& faults, Dice& dice) {
  const Thinking& thinking = question.thinking;
  const uint64_t natural = natural_length(question, dice);
  const uint64_t around = around_budget(thinking.budget_tokens.value_or(natural), dice);
  if (faults.has(Fault::thinks_all)) return question.cap_tokens;
  if (faults.has(Fault::no_thinking)) return 0;
  if (!thinking.is_on) return faults.has(Fault::thinks_although_off) ? std::min(natural, question.cap_tokens) : 0;
  uint64_t wanted = natural;
  if (thinking.budget_tokens) wanted = faults.has(Fault::overruns) ? *thinking.budget_tokens * 5 / 4 : around;
  else if (thinking.effort) wanted = natural * level_permille(*thinking.effort) / 1'000;
  return std::min(std::max<uint64_t>(wanted, 1), question.cap_tokens);
}

void set_thinking(const Question& question, const ActiveFaults& faults, Dice& dice, Script& out) {
  out.thinking_tokens = thinking_length(question, faults, dice);
  const bool is_claude_summary = question.card.provider == "anthropic" && question.card.thinking.control == Control::adaptive;
  const uint64_t shown = is_claude_summary ? (out.thinking_tokens + 1) / 2 : out.thinking_tokens;
  const std::string prose = thinking_prose(dice, question.prompt, shown);
  const std::string signature = dice.letters(dice.between(120, 280) / 4 * 4, kBase64);
  const std::string sealed = "gAAAAA" + dice.letters(dice.between(300, 900), kBase62);
  if (out.thinking_tokens == 0 || question.thinking.excludes) return;
  if (question.card.thinking.hides_text) {
    out.encrypted = sealed;
    out.shape = question.thinking.wants_summary ? ThinkingShape::summary_and_encrypted : ThinkingShape::encrypted;
    if (question.thinking.wants_summary) out.thinking = std::string(first_pieces(prose, std::min<uint64_t>(shown, 40)));
    return;
  }
  out.shape = ThinkingShape::text;
  out.thinking = prose;
  // A thought that the cap cut off is never signed.
  if (signs_thinking(question.card) && out.thinking_tokens < question.cap_tokens) out.signature = signature;
  const bool is_gemini = question.card.provider == "google";
  if (is_gemini && question.thinking.effort && out.thinking_tokens < 100 && !out.signature.empty()) {
    out.shape = ThinkingShape::signature_only;
    out.thinking.clear();
  }
}

std::string plain_answer(const Question& question, const Script& script) {
  std::string text = "This is a simulated answer; no model was asked. ";
  if (question.answers_tool) {
    text += "The tool said: \"" + excerpt(question.tool_result, 200) + "\". ";
  } else {
    text += "You wrote: \"" + excerpt(question.prompt, 200) + "\". ";
  }
  if (script.thinking_tokens > 0) {
    text += question.card.id + " would have thought about it; here it thought for " + std::to_string(script.thinking_tokens) + " tokens";
    if (question.thinking.budget_tokens) text += " of a budget of " + std::to_string(*question.thinking.budget_tokens);
    if (question.thinking.effort) text += " at effort " + std::string(name(*question.thinking.effort));
    text += ".";
  } else {
    text += question.card.id + " answered without thinking.";
  }
  text += "\n\nThe shape of this stream, its usage and its cost are those of the real service at the listed prices; the words are not.";
  return text;
}

std::string text_of(const json::Value& body, std::string_view key) {
  const json::Value* value = body.find(key);
  return value && value->is_string() ? value->text() : std::string();
}

void finish(Script& out, std::string_view reason) {
  out.finish_reason = reason;
  out.native_finish_reason = native_finish(out.provider, reason);
}

// The answer takes what the thinking left of the cap.
void set_answer(const Question& question, Dice& dice, Script& out) {
  const uint64_t room = question.cap_tokens - std::min(question.cap_tokens, out.thinking_tokens);
  const std::string call_id = (question.card.provider == "anthropic" ? "toolu_" : "call_") + dice.letters(24, kBase62);
  if (!question.tool_name.empty() && room > 0) {
    out.tool_call_id = call_id;
    out.tool_name = question.tool_name;
    const std::string arguments = json::dump(question.tool_arguments);
    out.tool_arguments = std::string(first_pieces(arguments, room));
    const uint64_t used = count_pieces(out.tool_arguments);
    out.completion_tokens = out.thinking_tokens + used;
    finish(out, out.tool_arguments.size() < arguments.size() ? "length" : "tool_calls");
    return;
  }
  const std::string text = question.wants_json ? json::dump(question.json_answer) : plain_answer(question, out);
  out.output = std::string(first_pieces(text, room));
  out.completion_tokens = out.thinking_tokens + count_pieces(out.output);
  finish(out, out.output.size() < text.size() ? "length" : "stop");
}

void apply_faults(const Question& question, const ActiveFaults& faults, Script& out) {
  out.is_dearer = faults.has(Fault::provider_dearer);
  out.is_byok = faults.has(Fault::byok);
  if (faults.has(Fault::dated_model) && !question.card.canonical_slug.empty()) out.model = question.card.canonical_slug;
  if (const FaultSpec* spec = faults.at(Stage::behaviour); spec && spec->fault == Fault::other_provider) out.provider = spec->argument;
  if (faults.has(Fault::filtered)) {
    out.output.clear();
    finish(out, "content_filter");
  }
  if (faults.has(Fault::malformed_call)) {
    out.output.clear();
    out.tool_name.clear();
    finish(out, "stop");
    out.native_finish_reason = "MALFORMED_FUNCTION_CALL";
  }
  if (faults.has(Fault::empty_answer)) {
    out.output.clear();
    out.tool_name.clear();
    out.thinking.clear();
    out.shape = ThinkingShape::nothing;
    out.thinking_tokens = out.completion_tokens = 0;
    out.finish_reason.clear();
    out.native_finish_reason.clear();
  }
  if (faults.has(Fault::over_cap)) out.completion_tokens = question.cap_tokens * 2;
}

}  // namespace

Usage Script::usage_at(uint64_t completion) const {
  Usage usage;
  usage.state = UsageState::final_;
  usage.prompt_tokens = prompt_tokens;
  usage.cached_tokens = 0;
  usage.cache_write_tokens = 0;
  usage.completion_tokens = completion;
  usage.thinking_tokens = std::min(completion, thinking_tokens);
  return usage;
}

Money Script::cost_of(const Usage& used) const {
  // Zero-completion insurance: nothing came out, nothing is charged.
  if (used.completion_tokens.value_or(0) == 0) return Money::zero();
  const Money listed = computed_cost(price, used, now).value_or(Money::zero());
  return is_dearer ? Money{(listed.times(3).pico + 1) / 2} : listed;
}

Script write_script(const Question& question, const ActiveFaults& faults, const ScriptContext& context) {
  Dice dice(context.seed, context.body);
  Script out;
  out.now = context.now;
  out.created_s = context.now.us / 1'000'000;
  Dice id_dice(context.seed ^ (context.repetition << 20U), context.body);
  out.id = "gen-" + std::to_string(out.created_s) + "-" + id_dice.letters(20, kBase62);
  out.row_id = question.card.id;
  out.model = question.card.alias_target.empty() ? question.card.id : question.card.alias_target;
  out.provider = question.provider;
  out.user = text_of(question.body, "user");
  out.session = text_of(question.body, "session_id");
  out.format = detail_format(question.card);
  out.price = question.card.price;
  out.streams = question.streams;
  out.prompt_tokens = question.prompt_tokens;
  out.comments = dice.between(1, 3);
  out.usage_choice_is_empty = dice.below(4) == 0;
  out.cut_seed = dice.next();
  set_thinking(question, faults, dice, out);
  set_answer(question, dice, out);
  apply_faults(question, faults, out);
  return out;
}

}  // namespace orthink::sim
