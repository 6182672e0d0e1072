// One function a verb: does what was typed, prints it, returns the exit code (docs of each code: README).
#pragma once

#include <span>
#include <string_view>

#include "native/cli/options.h"
#include "native/cli/print.h"

namespace orthink::cli {

// Dispatches to the verb that was typed.
int run(const Typed& typed, Printer& printer);

// The answer to arguments that could not be parsed, in the shape of the verb that was meant when --json is among them: an error event for
// ask, chat and replay, a refused plan for plan, else the error document.
int refuse_arguments(std::span<const std::string_view> arguments, const Error& error, Printer& printer);

int run_ask(const Typed& typed, Printer& printer);
int run_chat(const Typed& typed, Printer& printer);
int run_plan(const Typed& typed, Printer& printer);
int run_models(const Typed& typed, Printer& printer);
int run_replay(const Typed& typed, Printer& printer);
int run_budget(const Typed& typed, Printer& printer);
int run_report(const Typed& typed, Printer& printer);
int run_ledger(const Typed& typed, Printer& printer);
int run_why(const Typed& typed, Printer& printer);
int run_sim(const Typed& typed, Printer& printer);
int run_doctor(const Typed& typed, Printer& printer);
int run_key(const Typed& typed, Printer& printer);
int run_access(const Typed& typed, Printer& printer);
int run_mcp(const Typed& typed, Printer& printer);
int run_serve(const Typed& typed, Printer& printer);
int run_config(const Typed& typed, Printer& printer);
int run_completions(const Typed& typed, Printer& printer);
int run_help(const Typed& typed, Printer& printer);
int run_man(const Typed& typed, Printer& printer);

}  // namespace orthink::cli
