// A models document with any value in any place is read or refused, never a crash: every field of two real shapes of a row is
// replaced by values of every type, and whatever is read survives its compact line.
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/catalog.h"
#include "orthink/wire/json.h"

using namespace orthink;

namespace {

constexpr const char* kRow =
    R"({"id":"acme/thinker","canonical_slug":"acme/thinker-1","alias_target":{"name":"n","slug":"acme/other"},"name":"Acme","context_length":200000,
    "architecture":{"input_modalities":["text","image"],"tokenizer":"Router"},"top_provider":{"max_completion_tokens":64000},
    "pricing":{"prompt":"0.000002","completion":"0.000006","internal_reasoning":"0.000006",
      "overrides":[{"min_prompt_tokens":200000,"prompt":"0.000004"},{"utc_start":1000,"utc_end":100,"utc_days":["mon"],"completion":"0"}]},
    "supported_parameters":["max_tokens","reasoning"],"expiration_date":"2026-12-31",
    "reasoning":{"mandatory":false,"default_enabled":true,"supported_efforts":["high","none"],"default_effort":"high","supports_max_tokens":true}})";

const std::vector<const char*> kValues = {"null", "true",  "false", "0",    "-1",         "1e999", "-0.0", "184467440737095516150", "0.5", "\"\"",  "\"x\"", "\"-1\"",
                                          "\"\\t\\n\\u0000\"", "\"\\ud83d\\ude00\"", "[]", "[null]", "[[[]]]", "[1]", "{}", "{\"slug\":1}", "\"99999999999999999999999\""};

// Replaces the `nth` value of the tree, counted depth first; returns the values passed.
size_t replace(json::Value& tree, size_t nth, const json::Value& with) {
  size_t passed = 0;
  for (json::Member& member : tree.members()) {
    if (passed == nth) {
      member.value = with;
      return nth + 1;
    }
    passed += 1 + replace(member.value, nth - passed - 1, with);
    if (passed > nth) return passed;
  }
  return passed;
}

size_t count(const json::Value& tree) {
  size_t n = 0;
  for (const json::Member& member : tree.members()) n += 1 + count(member.value);
  return n;
}

}  // namespace

TEST_CASE("every field of a row may hold anything") {
  const Result<json::Value> row = json::parse(kRow);
  REQUIRE(row.ok());
  const size_t places = count(*row);
  REQUIRE(places > 30);
  size_t read = 0;
  for (size_t place = 0; place < places; ++place) {
    for (const char* text : kValues) {
      const Result<json::Value> value = json::parse(text);
      if (!value) continue;
      json::Value mutant = *row;
      replace(mutant, place, *value);
      const Result<Catalog> catalog = Catalog::from_models_document("{\"data\":[" + json::dump(mutant) + "]}", Instant::zero());
      if (!catalog) continue;
      INFO(json::dump(mutant));
      ++read;
      REQUIRE(catalog->all().size() == 1);
      const ModelCard card = catalog->all()[0];
      CHECK(catalog->find(card.id).has_value());
      CHECK(Catalog::from_compact(catalog->to_compact()).ok());
      if (card.thinking.is_mandatory) CHECK(!card.thinking.efforts.has(Effort::none));
    }
  }
  CHECK(read > 500);
}

TEST_CASE("a document cut short anywhere is refused") {
  const std::string whole = std::string("{\"data\":[") + kRow + "]}";
  for (size_t n = 0; n < whole.size(); ++n) CHECK(!Catalog::from_models_document(std::string_view(whole).substr(0, n), Instant::zero()).ok());
}

TEST_CASE("a compact text with any byte changed is read or refused") {
  const Result<Catalog> catalog = Catalog::from_models_document(std::string("{\"data\":[") + kRow + ",{\"id\":\"a/b\"}]}", Instant::zero());
  REQUIRE(catalog.ok());
  const std::string good = catalog->to_compact();
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'\0', '\t', '\n', '0', '9', '-', 'z', '|', ':', '>', '\x7f', '\xff'}) {
      std::string text = good;
      text[at] = c;
      const Result<Catalog> changed = Catalog::from_compact(text);
      if (!changed) continue;
      CHECK(changed->all().size() <= 3);
      (void)changed->find("acme/thinker");
      (void)changed->suggest("acme/thinkr");
    }
  }
}
