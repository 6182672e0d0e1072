// Slices: where the serving provider stops billing when a stream is closed, a call need not hold its whole worst case, but its prompt, what
// has been shown, what may be on its way when it is closed (limits::kTokensInFlightMax), and a slice to come. The hold falls to that when the provider is known
// (from the start when the ask allows only such providers), and grows before it is used up; a store that refuses ends the stream, and the
// row is settled by truth. Only what can be counted is sliced: no thinking, no fees, no images or audio in the answer, one model.
#include <algorithm>

#include "orthink/catalog/estimate.h"
#include "orthink/exchange/state.h"
#include "orthink/policy/billing.h"

namespace orthink {
namespace {

bool allows_only_stopping(const Ask& ask) {
  const json::Value* routing = ask.option("provider");
  const json::Value* only = routing != nullptr ? routing->find("only") : nullptr;
  return only != nullptr && only->is_array() && !only->members().empty() &&
         std::all_of(only->members().begin(), only->members().end(),
                     [](const json::Member& each) { return each.value.is_string() && stops_billing_on_cancel(each.value.text()); });
}

bool is_countable(const Answer& answer) {
  return !answer.saw_thinking() && answer.images_raw.empty() && answer.audio_raw.empty() && answer.annotations_raw.empty();
}

}  // namespace

void Exchange::State::open_slices(const Ask& ask) {
  covered_tokens = prepared.think.output_cap_tokens;
  row_bound = prepared.hold;
  const bool is_sliceable = prepared.streams && is_fee_free && ask.fallbacks.empty() && !prepared.card.is_router &&
                            prepared.think.expected == ThinkingExpected::no && prepared.worst == prepared.hold && prepared.card.price.is_known();
  if (!is_sliceable || !options.ledger.slice_tokens) return;
  slice_tokens = *options.ledger.slice_tokens;
  starts_sliced = allows_only_stopping(ask);
}

// A new leg holds its whole worst case, or a slice.
void Exchange::State::begin_slices() {
  is_sliced = slice_tokens > 0 && starts_sliced;
  const uint64_t cap = prepared.think.output_cap_tokens;
  covered_tokens = is_sliced ? std::min(cap, limits::kTokensInFlightMax + slice_tokens) : cap;
  row_bound = bound_of(covered_tokens);
  is_bound_unclear = false;
  look_at_bytes = 0;
}

// What may be billed at most for the prompt and this much output.
Money Exchange::State::bound_of(uint64_t output_tokens) const {
  const uint64_t cap = prepared.think.output_cap_tokens;
  if (output_tokens >= cap) return prepared.hold;
  return prepared.hold.minus(dearest(prepared.card.price, prepared.worst_case).completion.times(cap - output_tokens));
}

// After each read of a body.
void Exchange::State::slice() {
  const Answer& answer = reader.answer();
  if (slice_tokens == 0 || slice_ticket != 0 || (answer.provider.empty() && provider.empty())) return;
  const size_t bytes = answer.kept_bytes();
  const bool can_slice = stops_billing() && is_countable(answer);
  uint64_t needed = prepared.think.output_cap_tokens;
  if (can_slice) {
    if (bytes < look_at_bytes) return;
    // No tokenizer makes more tokens than bytes, so that this much can pass before the next look.
    look_at_bytes = bytes + static_cast<size_t>(slice_tokens / 2) + 1;
    const uint64_t shown = tokens_bound(answer.output, prepared.card.thinking.prompt_permille) + (bytes - answer.output.size());
    needed = std::min(needed, shown + limits::kTokensInFlightMax + slice_tokens);
  }
  const bool is_change = is_sliced ? needed > covered_tokens : needed < covered_tokens;
  if (is_change) change_bound(needed);
  if (!can_slice) slice_tokens = 0;
  is_sliced = is_sliced || is_change;
}

void Exchange::State::change_bound(uint64_t output_tokens) {
  wanted_tokens = output_tokens;
  hold.generation_id = named_generation();
  if (!reader.answer().provider.empty()) hold.provider = reader.answer().provider;
  store(ledger::rebound(hold, NanoUsd::ceil(bound_of(wanted_tokens)), options.ledger.scopes, options.ledger.epoch, now));
  slice_ticket = tickets;
}

// A provider that cannot be reached may not learn that it should stop: the whole worst case is held again where there is room for it.
void Exchange::State::hold_whole() {
  if (is_sliced && slice_ticket == 0 && covered_tokens < prepared.think.output_cap_tokens && stage == Stage::body &&
      reader.answer().usage.state != UsageState::final_)
    change_bound(prepared.think.output_cap_tokens);
}

void Exchange::State::on_rebound(const StoreReply& reply) {
  slice_ticket = 0;
  const bool is_growth = wanted_tokens > covered_tokens;
  HoldRecord wanted = hold;
  wanted.bound = NanoUsd::ceil(bound_of(wanted_tokens));
  is_bound_unclear = is_bound_unclear || reply.verdict == StoreReply::Verdict::unavailable;
  if (reply.verdict == StoreReply::Verdict::applied) {
    covered_tokens = wanted_tokens;
    row_bound = open_hold = bound_of(covered_tokens);
    hold = std::move(wanted);
    receipt.held = still_held.plus(unconfirmed).plus(open_hold);
    tell(Decided::rebound);
  } else if (!is_growth) {
    slice_tokens = 0;  // the whole worst case stays held
  } else if (!deferred) {
    return cut(ledger::refusal(wanted, options.ledger.scopes, reply, now));
  }
  if (!deferred) return;
  const Conclusion end = std::move(*deferred);
  deferred.reset();
  conclude(end.failure, end.bill);
}

}  // namespace orthink
