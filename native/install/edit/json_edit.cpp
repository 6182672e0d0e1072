#include "native/install/edit/json_edit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "native/install/edit/json_tree.h"

namespace orthink::install {
namespace {

constexpr std::string_view kMark = "\xef\xbb\xbf";
constexpr std::string_view kBlank = " \t\r\n";

bool is_only_blank(std::string_view text) {
  return text.find_first_not_of(kBlank) == std::string_view::npos;
}

// How the file is written, so that what is added looks as if it had always been there.
struct Style {
  std::string_view line_end = "\n";
  std::string unit = "  ";  // one step of indentation
  bool is_dense = false;    // the whole document on one line
  bool has_space = true;    // behind a colon
};

std::string_view line_of(std::string_view text, size_t at) {
  const size_t newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return text.substr(begin, at - begin);
}

std::string indent_at(std::string_view text, size_t at) {
  std::string_view line = line_of(text, at);
  if (line.starts_with(kMark)) line.remove_prefix(kMark.size());
  return std::string(line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())));
}

// The member begins its line.
bool starts_line(std::string_view text, size_t at) {
  return at > 0 && is_only_blank(line_of(text, at)) && line_of(text, at).size() < at;
}

Style style_of(std::string_view text, const JsonNode& root) {
  Style style;
  const size_t newline = text.find('\n');
  if (newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r') style.line_end = "\r\n";
  if (root.entries.empty()) return style;
  style.is_dense = text.substr(root.begin, root.end - root.begin).find('\n') == std::string_view::npos;
  const JsonEntry& first = root.entries.front();
  if (starts_line(text, first.key_begin) && !line_of(text, first.key_begin).empty()) style.unit = line_of(text, first.key_begin);
  style.has_space = text[first.value.begin - 1] != ':';
  return style;
}

bool is_flat(const json::Value& value) {
  return std::none_of(value.members().begin(), value.members().end(),
                      [](const json::Member& member) { return member.value.is_object() || member.value.is_array(); });
}

// `value` as a reader of the file would like to see it; `indent` is that of the line it begins on.
void print(std::string& out, const json::Value& value, const Style& style, const std::string& indent) {
  const bool is_object = value.is_object();
  if ((!is_object && !value.is_array()) || value.members().empty()) return json::write(out, value);
  const bool is_inline = style.is_dense || (value.is_array() && is_flat(value));
  const std::string inner = indent + style.unit;
  out += is_object ? '{' : '[';
  for (size_t i = 0; i < value.members().size(); ++i) {
    const json::Member& member = value.members()[i];
    if (i > 0) out += is_inline && style.has_space ? ", " : ",";
    if (!is_inline) out.append(style.line_end).append(inner);
    if (is_object) {
      json::write_string(out, member.key);
      out += style.has_space ? ": " : ":";
    }
    print(out, member.value, style, inner);
  }
  if (!is_inline) out.append(style.line_end).append(indent);
  out += is_object ? '}' : ']';
}

std::string printed(std::string_view key, const json::Value& value, const Style& style, const std::string& indent) {
  std::string out;
  json::write_string(out, key);
  out += style.has_space ? ": " : ":";
  print(out, value, style, indent);
  return out;
}

// Behind the last thing of the object that is not white space: its opening bracket, a member, a comma or a comment.
size_t end_of_content(std::string_view text, const JsonNode& object) {
  const size_t last = text.substr(0, object.end - 1).find_last_not_of(kBlank);
  return std::max(last + 1, object.begin + 1);
}

// Where the comma behind the entry stands.
std::optional<size_t> comma_behind(std::string_view text, const JsonEntry& entry) {
  const size_t at = skip_json_blanks(text, entry.value.end);
  return text[at] == ',' ? std::optional(at) : std::nullopt;
}

std::string insert_member(std::string_view text, const JsonNode& object, std::string_view key, const json::Value& value, const Style& file) {
  const std::string outer = indent_at(text, object.begin);
  Style style = file;
  std::string inner = outer + style.unit;
  if (!object.entries.empty()) {
    style.is_dense = text.substr(object.begin, object.end - object.begin).find('\n') == std::string_view::npos;
    const JsonEntry& last = object.entries.back();
    if (starts_line(text, last.key_begin)) inner = line_of(text, last.key_begin);
  }
  const size_t content_end = end_of_content(text, object);
  std::string out(text.substr(0, content_end));
  const bool needs_comma = !object.entries.empty() && !comma_behind(text, object.entries.back());
  if (needs_comma) out.insert(object.entries.back().value.end, 1, ',');
  if (style.is_dense) {
    if (!object.entries.empty() && style.has_space) out += ' ';
    return out + printed(key, value, style, {}) + std::string(text.substr(content_end));
  }
  out.append(style.line_end).append(inner).append(printed(key, value, style, inner));
  const std::string_view gap = text.substr(content_end, object.end - 1 - content_end);
  if (gap.find('\n') == std::string_view::npos)
    out.append(style.line_end).append(outer);
  else
    out.append(gap);
  return out + std::string(text.substr(object.end - 1));
}

std::string cut(std::string_view text, size_t begin, size_t end) {
  return std::string(text.substr(0, begin)) + std::string(text.substr(end));
}

std::string erase_entry(std::string_view text, const JsonNode& object, const JsonEntry& entry) {
  const std::optional<size_t> comma = comma_behind(text, entry);
  size_t begin = entry.key_begin;
  size_t end = comma ? *comma + 1 : entry.value.end;
  const size_t line_end = std::min(text.find('\n', end), text.size());
  if (starts_line(text, begin) && is_only_blank(text.substr(end, line_end - end))) {
    begin = text.rfind('\n', begin);
    if (begin > 0 && text[begin - 1] == '\r') --begin;
    end = line_end > end && text[line_end - 1] == '\r' ? line_end - 1 : line_end;
  } else {
    while (comma && end < text.size() && text[end] == ' ') ++end;
  }
  if (!comma && &entry != &object.entries.front()) {
    const JsonEntry& before = *(&entry - 1);
    if (const std::optional<size_t> spare = comma_behind(text, before)) {
      const bool touches = is_only_blank(text.substr(*spare + 1, begin - *spare - 1));
      if (touches && begin == entry.key_begin) return cut(text, *spare, end);
      return cut(cut(text, begin, end), *spare, *spare + 1);
    }
  }
  if (object.entries.size() == 1) {
    const std::string left = cut(text, begin, end);
    const size_t close = object.end - 1 - (end - begin);
    if (is_only_blank(std::string_view(left).substr(object.begin + 1, close - object.begin - 1))) return cut(left, object.begin + 1, close);
  }
  return cut(text, begin, end);
}

Error not_editable(JsonPath path, size_t depth, std::string_view what) {
  std::string name;
  for (size_t i = 0; i < depth; ++i) name += (i > 0 ? "." : "") + std::string(path[i]);
  return make_error(Errc::invalid_argument, (depth == 0 ? "the document" : "\"" + name + "\"") + " " + std::string(what),
                    "Mend the file in an editor, then try again.");
}

// The innermost object on the way to `path` and how many names led to it.
struct Reached {
  const JsonNode* object = nullptr;
  size_t depth = 0;
};

Result<Reached> reach(const JsonNode& root, JsonPath path) {
  const JsonNode* object = &root;
  for (size_t depth = 0; depth < path.size(); ++depth) {
    if (!object->is_object) return not_editable(path, depth, "is not an object");
    const size_t count = object->count(path[depth]);
    if (count > 1) return not_editable(path, depth + 1, "is there twice");
    if (count == 0 || depth + 1 == path.size()) return Reached{object, depth};
    object = &object->at(path[depth]).value;
  }
  return Reached{object, path.size()};
}

Result<json::Value> meaning_of(std::string_view text, const JsonNode& node) {
  Result<std::string> strict = strict_json(text.substr(node.begin, node.end - node.begin));
  if (!strict) return strict.error();
  return json::parse(*strict);
}

std::string or_empty_object(std::string_view text) {
  std::string_view content = text.starts_with(kMark) ? text.substr(kMark.size()) : text;
  if (!is_only_blank(content)) return std::string(text);
  return std::string(text.substr(0, text.size() - content.size())) + (content.find("\r\n") == std::string_view::npos ? "{}\n" : "{}\r\n");
}

}  // namespace

