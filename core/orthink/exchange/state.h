// The inside of Exchange: what it knows between two mutations. Implemented in exchange.cpp (inputs, time), leg.cpp (one request and
// its response), settle.cpp (store batches, retries), slice.cpp (holds that grow with the answer) and end.cpp (the receipt, what is kept of it).
//
// Stages:
//   reserving -> marking -> connecting -> waiting -> body | error_body -> settling -> over
//                                ^                                          |
//                                +-------------- backoff <------------------+      (a row whose bytes never left is used again)
//   closing: cancelled before anything was known to have left; the host may still tell (input Lost).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "orthink/chat/stream.h"
#include "orthink/exchange/exchange.h"
#include "orthink/exchange/witness.h"

namespace orthink {

struct Exchange::State {
  enum class Stage : uint8_t { reserving, marking, connecting, waiting, body, error_body, closing, settling, backoff, over };
  enum class After : uint8_t { complete, fail, retry };
  using Decided = Decision::Kind;

  // Of the call.
  Prepared prepared;
  const Catalog* catalog = nullptr;
  ExchangeOptions options;
  bool is_fee_free = true;  // nothing but tokens can be billed
  std::optional<Money> money_max;  // the caller's max_cost: of all legs together
  Instant started, call_by, now, last_output;
  Stage stage = Stage::reserving;
  std::deque<Output> outs;
  std::string kept_text;  // what queued views point at when a reader's batch is overtaken
  Receipt receipt;
  std::optional<Error> error;
  Outcome outcome = Outcome::empty;
  uint32_t cancels = 0;
  bool has_delivered = false;
  bool is_closed = false;            // the receipt is; the last batch has left, or needs none
  bool is_replayed = false;
  bool has_claim = false;            // the idempotency key is taken by this call
  std::unique_ptr<Witness> witness;
  std::vector<DocumentWrite> last_words;   // what the last batch carries beside its row

  // Of the hold row.
  uint64_t tickets = 0, awaited = 0;
  uint32_t row = 0;
  HoldRecord hold;
  HoldState row_state = HoldState::none;
  HoldState closed_from = HoldState::none;
  std::vector<ledger::LimitState> standing;  // of every limit, as the store said last
  After after = After::fail;
  Instant settle_by = Instant::never();
  Money settled = Money::zero();     // of rows settled so far
  Money still_held = Money::zero();  // of rows that ended unknown
  Money open_hold = Money::zero();   // of the row in hand, until the store has confirmed its end
  Money unconfirmed = Money::zero(); // of rows whose end the store did not confirm
  std::optional<CostSource> settled_source;

  // Of slices.
  struct Conclusion {
    std::optional<Error> failure;
    Bill bill = Bill::unknown;
  };
  uint64_t slice_tokens = 0;         // 0: the row holds its whole worst case, or what it held last
  bool starts_sliced = false, is_sliced = false;
  uint64_t covered_tokens = 0;       // output that the row's bound pays for
  uint64_t wanted_tokens = 0, slice_ticket = 0;  // while a change of it is with the store
  bool is_bound_unclear = false;     // the store was away when it was asked to change it
  size_t look_at_bytes = 0;          // of the answer: not counted again before
  Money row_bound = Money::zero();
  std::optional<Conclusion> deferred;  // the leg has ended while a change was with the store

  // Of the leg.
  uint32_t leg = 0;
  bool is_leg_open = false, is_sent = false;
  http::Head head;
  std::string error_body;
  ResponseReader reader;
  Instant leg_started, connect_by, first_token_by, idle_by, drain_by = Instant::never(), backoff_until;
  std::string generation_id, provider;  // from the head, before the body names them

  // exchange.cpp
  void handle(const Input& input);
  void check_time();
  void beat();
  [[nodiscard]] Instant next_time() const;
  [[nodiscard]] std::string_view phase() const;
  [[nodiscard]] Money spent_estimate() const;
  void cancel(bool is_urgent);
  void leave(Error why);  // now, whatever is open
  void queue(Output out);
  [[nodiscard]] bool is_draining() const { return !drain_by.is_never(); }
  [[nodiscard]] bool is_cancelled() const { return cancels > 0; }

  // leg.cpp
  void send();
  void on_sent();
  void on_head(const http::Head& received);
  void on_bytes(std::string_view bytes);
  void on_body_end();
  void on_lost(const input::Lost& lost);
  void queue_deltas();
  void keep_views();
  void end_body();
  void end_error_body();
  void close_leg();
  void time_out(Errc errc, const std::string& message) {
    hold_whole();
    cut(make_error(errc, message));
  }
  void cut(Error why);
  [[nodiscard]] bool stops_billing() const;

  // slice.cpp
  void open_slices(const Ask& ask);
  void begin_slices();
  [[nodiscard]] Money bound_of(uint64_t output_tokens) const;
  void slice();
  void change_bound(uint64_t output_tokens);
  void hold_whole();
  void on_rebound(const StoreReply& reply);

  // settle.cpp
  void store(StoreBatch batch);
  void await(StoreBatch batch, HoldState to);
  void note_generation();
  void close_row(HoldState from, HoldState to);
  StoreBatch closing_batch(HoldState from, HoldState to);
  [[nodiscard]] HoldRecord new_hold() const;
  void begin_row();
  void on_store(const StoreReply& reply);
  void on_reserved(const StoreReply& reply);
  void on_refused(const StoreReply& reply);
  void conclude(std::optional<Error> failure, Bill bill);
  [[nodiscard]] bool is_insured(const Error& failure) const;
  [[nodiscard]] bool has_content() const;
  [[nodiscard]] const std::string& named_generation() const;
  [[nodiscard]] bool may_hold_another() const;
  HoldState row_end(Bill bill);
  void back_off(Duration delay);
  void release_and_fail(Error failure);

  // end.cpp
  void tell(Decided kind, Bill bill = Bill::unknown, Duration delay = {}, bool is_too_dear = false, const StoreReply* reply = nullptr) {
    if (witness) witness->see(*this, Decision{kind, bill, delay, is_too_dear, reply});
  }
  void finish();
  void keep_end(StoreBatch& batch);
  void keep_end_alone();
  void keep_claim(const std::string& line);
  [[nodiscard]] std::string last_line() const;
  void close_receipt();
  void warn(std::string code, std::string text);
  void warn_near_limits(const StoreReply& reply);
  void warn_silent();
  void compare_with_plan();
};

}  // namespace orthink
