// Edits of one table of a TOML settings file (TOML 1.0) that belongs to somebody else: what is not named stays as it was, to the byte.
//
//   const TomlTable table = {{"mcp_servers", "orthink"}, {{"command", toml_string("/usr/bin/orthink")}}};
//   Result<std::string> text = install::toml_set(file, table);
//
// The table is edited where it has a header of its own, [mcp_servers.orthink], and is put at the end where there is none. A table that is
// written in another way (inline, by dotted keys, as an array of tables) is refused with Errc::invalid_argument rather than guessed at;
// what cannot be read at all with Errc::invalid_config and its line. Thread rule: values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"

namespace orthink::install {

struct TomlPair {
  std::string key;    // bare: A-Z a-z 0-9 _ -
  std::string value;  // as it is written in the file, on one line
};

struct TomlTable {
  std::vector<std::string> name;        // {"mcp_servers", "orthink"}; bare
  std::vector<TomlPair> wanted;         // is so afterwards
  std::vector<TomlPair> proposed = {};  // is so afterwards unless the key is there already
  std::vector<std::string> gone = {};   // keys, and tables below this one, that are not there afterwards
};

// A basic string with its quotes. REQUIRES: valid UTF-8.
std::string toml_string(std::string_view text);

// The very text when all is so already. REQUIRES: the name has at least one part.
Result<std::string> toml_set(std::string_view text, const TomlTable& table);

// Without the table of this name and all below it; the very text when there is none.
Result<std::string> toml_erase(std::string_view text, std::span<const std::string> name);

Result<bool> toml_has(std::string_view text, std::span<const std::string> name);

}  // namespace orthink::install
