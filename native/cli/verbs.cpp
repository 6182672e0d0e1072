#include "native/cli/verbs.h"

#include <algorithm>

#include "orthink/base/version.h"
#include "orthink/exchange/render.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

int run_version(const Typed& typed, Printer& printer) {
  json::Writer out;
  if (typed.json())
    printer.line(out.object().key("schema").number(uint64_t{1}).key("version").string(version()).end().take());
  else
    printer.line("orthink " + std::string(version()));
  return 0;
}

}  // namespace

int run(const Typed& typed, Printer& printer) {
  switch (typed.verb()) {
    case Verb::ask:
      return run_ask(typed, printer);
    case Verb::chat:
      return run_chat(typed, printer);
    case Verb::plan:
      return run_plan(typed, printer);
    case Verb::models:
      return run_models(typed, printer);
    case Verb::replay:
      return run_replay(typed, printer);
    case Verb::budget:
      return run_budget(typed, printer);
    case Verb::report:
      return run_report(typed, printer);
    case Verb::ledger:
      return run_ledger(typed, printer);
    case Verb::why:
      return run_why(typed, printer);
    case Verb::sim:
      return run_sim(typed, printer);
    case Verb::doctor:
      return run_doctor(typed, printer);
    case Verb::key:
      return run_key(typed, printer);
    case Verb::access:
      return run_access(typed, printer);
    case Verb::config:
      return run_config(typed, printer);
    case Verb::mcp:
      return run_mcp(typed, printer);
    case Verb::serve:
      return run_serve(typed, printer);
    case Verb::completions:
      return run_completions(typed, printer);
    case Verb::help:
      return run_help(typed, printer);
    case Verb::version:
      return run_version(typed, printer);
    case Verb::man:
      return run_man(typed, printer);
  }
  return 1;
}

int refuse_arguments(std::span<const std::string_view> arguments, const Error& error, Printer& printer) {
  if (std::find(arguments.begin(), arguments.end(), "--json") == arguments.end()) return printer.fail(error, false);
  std::string_view verb = arguments.front();
  if (verb != "ask" && verb != "chat" && verb != "replay" && verb != "plan") return printer.fail(error, true);
  int code = printer.fail(error, false);
  if (verb == "plan")
    printer.line("{\"schema\":1,\"ok\":false,\"error\":" + render::error_json(error) + ",\"nearest\":null}");
  else
    printer.line(render::failed(render::Position::first, error, Receipt{}));
  return code;
}

}  // namespace orthink::cli
