// The programs that use our MCP server, and how each is told of it: which file, under which name, in which words.
//
//   Result<std::string> text = install::with_server(install::Client::cursor, file, {.name = "orthink", .command = "/usr/bin/orthink"});
//
// Text in, text out: nothing is read or written here. Thread rule: values; the table is a constant.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"

namespace orthink::install {

enum class Client : uint8_t { claude_code, claude_desktop, cursor, vscode, codex, chatgpt };

enum class Format : uint8_t { json, toml, none };  // none: configured in its own pages alone

struct ClientRow {
  Client client;
  std::string_view name;   // "claude-code"
  std::string_view title;  // "Claude Code"
  Format format = Format::json;
  std::string_view section;          // the object or table of servers
  std::string_view folder_variable;  // names the folder of the file; empty: none does
  std::string_view folder;           // below HOME, or below XDG_CONFIG_HOME where is_below_config
  std::string_view file;
  bool is_below_config = false;
  bool takes_url = true;
  bool says_type = false;            // the entry says "type": "stdio" or "http"
  std::string_view variable_before;  // what stands before and behind the name of an environment variable
  std::string_view variable_after;
  std::string_view then;  // what its user does next
};
std::span<const ClientRow> client_rows();
const ClientRow& row(Client client);
std::optional<Client> client_of(std::string_view name);

// A server as a client is told of it: a program it starts, or an address.
struct Server {
  std::string name = "orthink";  // A-Z a-z 0-9 _ -, at most 64
  std::string command = {};      // absolute path of the program; used where `url` is empty
  std::vector<std::string> arguments = {};
  std::string url = {};           // of a server over HTTP
  std::string key_variable = {};  // the environment variable with the bearer key, where there is one; the key itself is never written
};

// The client's own file, from HOME and what else names a folder. Errc::invalid_config when HOME is not set; empty for Format::none.
Result<std::string> settings_path(Client client, const std::function<std::optional<std::string>(const std::string&)>& variables);

// Name, URL (https, or http to loopback) and variable are well formed and the client can be told so. Errc::invalid_argument.
Result<> check_server(Client client, const Server& server);

// The file with the server in it; the very text when it is there already. What else the file holds, and what else the entry holds, stays.
// REQUIRES: check_server, and a client that has a file.
Result<std::string> with_server(Client client, std::string_view text, const Server& server);

// The file without the server of this name. REQUIRES: a client that has a file.
Result<std::string> without_server(Client client, std::string_view text, const std::string& name);

// What a person enters by hand, line by line; for clients without a file.
std::string by_hand(Client client, const Server& server);

}  // namespace orthink::install
