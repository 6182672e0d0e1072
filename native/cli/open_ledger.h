// What budget, report, ledger, why and doctor share: the store that is configured, opened to be looked at, and times as they are typed.
//
//   Result<OpenLedger> ledger = open_ledger();
//   Result<Instant> since = when_of(*typed.text(Flag::since), now());
//
// Looking takes no epoch and settles nothing: who opens a ledger here does not make calls.
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "native/cli/options.h"
#include "native/cli/print.h"
#include "native/config.h"
#include "native/money/when.h"
#include "native/store/store.h"
#include "orthink/ledger/ink.h"
#include "orthink/ledger/record.h"

namespace orthink::cli {

struct OpenLedger {
  Config config;
  std::unique_ptr<Store> store;
  std::string where;       // its URL, without user and password
  bool is_lasting = true;  // false: it ends with the program
};
Result<OpenLedger> open_ledger();
Result<OpenLedger> open_ledger(Config config);

// --since and --until. Errc::invalid_argument when nothing lies between them.
struct Span {
  std::optional<Instant> since, until;
};
Result<Span> span_of(const Typed& typed, Instant now);

// The colours of standard output.
Paint paint_of(const Printer& printer);

}  // namespace orthink::cli
