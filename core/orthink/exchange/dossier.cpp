#include "orthink/exchange/dossier.h"

#include <array>
#include <optional>
#include <vector>

#include "orthink/exchange/state.h"

namespace orthink {
namespace {

using Kind = Decision::Kind;

// One input of a decision. Views: they live as long as the call that takes them. An empty text counts as not known.
struct Fact {
  std::string_view name;
  std::string_view text;
  std::optional<uint64_t> number;
  Fact(std::string_view of, std::string_view is) : name(of), text(is) {}
  Fact(std::string_view of, std::optional<uint64_t> is) : name(of), number(is) {}
};
using Facts = std::vector<Fact>;

void write_facts(json::Writer& out, const Facts& facts) {
  for (const Fact& fact : facts) {
    if (fact.number)
      out.key(fact.name).number(*fact.number);
    else if (!fact.text.empty())
      out.key(fact.name).string(fact.text);
  }
}

constexpr std::array<std::string_view, 13> kCodes{"planned", "reserved", "refused",  "sent",    "head",     "cancelled", "leg_ended",
                                                  "retry",   "no_retry", "settled",  "released", "unknown", "rebound"};

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

std::string decimal(const std::optional<Money>& money) { return money ? money->to_decimal() : std::string(); }
std::string usd(NanoUsd amount) { return "$" + amount.to_money().to_decimal(); }
std::string_view yes_or_no(bool is) { return is ? "yes" : "no"; }
uint64_t whole(int64_t value) { return value < 0 ? 0 : static_cast<uint64_t>(value); }

std::string_view why_not_again(const Exchange::State& call, const Decision& decision) {
  if (decision.is_too_dear) return "another attempt would not fit the money for it";
  if (call.has_content()) return "a part of the answer has been shown";
  if (call.receipt.attempts >= call.options.retry.attempts_max) return "it was the last attempt";
  if (decision.bill == Bill::unknown) return "it may be billed, so another attempt could buy it twice";
  return "this failure is final, or the wait would reach the deadline";
}

class Dossier : public Witness {
 public:
  Dossier(const Ask& ask, const Prepared& prepared);
  void see(const Exchange::State& call, const Decision& decision) override;
  [[nodiscard]] DocumentWrite keep(const Exchange::State& call, std::string_view line) const override;

 private:
  void write(const Exchange::State& call, Kind kind, std::string_view text, const Facts& inputs);
  void planned(const Exchange::State& call);
  void reserved(const Exchange::State& call);
  void leg_ended(const Exchange::State& call, Bill bill);
  void leg(const Exchange::State& call, const Decision& decision);
  void row(const Exchange::State& call, const Decision& decision);

