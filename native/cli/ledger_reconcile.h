// `orthink ledger reconcile`: what became of calls of unknown outcome, and whether settled ones agree with the upstream.
#pragma once

#include "native/cli/options.h"
#include "native/cli/print.h"

namespace orthink::cli {

// The exit code: 1 when something is disputed or was not reached, 130 or 143 when a signal stopped it.
int reconcile_ledger(const Typed& typed, Printer& printer);

}  // namespace orthink::cli
