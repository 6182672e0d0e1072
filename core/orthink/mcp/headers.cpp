#include "orthink/mcp/headers.h"

#include <algorithm>

#include "orthink/base/base64.h"
#include "orthink/base/utf8.h"
#include "orthink/mcp/envelope.h"
#include "orthink/mcp/method.h"

namespace orthink::mcp {
namespace {

constexpr std::string_view kOpens = "=?base64?";
constexpr std::string_view kCloses = "?=";
constexpr size_t kSchemaDepthMax = 16;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// RFC 9110 5.1: a header's name is a token.
bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

Error bad_schema(const std::string& property, std::string_view what) {
  return make_error(Errc::invalid_argument, "x-mcp-header of \"" + property + "\" " + std::string(what));
}

Result<> collect(const json::Value& schema, std::vector<std::string>& path, std::vector<HeaderParam>& out) {
  const json::Value* properties = schema.find("properties");
  if (!properties || !properties->is_object() || path.size() >= kSchemaDepthMax) return {};
  for (const json::Member& property : properties->members()) {
    if (!property.value.is_object()) continue;
    path.push_back(property.key);
    const json::Value* type = property.value.find("type");
    const std::string_view kind = type && type->is_string() ? std::string_view(type->text()) : std::string_view();
    if (const json::Value* header = property.value.find("x-mcp-header")) {
      if (!header->is_string() || !is_token(header->text())) return bad_schema(property.key, "is no header name");
      HeaderParam param{header->text(), path, json::Type::string};
      if (kind == "integer") param.type = json::Type::number;
      else if (kind == "boolean") param.type = json::Type::boolean;
      else if (kind != "string") return bad_schema(property.key, "needs the type string, integer or boolean");
      for (const HeaderParam& other : out)
        if (orthink::http::same_name(other.name, param.name)) return bad_schema(property.key, "names a header twice");
      out.push_back(std::move(param));
    }
    if (kind == "object")
      if (Result<> below = collect(property.value, path, out); !below) return below.error();
    path.pop_back();
  }
  return {};
}

// "-007" and "-7" are one integer; fractions and signs alone are none.
std::optional<std::string> plain_integer(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return (is_negative && text != "0" ? "-" : "") + std::string(text);
}

// "42.0" is an integer for JSON Schema.
std::string_view without_zero_fraction(std::string_view lexeme) {
  const size_t dot = lexeme.find('.');
  if (dot == std::string_view::npos || lexeme.find_first_not_of('0', dot + 1) != std::string_view::npos) return lexeme;
  return lexeme.substr(0, dot);
}

bool agrees(std::string_view header, const json::Value& value, json::Type type) {
  if (type == json::Type::boolean) return value.is_boolean() && header == (value.as_bool() ? "true" : "false");
  if (type == json::Type::number) {
    if (!value.is_number()) return false;
    const std::optional<std::string> a = plain_integer(without_zero_fraction(header)), b = plain_integer(without_zero_fraction(value.text()));
    return a && a == b;
  }
  return value.is_string() && header == value.text();
}

const json::Value* at(const json::Value& arguments, const std::vector<std::string>& path) {
  const json::Value* value = &arguments;
  for (const std::string& key : path) {
    value = value->is_object() ? value->find(key) : nullptr;
    if (!value) return nullptr;
  }
  return value->is_null() ? nullptr : value;
}

bool has(const orthink::http::Head& head, std::string_view name) {
  return std::any_of(head.headers.begin(), head.headers.end(),
                     [name](const orthink::http::Header& header) { return orthink::http::same_name(header.name, name); });
}

std::optional<std::string> text_mismatch(const orthink::http::Head& head, const std::string& name, std::string_view expected) {
  if (!has(head, name)) return "the header " + name + " is missing";
  const std::optional<std::string> value = decode_header(head.find(name));
  if (!value) return "the header " + name + " is not valid";
  if (*value != expected) return "the header " + name + " does not say what the body says";
  return std::nullopt;
}

std::optional<std::string> param_mismatch(const orthink::http::Head& head, const HeaderParam& param, const json::Value& arguments) {
  const std::string name = "Mcp-Param-" + param.name;
  const json::Value* value = at(arguments, param.path);
  if (!value) return has(head, name) ? std::optional("the header " + name + " is there, its argument is not") : std::nullopt;
  if (!has(head, name)) return "the header " + name + " is missing";
  const std::optional<std::string> text = decode_header(head.find(name));
  if (!text) return "the header " + name + " is not valid";
  if (!agrees(*text, *value, param.type)) return "the header " + name + " does not say what the body says";
  return std::nullopt;
}

}  // namespace

Result<std::vector<HeaderParam>> header_params(const json::Value& input_schema) {
  std::vector<HeaderParam> out;
  std::vector<std::string> path;
  if (Result<> collected = collect(input_schema, path, out); !collected) return collected.error();
  return out;
}

std::optional<std::string> decode_header(std::string_view value) {
  value = trim(value);
  const bool is_encoded = value.starts_with(kOpens) && value.ends_with(kCloses) && value.size() >= kOpens.size() + kCloses.size();
  if (!is_encoded) return std::string(value);
  value = value.substr(kOpens.size(), value.size() - kOpens.size() - kCloses.size());
  std::optional<std::string> text = base64_bytes(value);
  if (!text || !is_utf8(*text)) return std::nullopt;
  return text;
}

std::optional<std::string> header_mismatch(const orthink::http::Head& head, const Message& message, const std::vector<HeaderParam>& params) {
  if (auto wrong = text_mismatch(head, "MCP-Protocol-Version", version_in(message))) return wrong;
  if (auto wrong = text_mismatch(head, "Mcp-Method", message.method)) return wrong;
  const Method* method = find_method(message.method);
  if (!method || !method->is_modern || method->name_param.empty()) return std::nullopt;
  const json::Value* name = message.params.find(method->name_param);
  const std::string_view expected = name && name->is_string() ? std::string_view(name->text()) : std::string_view();
  if (auto wrong = text_mismatch(head, "Mcp-Name", expected)) return wrong;
  static const json::Value kNone = json::Value::object();
  const json::Value* arguments = message.params.find("arguments");
  for (const HeaderParam& param : params)
    if (auto wrong = param_mismatch(head, param, arguments ? *arguments : kNone)) return wrong;
  return std::nullopt;
}

}  // namespace orthink::mcp
