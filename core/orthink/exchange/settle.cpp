// The hold of a leg: reserved before anything is sent, marked sent, and let go only by a fact.
//
//   none -> reserved -> sent -> settled    final usage says what it cost
//                    |       -> released   certainly nothing was or will be billed
//                    |       -> unknown    everything else; the hold stays
//                    -> released           never sent
#include <algorithm>

#include "orthink/exchange/state.h"
#include "orthink/ledger/window.h"

namespace orthink {
namespace {

AmountSource amount_source(CostSource source) {
  switch (source) {
    case CostSource::provider:
      return AmountSource::provider;
    case CostSource::computed:
      return AmountSource::computed;
    case CostSource::bound:
    case CostSource::unknown:
      break;
  }
  return AmountSource::bound;
}

}  // namespace

void Exchange::State::store(StoreBatch batch) {
  batch.ticket = ++tickets;
  queue(output::Store{std::move(batch)});
}

// The call goes on with the answer, which leaves the row in `to`.
void Exchange::State::await(StoreBatch batch, HoldState to) {
  store(std::move(batch));
  awaited = tickets;
  row_state = to;
}

HoldRecord Exchange::State::new_hold() const {
  HoldRecord made;
  made.call_id = options.call_id;
  made.row = row;
  made.attempt = receipt.attempts + 1;
  for (const ScopeLimits& each : options.ledger.scopes) made.scopes.push_back(each.scope);
  made.day = window::day_of(now);
  made.month = window::month_of(now);
  made.bound = NanoUsd::ceil(row_bound);
  made.tokens_bound = prepared.prompt_tokens_bound + prepared.think.output_cap_tokens;
  made.model = prepared.card.id;
  made.price_source = prepared.price_source;
  if (options.idempotency) made.claim = options.idempotency->document_key();
  made.created = now;
  made.deadline = call_by;
  return made;
}

void Exchange::State::begin_row() {
  ++row;
  stage = Stage::reserving;
  begin_slices();
  hold = new_hold();
  StoreBatch batch = row == 1 ? ledger::reserve(hold, options.ledger.scopes, options.ledger.epoch, now)
                              : ledger::reserve_retry(hold, options.ledger.scopes, standing, options.ledger.epoch, now);
  if (options.idempotency && !has_claim) batch.documents.push_back(options.idempotency->begin(now));
  await(std::move(batch), HoldState::reserved);
}

void Exchange::State::note_generation() {
  hold.generation_id = generation_id;
  hold.provider = provider;
  store(ledger::note(hold, options.ledger.epoch, now));
}

// The row's last move of this call, with what is known of the leg; the last row of the call carries what is kept of it as well.
void Exchange::State::close_row(HoldState from, HoldState to) {
  // A store that was away may have taken the row's new bound or not: only what it holds can say what the row is closed with.
  if (is_bound_unclear) {
    warn("store_refused", "The store did not say what the call holds: it stays held until the row is recovered.");
    return finish();
  }
  StoreBatch batch = closing_batch(from, to);
  closed_from = from;
  row_state = to;
  if (after == After::retry)
    ledger::read_standing(batch, hold);
  else
    keep_end(batch);
  await(std::move(batch), to);
}

StoreBatch Exchange::State::closing_batch(HoldState from, HoldState to) {
  if (from == HoldState::sent) {
    const Answer& answer = reader.answer();
    hold.generation_id = named_generation();
    if (!answer.provider.empty()) hold.provider = answer.provider;
    if (!answer.model.empty()) hold.model = answer.model;
    hold.usage = answer.usage;
  }
  if (to == HoldState::settled) {
    hold.actual = NanoUsd::ceil(*receipt.cost);
    hold.source = amount_source(receipt.cost_source);
    hold.is_flagged = hold.actual > hold.bound;
    tell(Decided::settled);
    return ledger::settle(hold, from, options.ledger.scopes, now);
  }
  if (to == HoldState::released) {
    tell(Decided::released);
    return ledger::release(hold, from, options.ledger.scopes, now);
  }
  tell(Decided::unknown);
  return ledger::leave_unknown(hold, now + limits::kGenerationDelay, now);
}

void Exchange::State::on_store(const StoreReply& reply) {
  if (slice_ticket != 0 && reply.ticket == slice_ticket) return on_rebound(reply);
  if (reply.ticket != awaited || awaited == 0) return;
  awaited = 0;
  const bool is_applied = reply.verdict == StoreReply::Verdict::applied;
  if (stage == Stage::reserving) return on_reserved(reply);
  if (stage == Stage::marking) {
    if (is_applied && !is_cancelled()) return send();
    // Nothing was sent; what the row is after a refused mark is still `reserved`.
    if (!is_applied) row_state = HoldState::reserved;
    return release_and_fail(is_applied ? make_error(Errc::cancelled, "the call was cancelled")
                                       : make_error(Errc::store_unavailable, "the store did not record that the call is sent"));
  }
  if (stage != Stage::settling) return;
  // Whoever took this process for dead has put the row among the unknown ones: it is settled from there.
  const bool was_given_up = reply.verdict == StoreReply::Verdict::row_conflict && reply.found_state == HoldState::unknown;
  if (was_given_up && row_state != HoldState::unknown) return close_row(HoldState::unknown, row_state);
  // Money goes before words: without them the row may still be closed.
  if (reply.verdict == StoreReply::Verdict::document_conflict && !last_words.empty()) {
    last_words.clear();
    return close_row(closed_from, row_state);
  }
  if (is_applied) open_hold = Money::zero();
  if (!reply.values.empty()) standing = ledger::limit_states(hold, options.ledger.scopes, reply);
  if (!is_applied) warn("store_refused", "The store did not record how the call ended: what it holds stays held.");
  finish();
}

void Exchange::State::on_reserved(const StoreReply& reply) {
  if (reply.verdict != StoreReply::Verdict::applied) return on_refused(reply);
  open_hold = row_bound;
  has_claim = options.idempotency.has_value();
  standing = ledger::limit_states(hold, options.ledger.scopes, reply);
  tell(Decided::reserved);
  receipt.held = still_held.plus(unconfirmed).plus(open_hold);
  if (is_cancelled()) return release_and_fail(make_error(Errc::cancelled, "the call was cancelled"));
  stage = Stage::marking;
  warn_near_limits(reply);
  await(ledger::mark_sent(hold, options.ledger.epoch, now), HoldState::sent);
}

// No row was made. A key that is taken by a call that is over ends this one with that one's last event.
void Exchange::State::on_refused(const StoreReply& reply) {
  row_state = HoldState::none;
  if (reply.verdict == StoreReply::Verdict::document_conflict && options.idempotency) {
    Found found = read_claim(reply.found_text, *options.idempotency);
    if (found.kind == Found::Kind::done) {
      is_replayed = true;
      stage = Stage::over;
      outs.emplace_back(output::Replay{std::move(found.result)});
      return;
    }
    error = refusal(found, *options.idempotency);
  } else if (const std::optional<ledger::LimitState> state = ledger::stands_against_retry(hold, standing, reply)) {
    warn("retry_unaffordable", "It was not tried again: retries may hold " + std::to_string(ledger::kRetryPercent) +
                                   " % of what is left, and " + ledger::standing(*state) + ".");
  } else {
    Error refused = ledger::refusal(hold, options.ledger.scopes, reply, now);
    const bool is_limit = reply.verdict == StoreReply::Verdict::guard_failed || reply.verdict == StoreReply::Verdict::rate_limited;
    if (row > 1 && error && is_limit)
      warn("retry_refused", "It was not tried again: " + refused.message + ".");
    else
      error = std::move(refused);
  }
  tell(Decided::refused, Bill::none, {}, false, &reply);
  if (reply.verdict == StoreReply::Verdict::unavailable) witness.reset();  // nowhere to keep it
  after = After::fail;
  finish();
}

// Nothing left the machine: the row is let go, and the call ends with `failure`.
void Exchange::State::release_and_fail(Error failure) {
  error = std::move(failure);
  after = After::fail;
  stage = Stage::settling;
  settle_by = now + limits::kDrainDeadline;
  close_row(row_state, HoldState::released);
}

const std::string& Exchange::State::named_generation() const {
  return reader.answer().generation_id.empty() ? generation_id : reader.answer().generation_id;
}

// Where the row goes, with the books of this call: what the last leg cost is in the receipt.
HoldState Exchange::State::row_end(Bill bill) {
  account(receipt, reader.answer(),
          reader.answer().model.empty() ? std::optional<ModelCard>(prepared.card) : catalog->find(reader.answer().model), leg_started);
  if (receipt.usage.state == UsageState::final_ && receipt.cost) {
    settled = settled.plus(*receipt.cost);
    settled_source = std::max(settled_source.value_or(receipt.cost_source), receipt.cost_source);
    if (NanoUsd::ceil(*receipt.cost) > hold.bound) {
      const std::string who = ledger::blocked_scope(hold).to_text();
      warn("cost_above_bound", "It cost $" + receipt.cost->to_decimal() + ", more than the bound of $" + row_bound.to_decimal() + ": " +
                                   who + " is blocked until orthink budget clear " + who + " is run.");
    }
    return HoldState::settled;
  }
  if (bill == Bill::none) return HoldState::released;
  still_held = still_held.plus(row_bound);
  open_hold = Money::zero();
  const std::string& named = named_generation();
  warn("attempt_unknown", "What attempt " + std::to_string(receipt.attempts) + " cost is not known; $" + row_bound.to_decimal() +
                              " stays held for it" + (named.empty() ? "." : " (generation " + named + ")."));
  return HoldState::unknown;
}

// A retry is another purchase: with what was spent and may still be billed it stays within the caller's max_cost.
bool Exchange::State::may_hold_another() const {
  return !money_max || settled.plus(still_held).plus(prepared.hold) <= *money_max;
}

void Exchange::State::conclude(std::optional<Error> failure, Bill bill) {
  if (slice_ticket != 0) {  // what the row holds is not known before the store has answered
    error = failure;
    after = failure ? After::fail : After::complete;
    deferred = Conclusion{std::move(failure), bill};
    stage = Stage::settling;
    settle_by = now + limits::kDrainDeadline;
    return;
  }
  std::optional<Duration> delay;
  if (failure && !is_cancelled()) {
    delay = retry_delay(options.retry, {*failure, bill, has_content()}, receipt.attempts, options.entropy, now, call_by);
  }
  drain_by = Instant::never();
  error = std::move(failure);
  tell(Decided::leg_ended, bill);
  if (delay && bill == Bill::none && !is_sent) {  // the row is used again
    after = After::retry;
    tell(Decided::retry, bill, *delay);
    return back_off(*delay);
  }
  const HoldState end = row_end(bill);
  const bool retries = delay && may_hold_another();
  if (delay && !retries) {
    warn("retry_unaffordable",
         "It was not tried again: another attempt could take the call over its max_cost of $" + money_max->to_decimal() + ".");
  }
  after = !error ? After::complete : retries ? After::retry : After::fail;
  if (retries) {
    backoff_until = now + *delay;
    tell(Decided::retry, bill, *delay);
  } else if (error && !is_cancelled()) {
    tell(Decided::no_retry, bill, {}, delay.has_value());
  }
  stage = Stage::settling;
  settle_by = now + limits::kDrainDeadline;
  close_row(HoldState::sent, end);
}

void Exchange::State::back_off(Duration delay) {
  stage = Stage::backoff;
  backoff_until = now + delay;
}

}  // namespace orthink