  json::Writer out_;  // the document so far, its list of decisions still open
};

Dossier::Dossier(const Ask& ask, const Prepared& prepared) {
  out_.object().key("v").number(uint64_t{1}).key("asked").object();
  write_facts(out_, {{"model", ask.model}});
  if (!ask.fallbacks.empty()) {
    out_.key("fallbacks").array();
    for (const std::string& model : ask.fallbacks) out_.string(model);
    out_.end();
  }
  write_facts(out_, {{"think", prepared.think.asked},
                     {"answer_tokens", ask.answer_tokens},
                     {"max_tokens", ask.before ? ask.before->max_tokens : ask.max_tokens},
                     {"max_cost_usd", decimal(ask.max_cost)},
                     {"user", ask.user},
                     {"tenant", ask.tenant},
                     {"session", ask.session},
                     {"prompt_tokens_bound", prepared.prompt_tokens_bound}});
  out_.end().key("decisions").array();
}

void Dossier::write(const Exchange::State& call, Kind kind, std::string_view text, const Facts& inputs) {
  out_.object().key("at_ms").number((call.now - call.started).ms()).key("code").string(kCodes[static_cast<size_t>(kind)]);
  out_.key("text").string(text).key("inputs").object();
  write_facts(out_, inputs);
  out_.end().end();
}

void Dossier::planned(const Exchange::State& call) {
  const Prepared& plan = call.prepared;
  const ThinkPlan& think = plan.think;
  write(call, Kind::planned, "One attempt costs at most $" + plan.hold.to_decimal() + ".",
        {{"model", plan.card.id},
         {"think_sent", think.sent},
         {"promise", orthink::name(think.promise)},
         {"budget_tokens", think.budget_tokens},
         {"output_cap_tokens", think.output_cap_tokens},
         {"prompt_tokens_expected", plan.prompt_tokens_expected},
         {"prompt_tokens_bound", plan.prompt_tokens_bound},
         {"hold_usd", plan.hold.to_decimal()},
         {"max_cost_usd", decimal(call.money_max)},
         {"price_source", plan.price_source},
         {"price_age_s", plan.price_age_s ? std::optional(whole(*plan.price_age_s)) : std::nullopt}});
}

// With every limit as it stands since.
void Dossier::reserved(const Exchange::State& call) {
  std::vector<std::string> texts;
  for (const ledger::LimitState& state : call.standing) {
    texts.push_back(state.scope.to_text() + " " + std::string(orthink::name(state.kind)));
    texts.push_back(ledger::standing(state));
  }
  Facts facts{{"row", call.hold.row}, {"attempt", call.hold.attempt}};
  for (size_t i = 0; i + 1 < texts.size(); i += 2) facts.emplace_back(texts[i], texts[i + 1]);
  write(call, Kind::reserved, "Every limit has room: " + usd(call.hold.bound) + " is held.", facts);
}

void Dossier::leg_ended(const Exchange::State& call, Bill bill) {
  const Answer& answer = call.reader.answer();
  write(call, Kind::leg_ended, call.error ? call.error->message : "The answer is whole.",
        {{"leg", call.leg},
         {"error", call.error ? call.error->code : std::string()},
         {"outcome", call.error ? std::string_view() : orthink::name(call.outcome)},
         {"bill", name(bill)},
         {"usage", orthink::name(answer.usage.state)},
         {"has_content", yes_or_no(call.has_content())},
         {"provider", answer.provider.empty() ? call.provider : answer.provider}});
}

void Dossier::leg(const Exchange::State& call, const Decision& decision) {
  const uint64_t attempts = call.receipt.attempts;
  switch (decision.kind) {
    case Kind::sent:
      return write(call, Kind::sent, "The request is on its way.", {{"leg", call.leg}});
    case Kind::head:
      return write(call, Kind::head, "The upstream has answered.",
                   {{"leg", call.leg},
                    {"status", whole(call.head.status)},
                    {"generation", call.generation_id},
                    {"provider", call.provider},
                    {"retry_after", call.head.find("retry-after")}});
    case Kind::cancelled:
      return write(call, Kind::cancelled, "The caller has cancelled.",
                   {{"phase", call.phase()}, {"stops_billing", yes_or_no(call.stops_billing())}});
    case Kind::leg_ended:
      return leg_ended(call, decision.bill);
    case Kind::retry: {
      const std::optional<Duration>& hint = call.error->retry_after;
      return write(call, Kind::retry, "It is tried again after a wait: nothing is bought twice by that.",
                   {{"attempts", attempts},
                    {"delay_ms", whole(decision.delay.ms())},
                    {"retry_after_ms", hint ? std::optional(whole(hint->ms())) : std::nullopt}});
    }
    default:
      return write(call, Kind::no_retry, "It is not tried again: " + std::string(why_not_again(call, decision)) + ".",
                   {{"attempts", attempts}, {"attempts_max", call.options.retry.attempts_max}, {"bill", name(decision.bill)}});
  }
}

void Dossier::row(const Exchange::State& call, const Decision& decision) {
  const HoldRecord& hold = call.hold;
  const Receipt& receipt = call.receipt;
  switch (decision.kind) {
    case Kind::reserved:
      return reserved(call);
    case Kind::refused:
      return write(call, Kind::refused, call.error->message,
                   {{"row", hold.row}, {"verdict", orthink::name(decision.reply->verdict)}, {"key", decision.reply->failed_key}});
    case Kind::rebound:
      return write(call, Kind::rebound, "What may still be billed has changed: " + usd(hold.bound) + " is held.",
                   {{"row", hold.row}, {"provider", hold.provider}});
    case Kind::settled:
      return write(call, Kind::settled, "It cost " + usd(hold.actual) + "; that is charged, and the rest of the hold falls.",
                   {{"row", hold.row},
                    {"source", orthink::name(receipt.cost_source)},
                    {"provider_usd", decimal(receipt.provider_cost)},
                    {"computed_usd", decimal(receipt.computed_cost)},
                    {"bound_usd", decimal(hold.bound.to_money())}});
    case Kind::released:
      return write(call, Kind::released, "Nothing was or will be billed for it: the hold falls.", {{"row", hold.row}});
    default:
      return write(call, Kind::unknown, "What it cost is not known: the hold stays, and the upstream is asked.",
                   {{"row", hold.row}, {"generation", hold.generation_id}, {"ask_in_ms", whole(limits::kGenerationDelay.ms())}});
  }
}

void Dossier::see(const Exchange::State& call, const Decision& decision) {
  switch (decision.kind) {
    case Kind::planned:
      return planned(call);
    case Kind::sent:
    case Kind::head:
    case Kind::cancelled:
    case Kind::leg_ended:
    case Kind::retry:
    case Kind::no_retry:
      return leg(call, decision);
    case Kind::reserved:
    case Kind::refused:
    case Kind::settled:
    case Kind::released:
    case Kind::unknown:
    case Kind::rebound:
      return row(call, decision);
  }
}

DocumentWrite Dossier::keep(const Exchange::State& call, std::string_view line) const {
  json::Writer out = out_;
  out.end().key(call.after == Exchange::State::After::complete ? "complete" : "error").raw(line).end();
  return {dossier_key(call.options.call_id), DocumentWrite::Expects::anything, {}, out.take(), call.now + kDossierKeptFor};
}

}  // namespace

std::string dossier_key(std::string_view call_id) { return "call/" + std::string(call_id); }

std::unique_ptr<Witness> open_dossier(const Ask& ask, const Prepared& prepared) { return std::make_unique<Dossier>(ask, prepared); }

}  // namespace orthink
