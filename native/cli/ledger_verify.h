// `orthink ledger verify`: every balance recomputed, every line and seal looked at (native/money/audit_store).
#pragma once

#include "native/cli/options.h"
#include "native/cli/print.h"

namespace orthink::cli {

// The exit code: 1 when something was found, or the store cannot be read.
int verify_ledger(const Typed& typed, Printer& printer);

}  // namespace orthink::cli
