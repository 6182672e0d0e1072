#include "native/install/client.h"

#include <algorithm>
#include <utility>

#include "native/config.h"
#include "native/install/edit/json_edit.h"
#include "native/install/edit/toml_edit.h"

namespace orthink::install {
namespace {

constexpr size_t kNameMax = 64;
// Codex gives a tool 60 seconds unless told otherwise; a call that thinks takes minutes and has a deadline of its own.
constexpr std::string_view kCodexToolSeconds = "900";

constexpr ClientRow kRows[] = {
    {Client::claude_code, "claude-code", "Claude Code", Format::json, "mcpServers", "CLAUDE_CONFIG_DIR", "", ".claude.json", false, true, true,
     "${", "}", "Start a new session of Claude Code; /mcp shows the server."},
    {Client::claude_desktop, "claude-desktop", "Claude Desktop", Format::json, "mcpServers", "", "Claude", "claude_desktop_config.json", true,
     false, false, "", "", "Quit Claude Desktop in full and start it again."},
    {Client::cursor, "cursor", "Cursor", Format::json, "mcpServers", "", ".cursor", "mcp.json", false, true, false, "${env:", "}",
     "Cursor settings, Tools & MCP, shows the server."},
    {Client::vscode, "vscode", "VS Code", Format::json, "servers", "", "Code/User", "mcp.json", true, true, true, "${env:", "}",
     "In VS Code, MCP: List Servers starts it."},
    {Client::codex, "codex", "Codex", Format::toml, "mcp_servers", "CODEX_HOME", ".codex", "config.toml", false, true, false, "", "",
     "Start Codex anew; /mcp shows the server."},
    {Client::chatgpt, "chatgpt", "ChatGPT", Format::none, "", "", "", "", false, true, false, "", "", ""},
};

Error wrong(std::string message, std::string remedy) {
  return make_error(Errc::invalid_argument, std::move(message), std::move(remedy));
}

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && name.find('-') == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

json::Value strings(const std::vector<std::string>& texts) {
  json::Value array = json::Value::array();
  for (const std::string& text : texts) array.push(json::Value::string(text));
  return array;
}

struct Member {
  std::vector<std::string_view> path;  // below the server's entry
  json::Value value;
};

std::vector<Member> members(const ClientRow& client, const Server& server) {
  std::vector<Member> out;
  const bool is_remote = !server.url.empty();
  if (client.says_type) out.push_back({{"type"}, json::Value::string(is_remote ? "http" : "stdio")});
  if (!is_remote) {
    out.push_back({{"command"}, json::Value::string(server.command)});
    out.push_back({{"args"}, strings(server.arguments)});
    return out;
  }
  out.push_back({{"url"}, json::Value::string(server.url)});
  if (!server.key_variable.empty()) {
    std::string bearer = "Bearer " + std::string(client.variable_before) + server.key_variable + std::string(client.variable_after);
    out.push_back({{"headers", "Authorization"}, json::Value::string(std::move(bearer))});
  }
  return out;
}

// What an entry of the other kind would have left behind.
std::vector<std::string_view> leftovers(const Server& server) {
  if (server.url.empty()) return {"url", "headers"};
  return {"command", "args", "env"};
}

Result<std::string> json_with_server(const ClientRow& client, std::string_view given, const Server& server) {
  const std::string_view place[] = {client.section, server.name};
  Result<bool> is_there = json_has(given, place);
  if (!is_there) return is_there.error();
  const std::vector<Member> wanted = members(client, server);
  if (!*is_there) {
    json::Value entry = json::Value::object();
    for (const Member& member : wanted) {
      json::Value value = member.value;
      for (size_t i = member.path.size(); --i > 0;) {
        json::Value outer = json::Value::object();
        outer.set(std::string(member.path[i]), std::move(value));
        value = std::move(outer);
      }
      entry.set(std::string(member.path.front()), std::move(value));
    }
    return json_set(given, place, entry);
  }
  std::string text(given);
  const auto path_of = [&](const std::vector<std::string_view>& below) {
    std::vector<std::string_view> path(std::begin(place), std::end(place));
    path.insert(path.end(), below.begin(), below.end());
    return path;
  };
  const auto erase = [&](const std::vector<std::string_view>& below) -> Result<void> {
    Result<std::string> next = json_erase(text, path_of(below));
    if (!next) return next.error();
    text = std::move(*next);
    return {};
  };
  for (std::string_view key : leftovers(server))
    if (auto ok = erase({key}); !ok) return ok.error();
  if (!server.url.empty() && server.key_variable.empty()) {
    const Result<std::string> with_url = json_set(text, path_of({"url"}), json::Value::string(server.url));
    if (!with_url) return with_url;
    if (*with_url != text)  // what was for the old address is not for this one
      if (auto ok = erase({"headers", "Authorization"}); !ok) return ok.error();
  }
  for (const Member& member : wanted) {
    Result<std::string> next = json_set(text, path_of(member.path), member.value);
    if (!next) return next;
    text = std::move(*next);
  }
  return text;
}

// `is_moved`: there was an entry with another address, whose credentials are not for this one.
TomlTable codex_table(const Server& server, bool is_moved) {
  TomlTable table{{std::string(row(Client::codex).section), server.name}, {}};
  table.proposed.push_back({"tool_timeout_sec", std::string(kCodexToolSeconds)});
  if (server.url.empty()) {
    std::string arguments = "[";
    for (const std::string& text : server.arguments) arguments += (arguments.size() > 1 ? ", " : "") + toml_string(text);
    table.wanted = {{"command", toml_string(server.command)}, {"args", arguments + "]"}};
    table.gone = {"url", "bearer_token_env_var", "http_headers", "env_http_headers"};
    return table;
  }
  table.wanted = {{"url", toml_string(server.url)}};
  if (!server.key_variable.empty()) table.wanted.push_back({"bearer_token_env_var", toml_string(server.key_variable)});
  table.gone = {"command", "args", "env", "env_vars", "cwd"};
  if (is_moved && server.key_variable.empty()) table.gone.insert(table.gone.end(), {"bearer_token_env_var", "http_headers", "env_http_headers"});
  return table;
}

Result<std::string> toml_with_server(std::string_view text, const Server& server) {
  const TomlTable plain = codex_table(server, false);
  if (server.url.empty()) return toml_set(text, plain);
  Result<bool> is_there = toml_has(text, plain.name);
  if (!is_there) return is_there.error();
  const Result<std::string> with_url = toml_set(text, {plain.name, {{"url", toml_string(server.url)}}});
  if (!with_url) return with_url;
  return toml_set(text, codex_table(server, *is_there && *with_url != text));
}

}  // namespace

std::span<const ClientRow> client_rows() {
  return kRows;
}

const ClientRow& row(Client client) {
  return *std::find_if(std::begin(kRows), std::end(kRows), [&](const ClientRow& candidate) { return candidate.client == client; });
}

std::optional<Client> client_of(std::string_view name) {
  for (const ClientRow& candidate : kRows)
    if (candidate.name == name) return candidate.client;
  return std::nullopt;
}

Result<std::string> settings_path(Client client, const std::function<std::optional<std::string>(const std::string&)>& variables) {
  const ClientRow& how = row(client);
  if (how.format == Format::none) return std::string();
  const auto folder_of = [&](std::string_view variable) {
    return variable.empty() ? std::nullopt : variables(std::string(variable));
  };
  if (const std::optional<std::string> folder = folder_of(how.folder_variable)) return *folder + "/" + std::string(how.file);
  std::optional<std::string> base = folder_of(how.is_below_config ? "XDG_CONFIG_HOME" : "HOME");
  if (!base && how.is_below_config) {
    base = folder_of("HOME");
    if (base) *base += "/.config";
  }
  if (!base)
    return make_error(Errc::invalid_config, "HOME is not set, so the settings of " + std::string(how.title) + " cannot be found",
                      "Set HOME, or name the file with --settings.");
  if (!how.folder.empty()) base->append("/").append(how.folder);
  return *base + "/" + std::string(how.file);
}

Result<> check_server(Client client, const Server& server) {
  const ClientRow& how = row(client);
  if (server.name.empty() || server.name.size() > kNameMax || !std::all_of(server.name.begin(), server.name.end(), is_name_character))
    return wrong("a server is named by 1 to 64 letters, digits, - and _", "Give another --name.");
  if (server.url.empty()) {
    if (!server.key_variable.empty()) return wrong("--key-env names the key of a server over HTTP", "Give --url as well, or leave --key-env away.");
    if (how.format == Format::none)
      return wrong(std::string(how.title) + " starts no programs; it reaches servers over https alone",
                   "Give --url https://... of an orthink serve that it can reach (docs/serving.md).");
    return {};
  }
  if (!how.takes_url)
    return wrong(std::string(how.title) + " keeps no addresses in its file",
                 "Enter " + server.url + " under Settings, Connectors, Add custom connector; or leave --url away.");
  if (Result<std::string> url = check_base_url(server.url); !url) {
    Error error = url.error();
    error.remedy = "Give the address of an orthink serve, such as https://think.example.com/mcp or http://127.0.0.1:8337/mcp.";
    return error;
  }
  if (how.format == Format::none && !server.url.starts_with("https://"))
    return wrong(std::string(how.title) + " reaches servers over https alone", "Put a proxy with a certificate before it (docs/serving.md).");
  if (!server.key_variable.empty() && !is_variable_name(server.key_variable))
    return wrong("--key-env takes the name of an environment variable, not a key",
                 "Put the key into a variable, say ORTHINK_MCP_KEY, and name that.");
  return {};
}

Result<std::string> with_server(Client client, std::string_view text, const Server& server) {
  const ClientRow& how = row(client);
  return how.format == Format::toml ? toml_with_server(text, server) : json_with_server(how, text, server);
}

Result<std::string> without_server(Client client, std::string_view text, const std::string& name) {
  const ClientRow& how = row(client);
  if (how.format == Format::toml) return toml_erase(text, std::vector<std::string>{std::string(how.section), name});
  const std::string_view place[] = {how.section, name};
  return json_erase(text, place);
}

std::string by_hand(Client client, const Server& server) {
  std::string out = std::string(row(client).title) + " keeps its servers with the account. In the browser:\n";
  out += "  1. Settings, Apps & Connectors, Advanced settings: switch Developer mode on.\n";
  out += "  2. Settings, Apps & Connectors, Create:\n";
  out += "       Name            " + server.name + "\n";
  out += "       MCP server URL  " + server.url + "\n";
  out += "       Authentication  OAuth (orthink serve --auth jwt); bearer keys cannot be entered there\n";
  out += "  3. In a chat: +, More, " + server.name + ".\n";
  return out;
}

}  // namespace orthink::install
