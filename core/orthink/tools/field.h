// Field: one member of an object that goes in or out of a tool. A table of fields prints the JSON Schema of the object and checks a value
// of it, so that what is published and what is accepted are one thing.
//
//   constexpr Field kInput[] = {{.name = "limit", .type = Type::integer, .says = "How many.", .min = 1, .max = 500, .fallback = "20"}};
//   write_schema(out, kInput, {.is_closed = true});
//   Result<json::Value> arguments = check(kInput, value);      // {"limit":20} when it was left out
//
// Schemas are plain (JSON Schema 2020-12 without $ref, without lists of types, nothing composed at the root): several programs that read
// them know no more. What a field says to a person stands in the schema, what is wrong with a value in the Error.
// Thread rule: constant tables and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "orthink/base/result.h"
#include "orthink/wire/json.h"

namespace orthink::tools {

enum class Type : uint8_t { string, integer, number, boolean, object, strings, objects, any };

// Characters a string may have; printed as a `pattern`.
enum class Characters : uint8_t {
  any,
  handle,     // letters, digits, '.', '_', '-'
  printable,  // ASCII from blank to '~'
};

struct Field {
  std::string_view name;
  Type type = Type::string;
  std::string_view says{};
  bool is_required = false;
  bool is_nullable = false;                     // of results: null is "not known"; the schema leaves the type open
  bool takes_number = false;                    // a string for which a number is taken too, by its characters
  bool is_dollars = false;                      // such a string that Money::parse() takes
  std::optional<int64_t> min{}, max{};          // integer: the value; strings, objects: items; string: characters, at most
  Characters characters = Characters::any;
  std::span<const std::string_view> one_of{};   // string: the value; strings: each item
  std::string_view fallback{};                  // JSON of the default; empty: none
  std::span<const Field> fields{};              // object: its members, of which it has no others; none: any object
};

// A name that is brought from elsewhere, and what to do instead.
struct Hint {
  std::string_view name, instead;
};
struct CheckOptions {
  std::span<const Hint> hints{};
  // Names that belong into the member `inside`, where a caller gives them beside it.
  std::span<const std::string_view> inner_names{};
  std::string_view inside{};
};

struct SchemaOptions {
  bool is_closed = true;  // additionalProperties: false
  bool is_brief = false;  // names and types alone, where another schema says the rest
};
// {"type":"object","properties":{...},"required":[...],"additionalProperties":false} of several tables, one after the other.
void write_schema(json::Writer& out, std::span<const std::span<const Field>> tables, const SchemaOptions& options);

// The object with every default written out, in the order it was given, defaults last; whole numbers are without fraction and exponent, and
// strings that were given as numbers are strings. The Error names all that is wrong, each with how to mend it: Errc::unknown_field,
// missing_field or invalid_argument, that of the first. null counts as left out.
Result<json::Value> check(std::span<const std::span<const Field>> tables, const json::Value& object, const CheckOptions& options = {});

// The value of a JSON number that is whole and within +-(2^53 - 1), however it is written ("20", "2e1", "20.0").
std::optional<int64_t> whole_number(std::string_view lexeme);
// Characters of UTF-8 text.
size_t count_characters(std::string_view utf8);

}  // namespace orthink::tools
