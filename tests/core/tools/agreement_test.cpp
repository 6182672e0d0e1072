// The published schema and the checker say the same of a value: each field of each tool with every one of a set of values.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "orthink/base/money.h"
#include "orthink/tools/tool_table.h"
#include "tests/core/tools/schema_check.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

std::vector<std::string> values() {
  std::vector<std::string> all{"true",  "false", "0",   "1",      "-1",  "2.0", "2e0", "2.5", "1e300", "20",  "500",     "501",      "3600",  "3601", "86400",
                               "86401", "1e16",  "{}",  "[]",     "[1]", "[{}]", "[[]]", "[\"\"]", "[\"thinking\"]", "[\"thinking\",\"message\"]",
                               "[\"thinking\",\"message\",\"thinking\"]", "[\"vision\",\"json\"]", "{\"user\":\"a\"}", "{\"user\":1}", "{\"usr\":\"a\"}",
                               "{\"x\":{\"y\":[1]}}"};
  for (const char* text : {"", "a", "a b", "a/b", "\xc3\xa9", "off", "name", "price", "model", "user", "thinking", "vision", "-_.Z9"}) {
    json::write_string(all.emplace_back(), text);
  }
  for (const size_t size : {64, 65, 255, 256, 300}) json::write_string(all.emplace_back(), std::string(size, 'x'));
  for (const size_t items : {4, 5, 7, 8, 16, 17, 32, 33}) {
    std::string list = "[";
    for (size_t i = 0; i < items; ++i) list += i == 0 ? "\"web\"" : ",\"web\"";
    all.push_back(list + "]");
  }
  return all;
}

const Field& field_of(const ToolRow& tool, std::string_view name) {
  for (const std::span<const Field> table : {tool.shared, tool.own}) {
    for (const Field& field : table) {
      if (field.name == name) return field;
    }
  }
  FAIL("the schema has a property that the table lacks: " << name);
  return tool.own.front();
}

}  // namespace

TEST_CASE("the schema allows what the checker accepts, and nothing else") {
  size_t accepted = 0;
  size_t refused = 0;
  for (const Definition& definition : definitions()) {
    const ToolRow& tool = row(*tool_named(definition.name));
    if (tool.detail == Detail::brief_input) continue;  // its schema gives names and types alone
    const json::Value schema = *json::parse(definition.json)->find("inputSchema");
    for (const json::Member& property : schema.find("properties")->members()) {
      const bool takes_number = field_of(tool, property.key).takes_number;
      const bool is_dollars = field_of(tool, property.key).is_dollars;
      for (const std::string& text : values()) {
        json::Value arguments = json::Value::object();
        if (schema.find("required") != nullptr) arguments.set("stream_id", json::Value::string("s"));
        const json::Value value = *json::parse(text);
        if (takes_number && value.is_number()) continue;  // more is taken than is published
        if (is_dollars && value.is_string() && !Money::parse(value.text())) continue;  // what dollars are is not published
        arguments.set(property.key, value);
        const Result<json::Value> checked = check(tool.tool, arguments);
        INFO(definition.name << " " << json::dump(arguments) << " " << (checked ? "" : checked.error().message));
        const std::string fault = test::misfit(schema, arguments);
        CHECK(checked.ok() == fault.empty());
        if (checked) CHECK(test::misfit(schema, *checked).empty());
        ++(checked ? accepted : refused);
      }
    }
  }
  CHECK(accepted > 400);
  CHECK(refused > 1000);
}
