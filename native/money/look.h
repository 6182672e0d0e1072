// Looking into a store: where limits stand, and the rows of a report. Takes no epoch and settles nothing.
//
//   Result<std::vector<budget::ScopeState>> standing = standing_of(store, config, scopes);
//   Report report(options);
//   Result<RowsRead> read = read_rows(store, options, report);
//
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "native/config.h"
#include "native/store/store.h"
#include "orthink/ledger/budget.h"
#include "orthink/ledger/report.h"

namespace orthink {

// In the order of `scopes`.
Result<std::vector<budget::ScopeState>> standing_of(Store& store, const Config& config, const std::vector<Scope>& scopes);

struct RowsRead {
  uint64_t rows = 0;
  uint64_t damaged = 0;  // cannot be read, and are not in the report
};
// Adds every row that `counts` says yes to (empty: all). `options` are those of `report`: rows of calls that ended before `since` are not
// even read. `is_off` (empty: never) is asked before each row: once it says yes, Errc::cancelled.
Result<RowsRead> read_rows(Store& store, const ReportOptions& options, Report& report,
                           const std::function<bool(const HoldRecord& record)>& counts = {}, const std::function<bool()>& is_off = {});

}  // namespace orthink
