#include <optional>
#include <span>
#include <string>

#include "native/cli/cmd_mcp_install.h"
#include "native/cli/serve.h"
#include "native/cli/verbs.h"
#include "native/system.h"

namespace orthink::cli {
namespace {

constexpr int kInput = 0;
constexpr Flag kInstallFlags[] = {Flag::client, Flag::name, Flag::url, Flag::key_env, Flag::settings, Flag::yes, Flag::dry_run};
constexpr Flag kNotToUninstall[] = {Flag::url, Flag::key_env};

// A flag of another form of the verb: not to be passed over in silence.
std::optional<Error> misplaced(const Typed& typed) {
  const auto first = [&typed](std::span<const Flag> flags) -> std::optional<std::string> {
    for (const Flag flag : flags)
      if (typed.has(flag)) return std::string(row(flag).name);
    return std::nullopt;
  };
  if (typed.words().empty()) {
    if (const auto flag = first(kInstallFlags))
      return make_error(Errc::invalid_argument, *flag + " is for `orthink mcp install` and `orthink mcp uninstall`",
                        "Write install or uninstall after mcp, or leave " + *flag + " away.");
  } else if (typed.words().front() != "install") {
    if (const auto flag = first(kNotToUninstall))
      return make_error(Errc::invalid_argument, *flag + " is for `orthink mcp install` alone", "The server to forget is named by --name.");
  }
  return std::nullopt;
}

}  // namespace

int run_mcp(const Typed& typed, Printer& printer) {
  if (const std::optional<Error> error = misplaced(typed)) return printer.fail(*error, typed.json());
  if (!typed.words().empty()) return typed.words().front() == "install" ? run_mcp_install(typed, printer) : run_mcp_uninstall(typed, printer);
  if (is_terminal(kInput)) printer.talk("This speaks MCP on standard input; a client starts it by itself after `orthink mcp install --client NAME`.");
  return run_server(typed, Reach::stdio, printer);
}

}  // namespace orthink::cli
