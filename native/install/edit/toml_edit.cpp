#include "native/install/edit/toml_edit.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "native/install/edit/toml_lines.h"

namespace orthink::install {
namespace {

using Kind = TomlStatement::Kind;
using Name = std::span<const std::string>;

bool begins_with(Name path, Name start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

bool same(Name a, Name b) {
  return a.size() == b.size() && begins_with(a, b);
}

std::string dotted(Name name) {
  std::string out;
  for (const std::string& part : name) out += (out.empty() ? "" : ".") + part;
  return out;
}

std::vector<std::string> full_path(const TomlStatement& statement) {
  std::vector<std::string> path = statement.table;
  path.insert(path.end(), statement.key.begin(), statement.key.end());
  return path;
}

// The statement says something about the table in a way that is not its own header.
bool is_in_the_way(const TomlStatement& statement, Name name) {
  if (statement.kind == Kind::table) return false;
  if (statement.kind == Kind::array_table) return begins_with(name, statement.table) || begins_with(statement.table, name);
  const std::vector<std::string> path = full_path(statement);
  const bool is_inline = begins_with(name, path);
  const bool is_dotted = begins_with(path, name) && !begins_with(statement.table, name);
  return is_inline || is_dotted;
}

std::string_view line_end_of(std::string_view text) {
  const size_t newline = text.find('\n');
  return newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r' ? "\r\n" : "\n";
}

struct Read {
  std::vector<TomlStatement> statements;
  std::optional<size_t> header;  // of the table
};

Result<Read> read_for(std::string_view text, Name name) {
  Result<std::vector<TomlStatement>> statements = read_toml(text);
  if (!statements) return statements.error();
  Read read{std::move(*statements), std::nullopt};
  for (size_t i = 0; i < read.statements.size(); ++i) {
    const TomlStatement& statement = read.statements[i];
    const std::string line = "line " + std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(statement.begin), '\n'));
    if (is_in_the_way(statement, name))
      return make_error(Errc::invalid_argument, line + " writes \"" + dotted(name) + "\" in a way that cannot be edited safely",
                        "Give it a header of its own, [" + dotted(name) + "], or edit the file by hand.");
    if (statement.kind != Kind::table || !same(statement.table, name)) continue;
    if (read.header) return make_error(Errc::invalid_argument, line + " has [" + dotted(name) + "] a second time", "Remove one of them.");
    read.header = i;
  }
  return read;
}

std::string rendered(const std::vector<TomlPair>& pairs, std::string_view line_end) {
  std::string out;
  for (const TomlPair& pair : pairs) out.append(pair.key).append(" = ").append(pair.value).append(line_end);
  return out;
}

std::string appended(std::string_view text, const TomlTable& table) {
  const std::string_view line_end = line_end_of(text);
  std::string out(text);
  if (!out.empty() && out.back() != '\n') out += line_end;
  if (!out.empty() && !out.ends_with("\n\n") && !out.ends_with("\n\r\n")) out += line_end;
  out.append("[").append(dotted(table.name)).append("]").append(line_end);
  return out + rendered(table.wanted, line_end) + rendered(table.proposed, line_end);
}

struct Edit {
  size_t begin = 0;
  size_t end = 0;
  std::string text{};
};

std::string applied(std::string_view text, std::vector<Edit> edits) {
  const auto goes_before = [](const Edit& a, const Edit& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); };
  std::sort(edits.begin(), edits.end(), goes_before);
  std::string out;
  size_t at = 0;
  for (const Edit& edit : edits) {
    out.append(text.substr(at, edit.begin - at)).append(edit.text);
    at = edit.end;
  }
  return out.append(text.substr(at));
}

// What is taken out of the file: whole lines, and with a header the blank lines before it.
Edit without(std::string_view text, const TomlStatement& statement) {
  size_t begin = statement.begin;
  if (statement.kind == Kind::table) {
    for (;;) {
      size_t before = begin;
      if (before == 0 || text[before - 1] != '\n') break;
      --before;
      if (before > 0 && text[before - 1] == '\r') --before;
      if (before == 0 || text[before - 1] != '\n') break;
      begin = before;
    }
  }
  return {begin, statement.end, {}};
}

std::string edited(std::string_view text, const Read& read, const TomlTable& table) {
  std::vector<Edit> edits;
  std::vector<TomlPair> missing;
  size_t last_line = read.statements[*read.header].end;
  const auto find = [&](std::string_view key) -> const TomlStatement* {
    for (const TomlStatement& statement : read.statements)
      if (statement.kind == Kind::pair && same(statement.table, table.name) && statement.key.size() == 1 && statement.key[0] == key)
        return &statement;
    return nullptr;
  };
  for (const TomlPair& pair : table.wanted) {
    const TomlStatement* there = find(pair.key);
    if (there == nullptr)
      missing.push_back(pair);
    else if (text.substr(there->value_begin, there->value_end - there->value_begin) != pair.value)
      edits.push_back({there->value_begin, there->value_end, pair.value});
  }
  for (const TomlPair& pair : table.proposed)
    if (find(pair.key) == nullptr) missing.push_back(pair);
  for (const TomlStatement& statement : read.statements) {
    const std::vector<std::string> path = full_path(statement);
    if (!begins_with(path, table.name)) continue;
    if (statement.kind == Kind::pair && same(statement.table, table.name)) last_line = std::max(last_line, statement.end);
    const bool is_gone = path.size() > table.name.size() && std::find(table.gone.begin(), table.gone.end(), path[table.name.size()]) != table.gone.end();
    if (is_gone) edits.push_back(without(text, statement));
  }
  if (!missing.empty()) {
    const std::string_view line_end = line_end_of(text);
    const bool needs_end = last_line > 0 && text[last_line - 1] != '\n';
    edits.push_back({last_line, last_line, std::string(needs_end ? line_end : "") + rendered(missing, line_end)});
  }
  return applied(text, std::move(edits));
}

}  // namespace

std::string toml_string(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append(1, '\\').append(1, c);
    else if (byte < 0x20 || byte == 0x7f)
      out.append("\\u00").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
    else
      out += c;
  }
  return out + "\"";
}

Result<std::string> toml_set(std::string_view text, const TomlTable& table) {
  Result<Read> read = read_for(text, table.name);
  if (!read) return read.error();
  return read->header ? edited(text, *read, table) : appended(text, table);
}

Result<std::string> toml_erase(std::string_view text, std::span<const std::string> name) {
  Result<Read> read = read_for(text, name);
  if (!read) return read.error();
  std::vector<Edit> edits;
  for (const TomlStatement& statement : read->statements)
    if (begins_with(statement.table, name)) edits.push_back(without(text, statement));
  return applied(text, std::move(edits));
}

Result<bool> toml_has(std::string_view text, std::span<const std::string> name) {
  Result<Read> read = read_for(text, name);
  if (!read) return read.error();
  return std::any_of(read->statements.begin(), read->statements.end(),
                     [&](const TomlStatement& statement) { return begins_with(statement.table, name); });
}

}  // namespace orthink::install
