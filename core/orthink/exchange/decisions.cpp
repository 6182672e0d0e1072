// What is told of each decision: a code, a sentence and what it was made from (exchange/dossier).
#include "orthink/exchange/state.h"

namespace orthink {
namespace {

std::string_view name(Bill bill) {
  switch (bill) {
    case Bill::none:
      return "none";
    case Bill::insured:
      return "insured";
    case Bill::unknown:
      break;
  }
  return "open";
}

std::string usd(Money money) { return "$" + money.to_decimal(); }

}  // namespace

void Exchange::State::decide(std::string_view code, std::string_view text, const Facts& inputs) {
  if (dossier) dossier->decide(now - started, code, text, inputs);
}

void Exchange::State::decide_planned() {
  const ThinkPlan& think = prepared.think;
  const std::string most = money_max ? money_max->to_decimal() : std::string();
  std::optional<uint64_t> age;
  if (prepared.price_age_s && *prepared.price_age_s >= 0) age = static_cast<uint64_t>(*prepared.price_age_s);
  decide("planned", "One attempt costs at most " + usd(prepared.hold) + ".",
         {{"model", prepared.card.id},
          {"think_sent", think.sent},
          {"promise", name(think.promise)},
          {"budget_tokens", think.budget_tokens},
          {"output_cap_tokens", think.output_cap_tokens},
          {"prompt_tokens_expected", prepared.prompt_tokens_expected},
          {"prompt_tokens_bound", prepared.prompt_tokens_bound},
          {"hold_usd", prepared.hold.to_decimal()},
          {"max_cost_usd", most},
          {"price_source", prepared.price_source},
          {"price_age_s", age}});
}

// With every limit as it stands since.
void Exchange::State::decide_reserved() {
  if (!dossier) return;
  std::vector<std::string> texts;
  for (const ledger::LimitState& state : standing) {
    texts.push_back(state.scope.to_text() + " " + std::string(name(state.kind)));
    texts.push_back(ledger::standing(state));
  }
  Facts facts{{"row", hold.row}, {"attempt", hold.attempt}};
  for (size_t i = 0; i + 1 < texts.size(); i += 2) facts.emplace_back(texts[i], texts[i + 1]);
  decide("reserved", "Every limit has room: " + usd(hold.bound.to_money()) + " is held.", facts);
}

void Exchange::State::decide_leg_end(Bill bill) {
  const Answer& answer = reader.answer();
  decide("leg_ended", error ? error->message : "The answer is whole.",
         {{"leg", leg},
          {"error", error ? error->code : std::string()},
          {"outcome", error ? std::string_view() : name(outcome)},
          {"bill", name(bill)},
          {"usage", name(answer.usage.state)},
          {"has_content", has_content() ? "yes" : "no"},
          {"provider", answer.provider.empty() ? provider : answer.provider}});
}

void Exchange::State::decide_retry(Duration delay) {
  std::optional<uint64_t> hint;
  if (error->retry_after) hint = static_cast<uint64_t>(error->retry_after->ms());
  decide("retry", "It is tried again after a wait: nothing is bought twice by that.",
         {{"attempts", receipt.attempts}, {"delay_ms", static_cast<uint64_t>(delay.ms())}, {"retry_after_ms", hint}});
}

void Exchange::State::decide_no_retry(Bill bill, bool is_too_dear) {
  std::string_view why = "this failure is final, or the wait would reach the deadline";
  if (is_too_dear)
    why = "another attempt would not fit the money for it";
  else if (has_content())
    why = "a part of the answer has been shown";
  else if (receipt.attempts >= options.retry.attempts_max)
    why = "it was the last attempt";
  else if (bill == Bill::unknown)
    why = "it may be billed, so another attempt could buy it twice";
  decide("no_retry", "It is not tried again: " + std::string(why) + ".",
         {{"attempts", receipt.attempts}, {"attempts_max", options.retry.attempts_max}, {"bill", name(bill)}});
}

void Exchange::State::decide_settled() {
  const auto text = [](const std::optional<Money>& money) { return money ? money->to_decimal() : std::string(); };
  decide("settled", "It cost " + usd(*receipt.cost) + "; that is charged, and the rest of the hold falls.",
         {{"row", hold.row},
          {"source", name(receipt.cost_source)},
          {"provider_usd", text(receipt.provider_cost)},
          {"computed_usd", text(receipt.computed_cost)},
          {"bound_usd", hold.bound.to_money().to_decimal()}});
}

}  // namespace orthink
