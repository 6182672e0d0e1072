#include "native/cli/cmd_mcp_install.h"

#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "native/install/client.h"
#include "native/install/diff.h"
#include "native/install/settings_file.h"
#include "native/system.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

using install::Client;
using install::Server;
using install::SettingsFile;

struct Change {
  Client client = Client::claude_code;
  SettingsFile file;
  std::string text;  // what the file will be
  std::string diff;
  std::string backup;  // once written
  bool is_written = false;
  bool is_refused = false;  // by the person asked
};

Result<Client> client_of(const Typed& typed) {
  const std::optional<std::string_view> name = typed.text(Flag::client);
  std::string names;
  for (const install::ClientRow& row : install::client_rows()) names += (names.empty() ? "" : ", ") + std::string(row.name);
  if (!name) return make_error(Errc::missing_field, "--client says whose settings to change", "It takes " + names + ".");
  return *install::client_of(*name);
}

Result<Server> server_of(const Typed& typed) {
  const auto text = [&](Flag flag) { return std::string(typed.text(flag).value_or("")); };
  Server server;
  if (typed.has(Flag::name)) server.name = text(Flag::name);
  server.url = text(Flag::url);
  server.key_variable = text(Flag::key_env);
  if (!server.url.empty()) return server;
  std::error_code error;
  server.command = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return make_error(Errc::internal, "the path of this program cannot be told: " + error.message());
  server.arguments = {"mcp"};
  return server;
}

Result<SettingsFile> settings_of(const Typed& typed, Client client) {
  if (const std::optional<std::string_view> path = typed.text(Flag::settings)) return install::read_settings(std::string(*path));
  Result<std::string> path = install::settings_path(client, environment);
  if (!path) return path.error();
  return install::read_settings(*path);
}

// What cannot be edited is said with the file's name.
Error about(const SettingsFile& file, Error error) {
  error.message = file.path + ": " + error.message;
  if (error.errc == Errc::invalid_json || error.errc == Errc::invalid_config) error.remedy = "Mend the file in an editor, then try again. It was left as it is.";
  return error;
}

bool says_yes() {
  std::string answer;
  char c = 0;
  while (answer.size() < 16 && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') answer += c;
  return answer == "y" || answer == "Y" || answer == "yes";
}

void show(const Change& change, const Typed& typed, Printer& printer) {
  if (typed.json()) return;
  printer.line((change.file.exists ? "changes to " : "a new file, ") + harmless(change.file.path) + ":");
  std::string_view rest = change.diff;
  while (!rest.empty()) {
    const size_t end = rest.find('\n') + 1;
    const std::string line = harmless(rest.substr(0, end - 1));
    const Style style = line[0] == '+' ? Style::green : line[0] == '-' ? Style::red : Style::dim;
    printer.line("  " + printer.styled_out(style, line));
    rest.remove_prefix(end);
  }
  printer.flush();
}

// Asks where that is due. Nothing is written without --yes or a yes.
Result<bool> agreed(const Typed& typed, Printer& printer) {
  if (typed.has(Flag::yes)) return true;
  if (typed.json() || !is_terminal(STDIN_FILENO))
    return make_error(Errc::missing_field, "nobody can be asked here, so nothing was written", "Look at the change with --dry-run, then add --yes.");
  printer.talk_raw("Write this? [y/N] ");
  return says_yes();
}

void say(const Change& change, const Typed& typed, Printer& printer, std::string_view done, std::string_view then) {
  const install::ClientRow& row = install::row(change.client);
  if (typed.json()) {
    json::Writer out;
    out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true).key("client").string(row.name);
    out.key("file").string(change.file.path).key("changed").boolean(!change.diff.empty()).key("written").boolean(change.is_written);
    out.key("backup").string_or_null(change.backup.empty() ? std::nullopt : std::optional(change.backup));
    printer.line(out.key("diff").string(change.diff).end().take());
    return;
  }
  if (change.diff.empty()) return printer.line("nothing to do: " + harmless(change.file.path) + " is as it should be");
  if (change.is_refused) return printer.line("left as it is");
  if (!change.is_written) return printer.line("nothing was written (--dry-run)");
  printer.line(std::string(done) + (change.backup.empty() ? "" : "; the old file is " + harmless(change.backup)));
  printer.line(then);
}

// `done` and `then`: what is said once it is written, and what its user does next.
int carry_out(Change change, const Typed& typed, Printer& printer, std::string_view done, std::string_view then) {
  change.diff = install::diff(change.file.text, change.text);
  if (!change.diff.empty()) {
    show(change, typed, printer);
    if (!typed.has(Flag::dry_run)) {
      Result<bool> yes = agreed(typed, printer);
      if (!yes) return printer.fail(yes.error(), typed.json());
      change.is_refused = !*yes;
      if (*yes) {
        Result<std::string> backup = install::replace_settings(change.file, change.text, wall_now());
        if (!backup) return printer.fail(backup.error(), typed.json());
        change.backup = std::move(*backup);
        change.is_written = true;
      }
    }
  }
  say(change, typed, printer, done, then);
  return change.is_refused ? 2 : 0;
}

}  // namespace

int run_mcp_install(const Typed& typed, Printer& printer) {
  Result<Client> client = client_of(typed);
  if (!client) return printer.fail(client.error(), typed.json());
  Result<Server> server = server_of(typed);
  if (!server) return printer.fail(server.error(), typed.json());
  if (Result<> good = install::check_server(*client, *server); !good) return printer.fail(good.error(), typed.json());
  if (install::row(*client).format == install::Format::none) {
    json::Writer out;
    const std::string text = install::by_hand(*client, *server);
    if (typed.json())
      printer.line(out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true).key("by_hand").string(text).end().take());
    else
      printer.out(text);
    return 0;
  }
  Result<SettingsFile> file = settings_of(typed, *client);
  if (!file) return printer.fail(file.error(), typed.json());
  Result<std::string> text = install::with_server(*client, file->text, *server);
  if (!text) return printer.fail(about(*file, text.error()), typed.json());
  return carry_out({*client, std::move(*file), std::move(*text), {}, {}}, typed, printer, "installed", install::row(*client).then);
}

int run_mcp_uninstall(const Typed& typed, Printer& printer) {
  Result<Client> client = client_of(typed);
  if (!client) return printer.fail(client.error(), typed.json());
  const std::string name(typed.text(Flag::name).value_or(Server{}.name));
  if (install::row(*client).format == install::Format::none)
    return printer.fail(make_error(Errc::invalid_argument, "ChatGPT keeps its servers with the account",
                                   "Remove " + name + " under Settings, Apps & Connectors."),
                        typed.json());
  Result<SettingsFile> file = settings_of(typed, *client);
  if (!file) return printer.fail(file.error(), typed.json());
  Result<std::string> text = install::without_server(*client, file->text, name);
  if (!text) return printer.fail(about(*file, text.error()), typed.json());
  return carry_out({*client, std::move(*file), std::move(*text), {}, {}}, typed, printer, "removed",
                   std::string(install::row(*client).title) + " forgets it when it is started anew.");
}

}  // namespace orthink::cli