Result<std::string> strict_json(std::string_view text) {
  Result<JsonNode> root = read_json_tree(text);
  if (!root) return root.error();
  std::string out;
  for (size_t at = text.starts_with(kMark) ? kMark.size() : 0; (at = skip_json_blanks(text, at)) < text.size();) {
    const size_t begin = at++;
    if (text[begin] == '"') {
      while (text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
      ++at;
    }
    const size_t next = skip_json_blanks(text, at);
    const bool is_spare = text[begin] == ',' && (text[next] == '}' || text[next] == ']');
    if (!is_spare) out += text.substr(begin, at - begin);
  }
  return out;
}

Result<std::string> json_set(std::string_view given, JsonPath path, const json::Value& value) {
  const std::string text = or_empty_object(given);
  Result<JsonNode> root = read_json_tree(text);
  if (!root) return root.error();
  Result<Reached> reached = reach(*root, path);
  if (!reached) return reached.error();
  const Style style = style_of(text, *root);
  const auto [object, depth] = *reached;
  if (object->count(path[depth]) == 0) {
    json::Value whole = value;
    for (size_t i = path.size(); --i > depth;) {
      json::Value outer = json::Value::object();
      outer.set(std::string(path[i]), std::move(whole));
      whole = std::move(outer);
    }
    return insert_member(text, *object, path[depth], whole, style);
  }
  const JsonNode& old = object->at(path[depth]).value;
  Result<json::Value> meaning = meaning_of(text, old);
  if (!meaning) return meaning.error();
  if (json::dump(*meaning) == json::dump(value)) return std::string(given);
  Style here = style;
  here.is_dense = std::string_view(text).substr(object->begin, object->end - object->begin).find('\n') == std::string_view::npos;
  std::string out = text.substr(0, old.begin);
  print(out, value, here, indent_at(text, object->at(path[depth]).key_begin));
  return out + text.substr(old.end);
}

Result<std::string> json_erase(std::string_view given, JsonPath path) {
  const std::string text = or_empty_object(given);
  Result<JsonNode> root = read_json_tree(text);
  if (!root) return root.error();
  Result<Reached> reached = reach(*root, path);
  if (!reached) return reached.error();
  const auto [object, depth] = *reached;
  if (depth + 1 != path.size() || object->count(path[depth]) == 0) return std::string(given);
  return erase_entry(text, *object, object->at(path[depth]));
}

Result<bool> json_has(std::string_view given, JsonPath path) {
  const std::string text = or_empty_object(given);
  Result<JsonNode> root = read_json_tree(text);
  if (!root) return root.error();
  Result<Reached> reached = reach(*root, path);
  if (!reached) return reached.error();
  return reached->depth + 1 == path.size() && reached->object->count(path.back()) == 1;
}

}  // namespace orthink::install
