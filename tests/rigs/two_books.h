// A paid call against an upstream in this process, and afterwards our book beside the simulator's bill, line by line.
//
//   rig::PaidCall call{.ask = R"({"prompt":"Why?","session":"s"})", .call_id = "call-1"};
//   rig::CallEnd end = rig::pay(call, client, store);
//   rig::resolve_unknown(store, client, end.ended);
//   rig::TwoBooks books = rig::compare_books(store, simulator.bill());
//   books.violations                           // empty: they agree, or differ by flagged bounds alone
//
// Thread rule: one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "native/driver.h"
#include "native/http_client.h"
#include "native/sim/sim.h"
#include "native/store/store.h"

namespace orthink::rig {

struct PaidCall {
  std::string ask;       // a question document; its "session" is best the call_id, which ties bill lines that have no generation id here
  std::string call_id;
  Deadlines deadlines{};
  RetryPolicy retry{limits::kAttemptsDefault, Duration::millis(1), Duration::millis(2)};
  LedgerOptions ledger{};
};

struct CallEnd {
  std::optional<Error> error;  // of the call, or its refusal
  Receipt receipt;
  Instant ended;
};
CallEnd pay(const PaidCall& call, HttpClient& client, Store& store);
// The same, watched by `audience` through `world`.
CallEnd pay(const PaidCall& call, World& world, Store& store, Audience& audience);

// Waits until no line of the bill is running: the simulator settles when it sees that the client has gone. At most 20 s.
sim::Bill settled_bill(const sim::Simulator& simulator);

// Asks the upstream for every row whose outcome is unknown, as time passes from `from` on: virtual time, which jumps from one due
// instant to the next. Returns how often it asked. Every row has ended afterwards.
uint64_t resolve_unknown(Store& store, HttpClient& client, Instant from);

// One call that was bought: what both sides say of it.
struct BookLine {
  std::string id;                       // of the bill, else of the row
  std::string bill_state = "-";         // "-": not on the bill
  NanoUsd bill;                         // rounded up, as our book rounds
  std::string row_state = "-";          // "-": not in our book
  NanoUsd book, bound;
  AmountSource source = AmountSource::none;
  bool is_flagged = false;
  bool is_named = false;                // the row knows its generation id
  [[nodiscard]] bool agrees() const { return bill == book; }
};

struct TwoBooks {
  std::vector<BookLine> lines;          // rows in their order, then lines of the bill that no row answers for
  NanoUsd bill, book;
  std::vector<std::string> violations;  // counters that are not the sum of their rows included
  [[nodiscard]] bool agree() const;     // every line to the nano-dollar
};
TwoBooks compare_books(Store& store, const sim::Bill& bill);

}  // namespace orthink::rig
