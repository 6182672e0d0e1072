// One purchase: a question from its price to its settled row, for every host that buys.
//
//   Bought bought = buy(desk, ask, {.idempotency_key = key}, customer);
//   if (bought.refused) ...            // nobody has seen it yet
//   bought.exchange->receipt();        // the call that was made, over; its audience has seen it end
//
// Where the ask fits and a limit of the ledger stands against it, it is asked again with what would have passed; of that turn nobody sees
// anything. With an idempotency key the same question buys once.
// Thread rule: blocks its caller until the call is over; any number at once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "native/call/desk.h"
#include "native/call/shortage.h"
#include "native/driver.h"
#include "native/observe/telemetry.h"
#include "orthink/chat/ask.h"
#include "orthink/exchange/exchange.h"
#include "orthink/ledger/scope.h"

namespace orthink {

struct PurchaseOptions {
  std::string call_id{};                         // unique, as random_id("call-") makes it; empty: made here
  std::optional<std::string> idempotency_key{};  // of valid form
  std::optional<std::string> claim_space{};      // where that key is looked for; nothing: the ask's tenant
  Signals* signals = nullptr;                    // what may cancel it; either may be null, both outlive it
  Cancellation* cancellation = nullptr;
  std::optional<ScopeLimits> payer{};  // pays as well, within limits of its own: where the store knows that limit too, the lower holds
  const Spelling* spelling = nullptr;  // of remedies
  observe::Telemetry* telemetry = nullptr;  // is told of it; null: nobody is. Outlives it
  observe::TraceContext trace{};            // of the request it is made for; may be not valid
};

// Watches one turn of a purchase.
class TurnAudience : public Audience {
 public:
  // Called before the end is seen: what to do about the limit that refused the call, in place of what its refusal says.
  void set_remedy(std::string remedy) { remedy_ = std::move(remedy); }

 protected:
  [[nodiscard]] Error shown_error(const Exchange& exchange) const;  // REQUIRES: it failed

 private:
  std::string remedy_;
};

class Customer {
 public:
  virtual ~Customer() = default;
  // A turn begins. What is returned lives until the turn is over, and so do `exchange` and `world`.
  virtual std::unique_ptr<TurnAudience> attend(const Exchange& exchange, NativeWorld& world) = 0;
};

struct Bought {
  std::optional<Error> refused;      // before a call was open, or because less and less was left each time: no audience has seen it
  std::optional<Exchange> exchange;  // unless refused: the last turn's
  std::string replayed;              // unless empty: the line with which the key's call ended; nothing was bought now
  Till till;                         // what it was bought with; `exchange` needs its catalogue. Empty when refused

  [[nodiscard]] bool is_cancelled() const;
};
Bought buy(Desk& desk, const Ask& ask, const PurchaseOptions& options, Customer& customer);

}  // namespace orthink
