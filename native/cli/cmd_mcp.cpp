#include "native/cli/cmd_mcp_install.h"
#include "native/cli/verbs.h"

namespace orthink::cli {

int run_mcp(const Typed& typed, Printer& printer) {
  return typed.words().front() == "install" ? run_mcp_install(typed, printer) : run_mcp_uninstall(typed, printer);
}

}  // namespace orthink::cli
