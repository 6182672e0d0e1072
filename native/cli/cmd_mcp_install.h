// `orthink mcp install` and `orthink mcp uninstall`: tells a client of our server, or makes it forget.
#pragma once

#include "native/cli/options.h"
#include "native/cli/print.h"

namespace orthink::cli {

// Shows what would change in the client's file, asks (unless --yes), keeps a copy, writes. Returns the exit code: 0 also when nothing had to
// change, 1 when the file cannot be read or written, 2 when it is not for us to edit or nobody said yes.
int run_mcp_install(const Typed& typed, Printer& printer);
int run_mcp_uninstall(const Typed& typed, Printer& printer);

}  // namespace orthink::cli
