// Exchange: one ask from open to settled, without I/O.
//
//   Result<Exchange> x = Exchange::open(now, ask, catalog, {.call_id = id, .entropy = random});
//   for (;;) {
//     Output out = x->poll();              // until WaitUntil, Complete, Failed or Replay
//     ... act on it ...
//     x->handle(now, input);               // then drain again
//   }
//
// The single-mutation law: every call of handle() is followed by poll() until it returns WaitUntil, Complete, Failed or Replay.
// A store that answers at once may hand its StoreReply in as soon as it has the batch: no output with views follows a Store.
// Order of a leg: Store(reserve) -> Store(mark sent, durable) -> SendHttp -> Head, Bytes... -> Store(settle) -> Complete.
// A hold falls only by final usage, or when it is certain that nothing was or will be billed; else its row ends as
// `unknown` and the receipt says held.
// With an idempotency key the same question buys once (ledger/idempotency): Replay is what the key's call ended with, to the byte. A call
// that certainly bought nothing gives its key back; one that is not known to have bought nothing keeps it until it is known.
// Thread rule: one thread at a time. Movable, not copyable. `catalog` must outlive it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "orthink/base/instant.h"
#include "orthink/base/result.h"
#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"
#include "orthink/exchange/events.h"
#include "orthink/exchange/receipt.h"
#include "orthink/ledger/idempotency.h"
#include "orthink/ledger/ledger.h"
#include "orthink/policy/retry.h"

namespace orthink {

struct Deadlines {
  Duration connect = limits::kConnectDeadline;
  std::optional<Duration> first_token;   // absent: 60 s, or 300 s when the model thinks
  Duration idle = limits::kIdleDeadline; // between bytes; comments count here, never for the first token
  Duration call = limits::kCallDeadline;
};

// Who pays, and what they may. The host reads the limits from the store when a call opens.
struct LedgerOptions {
  ledger::ScopeList scopes{{Scope{}, Limits{}}};  // global first
  std::string epoch;                     // names this process while its holds are open
  uint32_t warn_percent = 80;            // a limit used this far is named in the receipt's warnings
  std::optional<uint64_t> slice_tokens;  // hold a slice of the output at a time where billing stops on a cancel; absent or 0: all of it
};

class Witness;

struct ExchangeOptions {
  std::string call_id;                   // unique per call, made by the host
  uint64_t entropy = 0;                  // seed of the retry jitter
  PrepareOptions prepare;
  RetryPolicy retry;
  Deadlines deadlines;
  LedgerOptions ledger;
  std::optional<Claim> idempotency;      // of this call_id; the fingerprint is that of chat/fingerprint
  // Hears of every decision; the batch that closes the call carries what it keeps. Null: nobody (exchange/dossier has one).
  std::unique_ptr<Witness> (*witness)(const Ask&, const Prepared&) = nullptr;
};

class Exchange {
 public:
  struct State;                                      // the inside: exchange/state.h
  // Checks, plans and prices the ask; sends and holds nothing yet. The Error is the refusal.
  static Result<Exchange> open(Instant now, const Ask& ask, const Catalog& catalog, ExchangeOptions options);
  Exchange(Exchange&&) noexcept;
  Exchange& operator=(Exchange&&) noexcept;
  ~Exchange();

  // One mutation. Inputs of legs that are over, and any input after the end, are ignored.
  void handle(Instant now, const Input& input);
  Output poll();

  [[nodiscard]] const Prepared& prepared() const;
  [[nodiscard]] const Answer& answer() const;
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] bool is_replayed() const;            // it ended with Replay: nothing was asked, there is no outcome, error or receipt
  [[nodiscard]] Outcome outcome() const;             // REQUIRES: Complete was polled
  [[nodiscard]] const std::optional<Error>& error() const;
  [[nodiscard]] const Receipt& receipt() const;      // whole after Complete or Failed; "so far" before
  // For a live view: phase, running tokens, money spent so far (estimated from running tokens) and held.
  [[nodiscard]] std::string_view phase() const;
  [[nodiscard]] Money spent_estimate() const;

 private:
  explicit Exchange(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One receipt for an ask that was refused by open().
Receipt refusal_receipt(const Ask& ask, std::string call_id);

}  // namespace orthink
