#include "native/cli/cmd_mcp_install.h"
#include "native/cli/serve.h"
#include "native/cli/verbs.h"
#include "native/system.h"

namespace orthink::cli {
namespace {

constexpr int kInput = 0;

}  // namespace

int run_mcp(const Typed& typed, Printer& printer) {
  if (!typed.words().empty()) return typed.words().front() == "install" ? run_mcp_install(typed, printer) : run_mcp_uninstall(typed, printer);
  if (is_terminal(kInput)) printer.talk("This speaks MCP on standard input; a client starts it by itself after `orthink mcp install --client NAME`.");
  return run_server(typed, Reach::stdio, printer);
}

}  // namespace orthink::cli
