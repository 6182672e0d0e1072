// Audits a whole store: its own check, every line, row and counter (ledger/audit), every seal (ledger/chain).
//
//   Result<AuditReport> report = audit_store(store, {.on_progress = show});
//   if (report && report->holds()) ...
//
// The store may be written to meanwhile. Lines are read first, then rows, then counters; what does not agree is read again after the
// lines that came meanwhile, until no line of it came between two looks. Only what stood still is a finding; what never did is counted
// in `moving`, and is no finding. Memory: some 200 bytes for each row, and the seals.
// Thread rule: any thread; one audit at a time on one AuditOptions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "native/store/store.h"
#include "orthink/base/result.h"
#include "orthink/ledger/finding.h"
#include "orthink/ledger/scope.h"

namespace orthink {

struct AuditProgress {
  uint64_t lines = 0;
  uint64_t rows = 0;
};

struct AuditOptions {
  // What scopes may have now: what is committed in the windows of `at` is held against them. A limit that was lowered below what was
  // already spent is a finding too.
  std::vector<ScopeLimits> limits = {};
  Instant at = Instant::zero();                                   // zero: the store's clock
  bool checks_store = true;                                       // also Store::check(), which reads all of it once more
  std::function<void(const AuditProgress&)> on_progress = {};     // every kAuditProgressEvery lines or rows
};
inline constexpr uint64_t kAuditProgressEvery = 10'000;

struct AuditReport {
  uint64_t accounts = 0;
  uint64_t rows = 0;
  uint64_t lines = 0;
  uint64_t lines_sealed = 0;
  uint64_t seals = 0;
  uint64_t counters = 0;
  uint64_t moving = 0;             // rows and counters that changed each time they were looked at
  std::vector<Finding> findings;   // the first kFindingsMax
  uint64_t findings_total = 0;
  Duration duration;
  [[nodiscard]] bool holds() const { return findings_total == 0; }
};

// Errc::store_unavailable when the store cannot be read.
Result<AuditReport> audit_store(Store& store, const AuditOptions& options = {});

}  // namespace orthink
