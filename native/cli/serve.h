// What `mcp` and `serve` share: a server from its settings to its drained end.
//
//   return run_server(typed, Reach::http, printer);
//
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>

#include "native/cli/options.h"
#include "native/cli/print.h"

namespace orthink::cli {

enum class Reach : uint8_t { stdio, http, both };

// Serves until the client leaves (stdio, both) or a signal comes, drains, and returns the exit code. Where it listens is said on standard
// error; with --json, unless standard output is the client's, as {"schema":1,"type":"ready","url":...,"metrics_url":...} there.
int run_server(const Typed& typed, Reach reach, Printer& printer);

}  // namespace orthink::cli
