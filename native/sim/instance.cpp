#include "native/sim/instance.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace orthink::sim {
namespace {

constexpr uint32_t kDepthMax = 24;
constexpr uint32_t kNodesMax = 10'000;  // a schema that refers to itself twice would double at every level
constexpr uint64_t kItemsMax = 64;
constexpr uint64_t kTextMax = 4'096;

class Builder {
 public:
  explicit Builder(const json::Value& root) : root_(root) {}

  json::Value build(const json::Value& schema, uint32_t depth) const {
    if (!schema.is_object() || depth > kDepthMax || ++nodes_ > kNodesMax) return {};
    for (const std::string_view key : {"const", "default"}) {
      if (const json::Value* value = schema.find(key)) return *value;
    }
    if (const json::Value* values = schema.find("enum"); values && values->is_array() && !values->members().empty()) {
      return values->members().front().value;
    }
    if (const json::Value* ref = schema.find("$ref"); ref && ref->is_string()) return build(resolve(ref->text()), depth + 1);
    for (const std::string_view key : {"anyOf", "oneOf", "allOf"}) {
      const json::Value* choices = schema.find(key);
      if (choices && choices->is_array() && !choices->members().empty()) return build(choices->members().front().value, depth + 1);
    }
    return of_type(type_of(schema), schema, depth);
  }

 private:
  static std::string_view type_of(const json::Value& schema) {
    const json::Value* type = schema.find("type");
    if (type && type->is_array() && !type->members().empty()) type = &type->members().front().value;
    if (type && type->is_string()) return type->text();
    return schema.find("properties") ? "object" : std::string_view{};
  }

  json::Value of_type(std::string_view type, const json::Value& schema, uint32_t depth) const {
    if (type == "object") return object(schema, depth);
    if (type == "array") return array(schema, depth);
    if (type == "string") return text(schema);
    if (type == "boolean") return json::Value::boolean(true);
    if (type == "integer" || type == "number") {
      const json::Value* least = schema.find("minimum");
      return least && least->is_number() ? *least : json::Value::number(uint64_t{1});
    }
    return {};
  }

  json::Value object(const json::Value& schema, uint32_t depth) const {
    json::Value out = json::Value::object();
    const json::Value* properties = schema.find("properties");
    if (!properties || !properties->is_object()) return out;
    const json::Value* required = schema.find("required");
    for (const json::Member& member : properties->members()) {
      if (!required || !required->is_array() || names(*required, member.key)) out.set(member.key, build(member.value, depth + 1));
    }
    return out;
  }

  static bool names(const json::Value& list, std::string_view name) {
    return std::any_of(list.members().begin(), list.members().end(),
                       [&](const json::Member& m) { return m.value.is_string() && m.value.text() == name; });
  }

  json::Value array(const json::Value& schema, uint32_t depth) const {
    json::Value out = json::Value::array();
    const json::Value* items = schema.find("items");
    const json::Value* least = schema.find("minItems");
    const uint64_t n = std::min(least ? least->as_u64().value_or(1) : 1, kItemsMax);
    for (uint64_t i = 0; items && i < n; ++i) out.push(build(*items, depth + 1));
    return out;
  }

  static json::Value text(const json::Value& schema) {
    const json::Value* format = schema.find("format");
    const std::string_view kind = format && format->is_string() ? std::string_view(format->text()) : std::string_view{};
    if (kind == "date") return json::Value::string("2026-01-01");
    if (kind == "date-time") return json::Value::string("2026-01-01T00:00:00Z");
    if (kind == "email") return json::Value::string("simulated@example.com");
    if (kind == "uri") return json::Value::string("https://example.com/");
    if (kind == "uuid") return json::Value::string("00000000-0000-4000-8000-000000000000");
    std::string out = "simulated";
    const json::Value* least = schema.find("minLength");
    const json::Value* most = schema.find("maxLength");
    if (least) out.resize(std::max<size_t>(out.size(), std::min(least->as_u64().value_or(0), kTextMax)), '.');
    if (most) out.resize(std::min<size_t>(out.size(), most->as_u64().value_or(out.size())));
    return json::Value::string(std::move(out));
  }

  // "#/$defs/name" within the root; null when it leads nowhere.
  const json::Value& resolve(std::string_view ref) const {
    static const json::Value kNothing;
    if (!ref.starts_with('#')) return kNothing;
    ref.remove_prefix(1);
    const json::Value* at = &root_;
    while (!ref.empty()) {
      ref.remove_prefix(1);
      const size_t end = std::min(ref.find('/'), ref.size());
      at = at->is_object() ? at->find(ref.substr(0, end)) : nullptr;
      if (!at) return kNothing;
      ref.remove_prefix(end);
    }
    return *at;
  }

  const json::Value& root_;
  mutable uint32_t nodes_ = 0;
};

}  // namespace

json::Value minimal_instance(const json::Value& schema) { return Builder(schema).build(schema, 0); }

}  // namespace orthink::sim
