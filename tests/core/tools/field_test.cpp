#include "orthink/tools/field.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using namespace orthink::tools;

namespace {

constexpr std::string_view kNames[] = {"a", "b"};
constexpr Field kInner[] = {{.name = "deep", .is_required = true}};
constexpr Field kAll[] = {
    {.name = "s", .says = "Text.", .is_required = true, .max = 4, .characters = Characters::handle},
    {.name = "e", .one_of = kNames, .fallback = "\"a\""},
    {.name = "i", .type = Type::integer, .min = -1, .max = 9},
    {.name = "l", .type = Type::strings, .max = 2, .one_of = kNames},
    {.name = "n", .type = Type::number, .is_nullable = true},
    {.name = "o", .type = Type::object, .fields = kInner},
    {.name = "x", .type = Type::any},
    {.name = "m", .type = Type::objects},
};

}  // namespace

TEST_CASE("whole numbers are those of JSON Schema, however they are written") {
  struct Case {
    std::string_view lexeme;
    std::optional<int64_t> value;
  };
  for (const Case& c : {
           Case{"0", 0}, Case{"-0", 0}, Case{"0.000", 0}, Case{"0e99", 0}, Case{"20", 20}, Case{"20.0", 20}, Case{"2e1", 20}, Case{"2E+1", 20},
           Case{"2.5e1", 25}, Case{"2500e-2", 25}, Case{"-17", -17}, Case{"9007199254740991", 9007199254740991}, Case{"9007199254740992", {}},
           Case{"1e16", {}}, Case{"1e400", {}}, Case{"1e99999999999999999999", {}}, Case{"2.5", {}}, Case{"1e-1", {}}, Case{"0.1", {}},
           Case{"99999999999999999999", {}}, Case{"10e-1", 1}, Case{"100000000000000000000e-19", 10}, Case{"1e-99999999999999999999", {}},
       }) {
    INFO(c.lexeme);
    CHECK(whole_number(c.lexeme) == c.value);
  }
}

TEST_CASE("a schema is printed from the table") {
  const std::span<const Field> table(kAll);
  json::Writer out;
  write_schema(out, {&table, 1}, {});
  CHECK(out.text() ==
        R"({"type":"object","properties":{"s":{"type":"string","maxLength":4,"pattern":"^[A-Za-z0-9._-]+$","description":"Text."},)"
        R"("e":{"type":"string","enum":["a","b"],"default":"a"},"i":{"type":"integer","minimum":-1,"maximum":9},)"
        R"("l":{"type":"array","items":{"type":"string","enum":["a","b"]},"maxItems":2},"n":{},)"
        R"("o":{"type":"object","properties":{"deep":{"type":"string"}},"required":["deep"],"additionalProperties":false},"x":{},)"
        R"("m":{"type":"array","items":{"type":"object"}}},"required":["s"],"additionalProperties":false})");
}

TEST_CASE("at most a few problems are told") {
  std::string many = "{";
  for (int i = 0; i < 30; ++i) many += (i == 0 ? "\"zz" : ",\"zz") + std::to_string(i) + "\":1";
  const Result<json::Value> checked = check({}, *json::parse(many + "}"));
  REQUIRE_FALSE(checked.ok());
  CHECK(checked.error().message.starts_with("30 arguments will not do: (1)"));
  CHECK(checked.error().message.find("(8)") != std::string::npos);
  CHECK(checked.error().message.find("(9)") == std::string::npos);
  CHECK(checked.error().message.ends_with("; and 22 more"));
}
