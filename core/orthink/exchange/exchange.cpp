#include "orthink/exchange/exchange.h"

#include <algorithm>

#include "orthink/chat/fees.h"
#include "orthink/exchange/state.h"

namespace orthink {
namespace {

// A host tells within this whether bytes of a leg left that was closed while it was connecting; and has this long to report a failed
// connect.
constexpr Duration kHostGrace = Duration::seconds(1);

// Any of the models asked for may answer. What an unknown one charges is not known either.
bool is_fee_free(const Ask& ask, const ModelCard& first, const Catalog& catalog) {
  if (!fee_source(ask, first).empty()) return false;
  return std::all_of(ask.fallbacks.begin(), ask.fallbacks.end(), [&](const std::string& id) {
    const std::optional<ModelCard> card = catalog.find(id);
    return card && fee_source(ask, *card).empty();
  });
}

Error cancelled_error() {
  return make_error(Errc::cancelled, "the call was cancelled");
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

void Exchange::State::queue(Output out) {
  last_output = now;
  outs.push_back(std::move(out));
}

void Exchange::State::handle(const Input& input) {
  const auto mine = [this](uint32_t of) { return is_leg_open && of == leg; };
  std::visit(Overloaded{
                 [&](const input::Sent& i) {
                   if (mine(i.leg)) on_sent();
                 },
                 [&](const input::Head& i) {
                   if (mine(i.leg)) on_head(i.head);
                 },
                 [&](const input::Bytes& i) {
                   if (mine(i.leg)) on_bytes(i.bytes);
                 },
                 [&](const input::BodyEnd& i) {
                   if (mine(i.leg)) on_body_end();
                 },
                 [&](const input::Lost& i) {
                   if (mine(i.leg)) on_lost(i);
                 },
                 [](const input::Tick&) {},
                 [&](const input::Cancel& i) { cancel(i.is_urgent); },
                 [&](const StoreReply& reply) { on_store(reply); },
             },
             input);
  // A stage that time ends may lead to one that time has ended as well.
  for (Stage before = Stage::over; stage != Stage::over && stage != before;) {
    before = stage;
    check_time();
  }
  if (stage != Stage::over) beat();
}

void Exchange::State::check_time() {
  switch (stage) {
    case Stage::reserving:
    case Stage::marking:
      if (now >= call_by) {
        leave(make_error(Errc::call_timeout, "the store did not answer before the call's deadline"));
      }
      return;
    case Stage::connecting:
      if (now >= connect_by + kHostGrace) time_out(Errc::connect_timeout, "no connection within the deadline");
      return;
    case Stage::closing:
      if (now >= drain_by) {
        is_leg_open = false;
        conclude(cancelled_error(), Bill::unknown);
      }
      return;
    case Stage::waiting:
    case Stage::body:
      if (is_draining()) {
        if (now >= drain_by) time_out(Errc::cancelled, "the call was cancelled");
      } else if (now >= call_by) {
        time_out(Errc::call_timeout, "the whole call took longer than its deadline");
      } else if (!reader.has_first_token() && now >= first_token_by) {
        time_out(Errc::first_token_timeout, "no token came within the deadline");
      } else if (now >= idle_by) {
        time_out(Errc::idle_timeout, "the stream fell silent");
      }
      return;
    case Stage::error_body:
      if (now >= std::min(call_by, idle_by) || now >= drain_by) {
        close_leg();
        end_error_body();
      }
      return;
    case Stage::settling:
      if (now >= settle_by) {
        warn_silent();
        finish();
      }
      return;
    case Stage::backoff:
      if (now < backoff_until) return;
      if (row_state == HoldState::sent) {
        send();
      } else {
        begin_row();
      }
      return;
    case Stage::over:
      return;
  }
}

void Exchange::State::beat() {
  if (now >= last_output + limits::kHeartbeat) queue(output::Heartbeat{phase(), now - started});
}

Instant Exchange::State::next_time() const {
  Instant next = last_output + limits::kHeartbeat;
  switch (stage) {
    case Stage::reserving:
    case Stage::marking:
      return std::min(next, call_by);
    case Stage::connecting:
      return std::min(next, connect_by + kHostGrace);
    case Stage::closing:
      return std::min(next, drain_by);
    case Stage::waiting:
    case Stage::body:
      if (is_draining()) return std::min(next, drain_by);
      next = std::min({next, call_by, idle_by});
      return reader.has_first_token() ? next : std::min(next, first_token_by);
    case Stage::error_body:
      return std::min({next, call_by, idle_by, drain_by});
    case Stage::settling:
      return std::min(next, settle_by);
    case Stage::backoff:
      return std::min(next, backoff_until);
    case Stage::over:
      return Instant::never();
  }
  return next;
}

std::string_view Exchange::State::phase() const {
  if (is_draining()) return "draining";
  if (stage == Stage::backoff) return "retrying";
  const Answer& answer = reader.answer();
  if (!answer.output.empty() || !answer.tool_calls.empty()) return "answering";
  return answer.saw_thinking() ? "thinking" : "waiting";
}

Money Exchange::State::spent_estimate() const {
  if (receipt.cost && stage == Stage::over) return *receipt.cost;
  if (!is_sent) return settled;
  const Prices prices = prepared.card.price.at(prepared.prompt_tokens_expected, leg_started);
  const Answer& answer = reader.answer();
  const Money prompt = prices.get(PriceKey::prompt).value_or(Money::zero()).times(prepared.prompt_tokens_expected);
  const uint64_t seen = answer.thinking_tokens_seen + answer.output_tokens_seen;
  return settled.plus(prompt).plus(prices.get(PriceKey::completion).value_or(Money::zero()).times(seen));
}

void Exchange::State::cancel(bool is_urgent) {
  ++cancels;
  tell(Decided::cancelled);
  if (is_urgent || cancels > 1) return leave(cancelled_error());
  switch (stage) {
    case Stage::reserving:  // the answer of the store decides what must be undone
    case Stage::marking:
    case Stage::settling:  // the answer is whole already
    case Stage::closing:
    case Stage::over:
      return;
    case Stage::connecting:
      queue(output::CloseHttp{leg});
      stage = Stage::closing;
      drain_by = now + kHostGrace;
      return;
    case Stage::waiting:
    case Stage::body:
      if (stops_billing()) {
        close_leg();
        if (stage == Stage::body) return end_body();
        return conclude(cancelled_error(), Bill::unknown);
      }
      drain_by = now + limits::kDrainDeadline;
      return;
    case Stage::error_body:
      close_leg();
      return end_error_body();
    case Stage::backoff:
      if (row_state == HoldState::sent) return release_and_fail(cancelled_error());
      error = cancelled_error();
      after = After::fail;
      return finish();
  }
}

void Exchange::State::leave(Error why) {
  if (stage == Stage::over) return;
  if (stage == Stage::settling) {
    if (open_hold > Money::zero()) warn_silent();
    return finish();
  }
  const bool never_left = stage == Stage::backoff;
  error = std::move(why);
  after = After::fail;
  if (stage == Stage::waiting || stage == Stage::body || stage == Stage::error_body || stage == Stage::connecting) close_leg();
  if (stage == Stage::reserving || stage == Stage::marking) {
    // The store has not answered: what it did with the row is found when it is opened next.
  } else if (slice_ticket != 0) {
    warn_silent();  // nor has it told what the row holds
  } else if (row_state == HoldState::sent) {
    keep_views();
    if (!never_left && stage == Stage::body) reader.finish();
    const Bill bill = never_left ? Bill::none : Bill::unknown;
    close_row(HoldState::sent, row_end(bill));
    if (open_hold > Money::zero()) warn_silent();
  }
  finish();
}

Result<Exchange> Exchange::open(Instant now, const Ask& ask, const Catalog& catalog, ExchangeOptions options) {
  Result<Prepared> prepared = orthink::prepare(ask, catalog, options.prepare);
  if (!prepared) return prepared.error();
  auto state = std::make_unique<State>();
  state->prepared = std::move(*prepared);
  state->catalog = &catalog;
  state->is_fee_free = is_fee_free(ask, state->prepared.card, catalog);
  state->money_max = ask.max_cost;
  state->started = state->now = state->last_output = now;
  state->call_by = now + std::min(ask.deadline.value_or(options.deadlines.call), options.deadlines.call);
  state->receipt = refusal_receipt(ask, options.call_id);
  state->options = std::move(options);
  Receipt& receipt = state->receipt;
  const Prepared& plan = state->prepared;
  receipt.think_asked = plan.think.asked;
  receipt.think_sent = plan.think.sent;
  receipt.promise = plan.think.promise;
  receipt.budget_tokens = plan.think.budget_tokens;
  receipt.reasons = plan.reasons;
  receipt.warnings = plan.warnings;
  if (state->options.witness != nullptr) state->witness = state->options.witness(ask, plan);
  state->tell(State::Decided::planned);
  state->open_slices(ask);
  state->begin_row();
  return Exchange(std::move(state));
}

Exchange::Exchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
Exchange::Exchange(Exchange&&) noexcept = default;
Exchange& Exchange::operator=(Exchange&&) noexcept = default;
Exchange::~Exchange() = default;

void Exchange::handle(Instant now, const Input& input) {
  if (state_->stage == State::Stage::over) return;
  state_->now = std::max(state_->now, now);
  state_->handle(input);
}

Output Exchange::poll() {
  if (state_->outs.empty()) return output::WaitUntil{state_->next_time()};
  Output out = std::move(state_->outs.front());
  state_->outs.pop_front();
  return out;
}

const Prepared& Exchange::prepared() const {
  return state_->prepared;
}
const Answer& Exchange::answer() const {
  return state_->reader.answer();
}
bool Exchange::is_over() const {
  return state_->stage == State::Stage::over;
}
bool Exchange::is_replayed() const {
  return state_->is_replayed;
}
Outcome Exchange::outcome() const {
  return state_->outcome;
}
const std::optional<Error>& Exchange::error() const {
  return state_->error;
}
const Receipt& Exchange::receipt() const {
  return state_->receipt;
}
std::string_view Exchange::phase() const {
  return state_->phase();
}
Money Exchange::spent_estimate() const {
  return state_->spent_estimate();
}

Receipt refusal_receipt(const Ask& ask, std::string call_id) {
  Receipt receipt;
  if (!call_id.empty()) receipt.call_id = std::move(call_id);
  receipt.asked_model = ask.model;
  receipt.think_asked = ask.before ? ask.before->think : ask.think.to_text();
  return receipt;
}

}  // namespace orthink
