// Invariant: whatever a settings file holds, it is refused or edited so that it can be read again, holds what was set, is not touched by
// setting it a second time, and no longer holds it once erased; all that was there before the edit is still there, in its order.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "native/install/edit/json_edit.h"
#include "native/install/edit/toml_edit.h"

using namespace orthink;

namespace {

constexpr std::string_view kPath[] = {"mcpServers", "orthink"};

json::Value entry() {
  json::Value value = json::Value::object();
  value.set("command", json::Value::string("/usr/bin/orthink"));
  return value;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// `whole` is `part` with things put in between; blanks before a closing bracket may have become a line.
bool holds_in_order(std::string_view whole, std::string_view part) {
  size_t at = 0;
  for (const char c : part) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    at = whole.find(c, at);
    if (at == std::string_view::npos) return false;
    ++at;
  }
  return true;
}

void check_json(std::string_view text) {
  Result<bool> had = install::json_has(text, kPath);
  Result<std::string> set = install::json_set(text, kPath, entry());
  require(had.ok() == set.ok());
  if (!set) return;
  require(install::strict_json(*set).ok());
  require(*install::json_has(*set, kPath));
  require(*install::json_set(*set, kPath, entry()) == *set);
  if (!*had && text.find_first_not_of(" \t\r\n\xef\xbb\xbf") != std::string_view::npos) require(holds_in_order(*set, text));
  Result<std::string> erased = install::json_erase(*set, kPath);
  require(erased.ok() && install::strict_json(*erased).ok() && !*install::json_has(*erased, kPath));
}

void check_toml(std::string_view text) {
  const std::vector<std::string> name = {"mcp_servers", "orthink"};
  const install::TomlTable table = {name, {{"command", "\"/usr/bin/orthink\""}}, {{"tool_timeout_sec", "900"}}, {"url"}};
  Result<bool> had = install::toml_has(text, name);
  Result<std::string> set = install::toml_set(text, table);
  require(had.ok() == set.ok());
  if (!set) return;
  require(*install::toml_has(*set, name));
  require(*install::toml_set(*set, table) == *set);
  if (!*had) require(set->starts_with(text));
  Result<std::string> erased = install::toml_erase(*set, name);
  require(erased.ok() && !*install::toml_has(*erased, name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_json(text);
  check_toml(text);
  return 0;
}
