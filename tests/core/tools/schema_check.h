// A checker of plain JSON Schemas for the tests: what a client of the protocol would say of our values. Written from JSON Schema 2020-12, not
// from tools/field: type, properties, required, additionalProperties, items, enum, anyOf, minimum, maximum, minLength, maxLength, minItems,
// maxItems, and the two patterns that are used. A keyword that it does not know is a fault of the schema.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "orthink/tools/field.h"
#include "orthink/wire/json.h"

namespace orthink::test {

// Empty when `value` fits `schema`, else the first place where it does not.
inline std::string misfit(const json::Value& schema, const json::Value& value, const std::string& place = "$");

inline bool has_type(std::string_view type, const json::Value& value) {
  if (type == "integer") return value.is_number() && tools::whole_number(value.text()).has_value();
  return type == json::name(value.type());
}

inline std::string misfit_of_object(const json::Value& schema, const json::Value& value, const std::string& place) {
  const json::Value* properties = schema.find("properties");
  const json::Value* closed = schema.find("additionalProperties");
  for (const json::Member& member : value.members()) {
    const json::Value* property = properties != nullptr ? properties->find(member.key) : nullptr;
    if (property != nullptr) {
      if (std::string fault = misfit(*property, member.value, place + "." + member.key); !fault.empty()) return fault;
    } else if (closed != nullptr && !closed->as_bool()) {
      return place + "." + member.key + " is not allowed";
    }
  }
  if (const json::Value* required = schema.find("required")) {
    for (const json::Member& name : required->members()) {
      if (value.find(name.value.text()) == nullptr) return place + "." + name.value.text() + " is missing";
    }
  }
  return {};
}

inline bool is_within(const json::Value& schema, std::string_view least, std::string_view most, int64_t amount) {
  const json::Value* min = schema.find(least);
  const json::Value* max = schema.find(most);
  return (min == nullptr || amount >= *tools::whole_number(min->text())) && (max == nullptr || amount <= *tools::whole_number(max->text()));
}

inline bool has_characters(std::string_view pattern, std::string_view text) {
  const auto fits = [&](char c) {
    if (pattern == "^[ -~]+$") return c >= ' ' && c <= '~';
    const bool is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_alphanumeric || std::string_view("._-").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

inline std::string unknown_keyword(const json::Value& schema) {
  constexpr std::string_view kKnown[] = {"type",      "properties", "required",  "additionalProperties", "items",    "enum",    "anyOf",       "minimum", "maximum",
                                         "minLength", "maxLength",  "minItems",  "maxItems",             "pattern",  "default", "description"};
  for (const json::Member& member : schema.members()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), member.key) == std::end(kKnown)) return member.key;
  }
  return {};
}

inline std::string misfit(const json::Value& schema, const json::Value& value, const std::string& place) {
  if (std::string keyword = unknown_keyword(schema); !keyword.empty()) return place + ": the schema has the keyword " + keyword;
  if (const json::Value* options = schema.find("anyOf")) {
    const auto& members = options->members();
    const bool fits = std::any_of(members.begin(), members.end(), [&](const json::Member& each) { return misfit(each.value, value, place).empty(); });
    if (!fits) return place + " fits no choice";
  }
  if (const json::Value* type = schema.find("type"); type != nullptr && !has_type(type->text(), value)) return place + " is no " + type->text();
  if (const json::Value* names = schema.find("enum")) {
    const auto& members = names->members();
    const bool is_one = std::any_of(members.begin(), members.end(), [&](const json::Member& each) { return value.is_string() && each.value.text() == value.text(); });
    if (!is_one) return place + " is none of the enum";
  }
  if (value.is_object()) return misfit_of_object(schema, value, place);
  if (value.is_array()) {
    if (!is_within(schema, "minItems", "maxItems", static_cast<int64_t>(value.members().size()))) return place + " has too few or many items";
    const json::Value* items = schema.find("items");
    for (size_t i = 0; items != nullptr && i < value.members().size(); ++i) {
      if (std::string fault = misfit(*items, value.members()[i].value, place + "[" + std::to_string(i) + "]"); !fault.empty()) return fault;
    }
  }
  if (value.is_string()) {
    if (!is_within(schema, "minLength", "maxLength", static_cast<int64_t>(tools::count_characters(value.text())))) return place + " is too short or long";
    const json::Value* pattern = schema.find("pattern");
    if (pattern != nullptr && !has_characters(pattern->text(), value.text())) return place + " has other characters";
  }
  const std::optional<int64_t> whole = value.is_number() ? tools::whole_number(value.text()) : std::nullopt;
  if (whole && !is_within(schema, "minimum", "maximum", *whole)) return place + " is out of range";
  return {};
}

}  // namespace orthink::test
