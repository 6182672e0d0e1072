#include "native/sim/instance.h"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace orthink;
using namespace orthink::sim;

namespace {

std::string instance(std::string_view schema) { return json::dump(minimal_instance(*json::parse(schema))); }

}  // namespace

TEST_CASE("the smallest instance of a schema") {
  struct Case {
    std::string_view schema, instance;
  };
  constexpr std::array<Case, 15> kCases = {{
      {R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":3}},"required":["city","days"]})",
       R"({"city":"simulated","days":3})"},
      {R"({"type":"object","properties":{"a":{"type":"boolean"},"b":{"type":"null"}},"required":["a"]})", R"({"a":true})"},
      {R"({"properties":{"a":{"type":"number"}}})", R"({"a":1})"},
      {R"({"enum":["c","f"]})", R"("c")"},
      {R"({"const":7})", "7"},
      {R"({"type":["string","null"],"maxLength":3})", R"("sim")"},
      {R"({"type":"string","format":"date"})", R"("2026-01-01")"},
      {R"({"type":"array","items":{"type":"integer"},"minItems":2})", "[1,1]"},
      {R"({"type":"array"})", "[]"},
      {R"({"anyOf":[{"type":"boolean"},{"type":"string"}]})", "true"},
      {R"({"type":"object","properties":{"p":{"$ref":"#/$defs/P"}},"$defs":{"P":{"type":"string"}}})", R"({"p":"simulated"})"},
      {R"({"$ref":"#/$defs/missing"})", "null"},
      {R"({"$ref":"elsewhere.json"})", "null"},
      {"{}", "null"},
      {"3", "null"},
  }};
  for (const Case& c : kCases) {
    INFO(c.schema);
    CHECK(instance(c.schema) == c.instance);
  }
}

TEST_CASE("a schema that refers to itself ends") {
  CHECK_FALSE(instance(R"({"$ref":"#"})").empty());
  const std::string twice = R"({"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]})";
  CHECK(instance(twice).size() < 1'000'000);
}
