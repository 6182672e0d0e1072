#include "native/serve/purchase_work.h"

#include <utility>
#include <variant>

#include "native/system.h"
#include "orthink/base/limits.h"
#include "orthink/exchange/render.h"

namespace orthink::serve {
namespace {

std::string kept_thinking(const Exchange& exchange) {
  return exchange.answer().thinking.substr(0, limits::kToolTextBytesMax);
}

// Watches each turn for a RunningCall.
class Narrator : public Customer {
 public:
  Narrator(RunningCall& call, const Told& told) : call_(call), told_(told) {}
  std::unique_ptr<TurnAudience> attend(const Exchange& exchange, NativeWorld&) override {
    call_.set_call_id(exchange.receipt().call_id.value_or(""));
    return std::make_unique<Voice>(*this);
  }
  Ending take_ending() { return std::move(ending_); }

 private:
  class Voice : public TurnAudience {
   public:
    explicit Voice(Narrator& owner) : owner_(owner) {}
    void see(const Exchange& exchange, const Output& out) override {
      if (const auto* thinking = std::get_if<output::Thinking>(&out)) {
        thinking_tokens_ = thinking->tokens;
        on_token(exchange);
      } else if (const auto* text = std::get_if<output::Text>(&out)) {
        output_tokens_ = text->tokens;
        on_token(exchange);
      } else if (std::holds_alternative<output::Complete>(out)) {
        owner_.ending_ = {render::complete(render::Position::first, exchange.answer(), exchange.outcome(), exchange.receipt()),
                          kept_thinking(exchange)};
      } else if (std::holds_alternative<output::Failed>(out)) {
        owner_.ending_ = {render::failed(render::Position::first, owner_.told_(shown_error(exchange)), exchange.receipt()), kept_thinking(exchange)};
      } else if (const auto* replay = std::get_if<output::Replay>(&out)) {
        owner_.ending_ = {replay->line, {}, {}, true};
      }
    }
    Instant rest(const Exchange& exchange, Instant) override {
      const bool is_cancelled = owner_.call_.cancellation().times() > 0;
      if (is_cancelled && exchange.phase() == "draining" && !std::exchange(has_let_go_, true)) {
        const Error error = make_error(Errc::cancelled, "the call was cancelled; its provider bills on, so that its end is waited for",
                                       "get_result tells what it cost in the end.");
        owner_.call_.drains({render::failed(render::Position::first, error, exchange.receipt()), kept_thinking(exchange)});
      }
      if (const Instant at = now(); owner_.call_.is_due(at)) owner_.call_.tell(standing(exchange), at);
      return Instant::never();
    }

   private:
    void on_token(const Exchange& exchange) {
      if (!std::exchange(has_token_, true)) owner_.call_.tell(standing(exchange), now(), true);
    }
    [[nodiscard]] Standing standing(const Exchange& exchange) const {
      return {std::string(exchange.phase()), thinking_tokens_, output_tokens_, exchange.spent_estimate(),
              exchange.receipt().held.value_or(Money{})};
    }

    Narrator& owner_;
    uint64_t thinking_tokens_ = 0;
    uint64_t output_tokens_ = 0;
    bool has_token_ = false;
    bool has_let_go_ = false;
  };

  RunningCall& call_;
  const Told& told_;
  Ending ending_;
};

PurchaseOptions options_of(const Order& order, RunningCall& call, observe::Telemetry& telemetry) {
  PurchaseOptions options;
  options.call_id = order.call_id;
  options.idempotency_key = order.question.idempotency_key;
  options.claim_space = order.question.claim_space;
  options.cancellation = &call.cancellation();
  options.telemetry = &telemetry;
  options.trace = order.trace;
  if (!order.caller.key_name.empty())
    options.payer = ScopeLimits{{ScopeKind::key, order.caller.key_name}, order.caller.limits.value_or(Limits{})};
  return options;
}

}  // namespace

void work_on_purchase(Desk& desk, const Order& order, RunningCall& call, observe::Telemetry& telemetry, const Told& told,
                      const std::function<void(const Bought&)>& on_done) {
  Narrator narrator(call, told);
  const Bought bought = buy(desk, order.question.ask, options_of(order, call, telemetry), narrator);
  Ending ending = narrator.take_ending();
  if (bought.refused) ending = {{}, {}, told(*bought.refused)};
  if (on_done) on_done(bought);
  call.end(std::move(ending));
}

}  // namespace orthink::serve
