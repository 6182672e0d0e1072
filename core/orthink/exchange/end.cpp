// How a call ends: its receipt, what is kept of it, and the last output.
#include "orthink/exchange/render.h"
#include "orthink/exchange/state.h"
#include "orthink/think/words.h"

namespace orthink {

void Exchange::State::finish() {
  unconfirmed = unconfirmed.plus(open_hold);
  open_hold = Money::zero();
  if (receipt.held) receipt.held = still_held.plus(unconfirmed);
  if (after == After::retry && !is_cancelled()) {
    stage = Stage::backoff;
    return;
  }
  if (after == After::retry) {
    error = make_error(Errc::cancelled, "the call was cancelled");
    after = After::fail;
  }
  if (!is_closed) keep_end_alone();
  stage = Stage::over;
  if (after == After::complete) {
    error.reset();
    outs.emplace_back(output::Complete{});
  } else {
    outs.emplace_back(output::Failed{});
  }
}

// What outlives the call beside its rows goes into its last batch; from here on the receipt changes only by what the store answers.
void Exchange::State::keep_end(StoreBatch& batch) {
  if (!is_closed) {
    close_receipt();
    is_closed = true;
    if (witness || has_claim) {
      const std::string line = last_line();
      if (witness) last_words.push_back(witness->keep(*this, line));
      if (has_claim) keep_claim(line);
    }
  }
  batch.documents.insert(batch.documents.end(), last_words.begin(), last_words.end());
}

// What becomes of the idempotency key: it stands for what was bought, and falls when it is certain that nothing was. While that is not
// known it stays as it is, so that nobody buys on a doubt.
void Exchange::State::keep_claim(const std::string& line) {
  const bool is_row_closed = row_state == HoldState::none || row_state == HoldState::settled || row_state == HoldState::released;
  const bool is_known = is_row_closed && still_held == Money::zero() && unconfirmed == Money::zero();
  if (after == After::complete || (is_known && settled > Money::zero()))
    last_words.push_back(options.idempotency->finish(line, now));
  else if (is_known)
    last_words.push_back(options.idempotency->give_back());
}

// No row is left to be moved.
void Exchange::State::keep_end_alone() {
  StoreBatch batch;
  batch.at = now;
  keep_end(batch);
  if (!batch.documents.empty()) store(std::move(batch));
}

// The last event as it is when the store has taken the last batch.
std::string Exchange::State::last_line() const {
  Receipt last = receipt;
  if (last.held) last.held = still_held.plus(unconfirmed);
  if (after == After::complete) return render::complete(render::Position::first, reader.answer(), outcome, last);
  return render::failed(render::Position::first, *error, last);
}

void Exchange::State::warn(std::string code, std::string text) {
  receipt.warnings.push_back({std::move(code), std::move(text)});
}

void Exchange::State::warn_near_limits(const StoreReply& reply) {
  for (const ledger::LimitState& state : ledger::near_limits(hold, options.ledger.scopes, reply, options.ledger.warn_percent))
    warn("limit_near", ledger::standing(state));
}

void Exchange::State::warn_silent() {
  warn("store_silent", "The store did not confirm the settlement; what it holds is looked at when it is opened next.");
}

void Exchange::State::close_receipt() {
  receipt.total = now - started;
  const bool was_reserved = receipt.held.has_value();
  if (still_held > Money::zero() || row_state == HoldState::unknown) {
    receipt.cost.reset();
    receipt.cost_source = CostSource::unknown;
  } else if (was_reserved) {
    receipt.cost = settled;
    receipt.cost_source = settled_source.value_or(CostSource::computed);
  } else if (receipt.attempts == 0) {  // refused before anything was sent
    receipt.cost = Money::zero();
    receipt.cost_source = CostSource::computed;
  }
  if (!receipt.generation_id && !generation_id.empty()) receipt.generation_id = generation_id;
  if (!receipt.provider && !provider.empty()) receipt.provider = provider;
  compare_with_plan();
}

void Exchange::State::compare_with_plan() {
  const Answer& answer = reader.answer();
  if (answer.usage.state == UsageState::final_) receipt.contradiction = contradiction(prepared.think, answer.usage, answer.saw_thinking());
  const uint64_t cap = prepared.think.output_cap_tokens;
  if (answer.usage.completion_tokens.value_or(0) > cap) {
    warn("cap_exceeded",
         "The answer took " + grouped(*answer.usage.completion_tokens) + " tokens, over the total cap of " + grouped(cap) + ".");
  }
  const std::optional<uint64_t>& budget = prepared.think.budget_tokens;
  if (budget && answer.usage.thinking_tokens.value_or(0) > *budget) {
    warn("budget_overrun",
         "Thinking took " + grouped(*answer.usage.thinking_tokens) + " tokens, over its budget of " + grouped(*budget) + ".");
  }
  if (answer.invalid_chunks > 0)
    warn("invalid_chunks", std::to_string(answer.invalid_chunks) + " chunks of the stream could not be read and were left out.");
  if (answer.model.empty() || prepared.card.is_router) return;
  const std::optional<ModelCard> served = catalog->find(answer.model);
  const std::string& id = served ? served->id : answer.model;
  if (id != prepared.card.id && id != prepared.card.alias_target && answer.model != prepared.card.canonical_slug) {
    warn("model_differs", answer.model + " answered in place of " + prepared.card.id + ".");
  }
}

}  // namespace orthink
