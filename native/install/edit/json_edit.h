// Edits of a JSON settings file that belongs to somebody else: what is not named stays as it was, to the byte.
//
//   const std::string_view path[] = {"mcpServers", "orthink", "command"};
//   Result<std::string> text = install::json_set(file, path, json::Value::string("/usr/bin/orthink"));
//
// Reads JSON (RFC 8259) and what editors make of it: comments ("//" and "/* */"), commas before a closing bracket, a byte order mark,
// CRLF. An empty text is taken for an empty object. New members follow the indentation, the line ends and the density of the file.
// Errc::invalid_json names line and column; invalid_argument says which part of the path is no object, or is there twice.
// Thread rule: values.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "orthink/base/result.h"
#include "orthink/wire/json.h"

namespace orthink::install {

using JsonPath = std::span<const std::string_view>;  // names of members, outermost first

// The text with `value` at `path`; objects on the way are made. The very text when the value is there already.
// REQUIRES: path is not empty.
Result<std::string> json_set(std::string_view text, JsonPath path, const json::Value& value);

// The text without the member at `path`; the very text when there is none. REQUIRES: path is not empty.
Result<std::string> json_erase(std::string_view text, JsonPath path);

// Whether something stands at `path`. REQUIRES: path is not empty.
Result<bool> json_has(std::string_view text, JsonPath path);

// The document without its comments, spare commas and byte order mark: strict JSON of the same meaning.
Result<std::string> strict_json(std::string_view text);

}  // namespace orthink::install
