#include "native/money/look.h"

#include <algorithm>
#include <string>

#include "native/money/limit_table.h"

namespace orthink {
namespace {

// A call's rows lie within its deadline, at most a day; so much earlier none of a later call can be.
constexpr Duration kCallMax = Duration::seconds(2 * 86'400);

// From where rows are read: those of calls that began earlier are told apart by the report.
Instant reads_from(const ReportOptions& options) {
  return options.since ? Instant{std::max<int64_t>(0, options.since->us - kCallMax.us)} : Instant::zero();
}

Result<budget::Values> zipped(const std::vector<std::string>& keys, const Result<std::vector<int64_t>>& values) {
  if (!values) return values.error();
  budget::Values named;
  for (size_t i = 0; i < keys.size() && i < values->size(); ++i) named[keys[i]] = (*values)[i];
  return named;
}

}  // namespace

Result<std::vector<budget::ScopeState>> standing_of(Store& store, const Config& config, const std::vector<Scope>& scopes) {
  Result<ledger::ScopeList> limits = limits_of(store, config, scopes);
  if (!limits) return limits.error();
  Result<Instant> at = store.now();
  if (!at) return at.error();
  budget::Keys keys = budget::keys(*limits, *at);
  Result<budget::Values> counters = zipped(keys.counters, store.counters(keys.counters));
  if (!counters) return counters.error();
  Result<budget::Values> rates = zipped(keys.rates, store.rates(keys.rates));
  if (!rates) return rates.error();
  return budget::states(*limits, *counters, *rates, *at);
}

Result<RowsRead> read_rows(Store& store, const ReportOptions& options, Report& report,
                           const std::function<bool(const HoldRecord& record)>& counts, const std::function<bool()>& is_off) {
  RowsRead read;
  bool was_called_off = false;
  RowQuery query;
  query.since = reads_from(options);
  Result<void> done = store.rows(query, [&](const std::string&, const StoredRow& row) {
    if (is_off && is_off()) {
      was_called_off = true;
      return false;
    }
    Result<HoldRecord> record = HoldRecord::parse(row.record);
    if (record && counts && !counts(*record)) return true;
    ++read.rows;
    if (record)
      report.add(*record, row.state);
    else
      ++read.damaged;
    return true;
  });
  if (!done) return done.error();
  if (was_called_off) return make_error(Errc::cancelled, "the look into the ledger was called off");
  return read;
}

}  // namespace orthink
