// The durable job that asks the upstream what became of unknown outcomes (ledger/reconcile).
//
//   Reconciled done = reconcile_due(store, client, {.until = now() + Duration::seconds(2), .stop_fd = signals.fd()});
//
// What is due lies in the store, so that whoever comes next goes on with it: ask for 2 s after its own call, `ledger reconcile` for all of
// them, the servers as time passes. Two who work at once do no harm: a row that another has moved is left alone.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "native/http_client.h"
#include "native/store/store.h"
#include "orthink/ledger/reconcile.h"

namespace orthink {

struct DueOptions {
  Instant until = Instant::never();  // no question is open later; given, rows that come due before it are waited for
  bool takes_all = false;            // also rows that are not due yet
  int stop_fd = -1;                  // readable: stop
  std::function<void(const std::string& key, const reconcile::Verdict& verdict)> on_verdict;
};

struct Reconciled {
  uint64_t settled = 0;        // the upstream named the cost
  uint64_t charged_bound = 0;  // given up, charged at the bound and flagged
  uint64_t still_unknown = 0;  // asked again later
  std::optional<Error> error;  // the store's or the transport's; the rest was left
};
Reconciled reconcile_due(Store& store, HttpClient& client, const DueOptions& options);

}  // namespace orthink
