// The catalogue: rows of a models document, their compact form, and how a row is found.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/catalog.h"
#include "orthink/catalog/parameters.h"
#include "orthink/catalog/row.h"
#include "orthink/wire/json.h"

using namespace orthink;

namespace {

constexpr int64_t kDumpMs = 1'787'385'960'000;

Catalog read(const std::string& rows) {
  Result<Catalog> catalog = Catalog::from_models_document("{\"data\":[" + rows + "]}", Instant::from_ms(kDumpMs));
  REQUIRE(catalog.ok());
  return *catalog;
}

ModelCard only(const std::string& row) {
  const Catalog catalog = read(row);
  REQUIRE(catalog.size() == 1);
  return catalog.all().at(0);
}

std::string models_json() {
  const char* folder = std::getenv("ORTHINK_RECORDINGS");
  if (folder == nullptr) return {};
  std::ifstream file(std::filesystem::path(folder) / "models.json", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool same_prices(const PriceCard& a, const PriceCard& b) {
  auto same = [](const Prices& x, const Prices& y) {
    for (size_t i = 0; i < kPriceKeys; ++i) {
      if (x.get(static_cast<PriceKey>(i)) != y.get(static_cast<PriceKey>(i))) return false;
      if (x.excess(static_cast<PriceKey>(i)) != y.excess(static_cast<PriceKey>(i))) return false;
    }
    return true;
  };
  if (a.is_variable != b.is_variable || !same(a.base, b.base) || a.overrides.size() != b.overrides.size()) return false;
  for (size_t i = 0; i < a.overrides.size(); ++i) {
    const PriceOverride& x = a.overrides[i];
    const PriceOverride& y = b.overrides[i];
    if (x.min_prompt_tokens != y.min_prompt_tokens || x.utc_start != y.utc_start || x.utc_end != y.utc_end || x.utc_days != y.utc_days ||
        x.has_unknown_condition != y.has_unknown_condition || !same(x.prices, y.prices)) {
      return false;
    }
  }
  return true;
}

bool same_facts(const RowFacts& a, const RowFacts& b) {
  return a.id == b.id && a.canonical_slug == b.canonical_slug && a.alias_target == b.alias_target && a.name == b.name &&
         a.context_tokens == b.context_tokens && a.output_max_tokens == b.output_max_tokens && a.parameters == b.parameters &&
         a.modalities == b.modalities && a.is_router == b.is_router && a.expires_on == b.expires_on && a.reasoning == b.reasoning &&
         same_prices(a.price, b.price);
}

}  // namespace

TEST_CASE("a full row becomes a card") {
  const ModelCard card = only(
      R"({"id":"acme/thinker","canonical_slug":"acme/thinker-20260101","name":"Acme: Thinker","context_length":200000,
      "architecture":{"input_modalities":["text","image","file"],"tokenizer":"Other"},"top_provider":{"max_completion_tokens":64000},
      "pricing":{"prompt":"0.000002","completion":"0.0000060000000000001","input_cache_read":0.0000002,"web_search":null,
        "overrides":[{"min_prompt_tokens":200000,"prompt":"0.000004"},{"utc_start":1000,"utc_end":100,"utc_days":["sat","Sunday"],"prompt":"0"}]},
      "supported_parameters":["max_completion_tokens","reasoning","tools","response_format","brand_new"],"expiration_date":"2026-12-31",
      "reasoning":{"mandatory":false,"default_enabled":true,"supported_efforts":["xhigh","high","none","brand_new"],"default_effort":"high","supports_max_tokens":true}})");
  CHECK(card.id == "acme/thinker");
  CHECK(card.canonical_slug == "acme/thinker-20260101");
  CHECK(card.provider == "acme");
  CHECK(card.context_tokens == 200'000U);
  CHECK(card.output_max_tokens == 64'000U);
  CHECK(!card.caps_by_max_tokens);
  CHECK(card.caps_by_max_completion_tokens);
  CHECK(card.expires_on == "2026-12-31");
  CHECK(card.has(Capability::vision));
  CHECK(card.has(Capability::files));
  CHECK(card.has(Capability::tools));
  CHECK(card.has(Capability::json));
  CHECK(!card.has(Capability::audio));
  CHECK(lists_parameter(card.parameters, "tools"));
  CHECK(!lists_parameter(card.parameters, "brand_new"));
  CHECK(card.price.base.get(PriceKey::completion)->pico == 6'000'001);
  CHECK(card.price.base.get(PriceKey::cache_read)->pico == 200'000);
  CHECK(!card.price.base.get(PriceKey::web_search));
  REQUIRE(card.price.overrides.size() == 2);
  CHECK(card.price.overrides[0].min_prompt_tokens == 200'000U);
  CHECK(card.price.overrides[1].utc_days == 0x60);
  const ThinkingTraits& t = card.thinking;
  CHECK(t.control == Control::effort);
  CHECK(t.takes_budget);
  CHECK(t.efforts.to_text() == "high, xhigh");
  CHECK(t.efforts.has(Effort::none));
  CHECK(t.default_effort == Effort::high);
  CHECK(t.thinks_by_default == ThinkingDefault::on);
  CHECK(!t.is_mandatory);
}

TEST_CASE("a bare row is a card without prices") {
  const ModelCard card = only(R"({"id":"a/b"})");
  CHECK(!card.price.is_known());
  CHECK(!card.context_tokens);
  CHECK(card.thinking.control == Control::none);
  CHECK(card.canonical_slug == "a/b");
}

TEST_CASE("a row expires on a date or never") {
  auto expires = [](const char* date) { return only(std::string(R"({"id":"a/b","expiration_date":)") + date + "}").expires_on; };
  CHECK(expires(R"("2026-12-31")") == "2026-12-31");
  CHECK(expires(R"("2026-12-31T00:00:00Z")") == "2026-12-31");
  CHECK(expires(R"("2098-12-31")").empty());
  CHECK(expires("null").empty());
  CHECK(expires(R"("soon")").empty());
  CHECK(expires("20261231").empty());
}

TEST_CASE("bad rows are left out and counted") {
  const Catalog catalog = read(R"(1,null,"x",[],{},{"id":null},{"id":""},{"id":"a\tb"},{"id":"a/b"},{"id":"a/b"},{"id":"c/d","pricing":7,"reasoning":[],"supported_parameters":{},"context_length":-3})");
  CHECK(catalog.size() == 2);
  CHECK(catalog.rejected_rows() == 9);
  CHECK(catalog.find("c/d").has_value());
  CHECK(!catalog.find("c/d")->context_tokens);
}

TEST_CASE("what is no models document is refused") {
  for (const char* text : {"", "[]", "{}", R"({"data":{}})", R"({"data":[]})", R"({"data":[1]})", "{\"data\":[{\"id\":\"a\"}", "\xff"}) {
    INFO(text);
    CHECK(!Catalog::from_models_document(text, Instant::zero()).ok());
  }
}

TEST_CASE("a price that cannot be read makes the price unknown, never cheap") {
  for (const char* pricing : {R"({"prompt":"-2","completion":"1"})", R"({"prompt":"x","completion":"1"})", R"({"prompt":true,"completion":"1"})",
                              R"({"prompt":"1","completion":"1","overrides":[{"min_prompt_tokens":1,"prompt":"x"}]})",
                              R"({"prompt":"1","completion":"1","overrides":[7]})", R"({"prompt":"99999999999","completion":"1"})"}) {
    INFO(pricing);
    CHECK(!only(std::string(R"({"id":"a/b","pricing":)") + pricing + "}").price.is_known());
  }
  CHECK(only(R"({"id":"a/b","pricing":{"prompt":"-1","completion":"-1"}})").price.is_variable);
}

TEST_CASE("an override with a condition we cannot read is kept for the worst case") {
  const ModelCard card = only(R"({"id":"a/b","pricing":{"prompt":"1","completion":"1","overrides":[{"service_tier":"fast","prompt":"3"},{"utc_days":[0,6],"prompt":"4"},{"utc_start":2500,"prompt":"5"}]}})");
  REQUIRE(card.price.overrides.size() == 3);
  for (const PriceOverride& o : card.price.overrides) CHECK(o.has_unknown_condition);
  CHECK(card.price.at(10, Instant::zero()).get(PriceKey::prompt)->to_decimal() == "1");
}

TEST_CASE("null efforts mean all of them, an absent list means none is advertised") {
  const ModelCard all = only(R"({"id":"a/b","supported_parameters":["reasoning"],"reasoning":{"mandatory":false,"supported_efforts":null}})");
  CHECK(all.thinking.control == Control::effort);
  CHECK(all.thinking.efforts.bits() == 0x7f);
  const ModelCard none = only(R"({"id":"a/b","supported_parameters":["reasoning"],"reasoning":{"mandatory":false}})");
  CHECK(none.thinking.control == Control::toggle);
  CHECK(none.thinking.thinks_by_default == ThinkingDefault::unknown);
}

TEST_CASE("object and parameters that disagree are told") {
  CHECK(only(R"({"id":"a/b","supported_parameters":[],"reasoning":{"mandatory":false}})").thinking.contradicts_itself);
  CHECK(only(R"({"id":"a/b","supported_parameters":["reasoning"]})").thinking.contradicts_itself);
  const ModelCard router = only(R"({"id":"openrouter/auto","architecture":{"tokenizer":"Router"},"supported_parameters":["reasoning"],"pricing":{"prompt":"-1","completion":"-1"}})");
  CHECK(router.is_router);
  CHECK(!router.thinking.contradicts_itself);
}

TEST_CASE("rows are found by id first, then by the slug of the plain row") {
  const Catalog catalog = read(
      R"({"id":"~a/m-latest","canonical_slug":"a/m-2026","alias_target":{"slug":"a/m"}},{"id":"a/m:batch","canonical_slug":"a/m-2026","name":"half"},
      {"id":"a/m:free","canonical_slug":"a/m-2026","name":"free"},{"id":"a/m","canonical_slug":"a/m-2026","name":"whole"},{"id":"a/m-2025","name":"id wins"},
      {"id":"a/n","canonical_slug":"a/m-2025","name":"slug loses"})");
  CHECK(catalog.find("a/m")->name == "whole");
  CHECK(catalog.find("a/m-2026")->name == "whole");
  CHECK(catalog.find("a/m:batch")->name == "half");
  CHECK(catalog.find("a/m-2026:free")->name == "free");
  CHECK(catalog.find("a/m-2025")->name == "id wins");
  CHECK(catalog.find("~a/m-latest")->alias_target == "a/m");
  CHECK(!catalog.find("a/m:nitro"));
  CHECK(!catalog.find("a"));
  CHECK(!catalog.find(""));
  CHECK(!catalog.find("a/m\t"));
  CHECK(!catalog.find("a/m\na/n"));
}

TEST_CASE("near ids are suggested") {
  const Catalog& snapshot = Catalog::snapshot();
  CHECK(snapshot.suggest("anthropic/claude-haiku-4,5").at(0) == "anthropic/claude-haiku-4.5");
  CHECK(snapshot.suggest("claude-haiku-4.5").at(0) == "anthropic/claude-haiku-4.5");
  CHECK(snapshot.suggest("gpt-5.5").at(0) == "openai/gpt-5.5");
  CHECK(snapshot.suggest("haiku").size() <= 3);
  for (const std::string& id : snapshot.suggest("openai/gpt-5.5")) CHECK(id != "openai/gpt-5.5");
  CHECK(snapshot.suggest("qqqqqqqqqqqqqqq").empty());
  CHECK(snapshot.suggest(std::string(5000, 'x')).size() <= 3);
}

TEST_CASE("the compact form refuses what is not its own") {
  const std::string of_old = "orthink-catalogue 1 0 0 1\na/b\t\t\t\t\t\t\t\t\t\tp1c1\n";
  CHECK(!Catalog::from_compact(of_old).ok());
  const std::string good = read(R"({"id":"a/b"})").to_compact();
  CHECK(Catalog::from_compact(good).ok());
  for (const std::string& bad : {std::string(), std::string("x"), good.substr(0, good.size() - 1), good + good, std::string("orthink-catalogue 1 x y z\n"),
                                 std::string("orthink-catalogue 1 0 0 0\n")}) {
    CHECK(!Catalog::from_compact(bad).ok());
  }
  const Result<Catalog> zero = Catalog::from_compact("orthink-catalogue 2 0 0 2\na/b\t\t\t\t0\t\t\t\t\t\t\nc/d\t\t\t\t\tx\t\t\t\t\t\n");
  REQUIRE(zero.ok());
  CHECK(zero->all().empty());
  const Result<Catalog> broken = Catalog::from_compact("orthink-catalogue 2 0 0 2\na/b\t\t\t\t\t\t\t\t\tz\t\nc/d\t\t\t\t\t\t\t\t\t\tp1c\n");
  REQUIRE(broken.ok());
  CHECK(!broken->find("a/b"));
  CHECK(!broken->find("c/d"));
  CHECK(broken->all().empty());
}

TEST_CASE("every row survives its line, and the snapshot is the dump") {
  const std::string bytes = models_json();
  if (bytes.empty()) SKIP("ORTHINK_RECORDINGS is not set");
  json::ParseLimits limits;
  limits.members_max = 4'000'000;
  const Result<json::Value> document = json::parse(bytes, limits);
  REQUIRE(document.ok());
  size_t rows = 0;
  for (const json::Member& item : document->find("data")->members()) {
    const std::optional<RowFacts> row = read_row(item.value);
    REQUIRE(row.has_value());
    const std::optional<RowFacts> again = parse_row_line(row_line(*row));
    REQUIRE(again.has_value());
    INFO(row->id);
    CHECK(same_facts(*row, *again));
    ++rows;
  }
  CHECK(rows == 421);
  const Result<Catalog> catalog = Catalog::from_models_document(bytes, Instant::from_ms(kDumpMs));
  REQUIRE(catalog.ok());
  CHECK(catalog->rejected_rows() == 0);
  CHECK(catalog->to_compact() == Catalog::snapshot().to_compact());
  const Result<Catalog> again = Catalog::from_compact(catalog->to_compact());
  REQUIRE(again.ok());
  CHECK(again->fetched_at() == catalog->fetched_at());
  CHECK(again->all().size() == 421);
}

TEST_CASE("the snapshot answers without parsing") {
  const Catalog& snapshot = Catalog::snapshot();
  CHECK(snapshot.size() == 421);
  CHECK(snapshot.is_snapshot());
  CHECK(snapshot.fetched_at() == Instant::from_ms(kDumpMs));
  CHECK(snapshot.find("anthropic/claude-haiku-4.5")->canonical_slug == "anthropic/claude-4.5-haiku-20251001");
  CHECK(snapshot.find("anthropic/claude-4.5-haiku-20251001")->id == "anthropic/claude-haiku-4.5");
  std::set<std::string> ids;
  for (const ModelCard& card : snapshot.all()) {
    CHECK(snapshot.find(card.id)->id == card.id);
    ids.insert(card.id);
  }
  CHECK(ids.size() == 421);
  const Catalog copy = snapshot;
  CHECK(copy.find("openai/o3").has_value());
}

TEST_CASE("names of parameters, capabilities and controls go there and back") {
  CHECK(parameter_names(*parameter_bit("max_tokens") | *parameter_bit("parallel_tool_calls")) == "max_tokens, parallel_tool_calls");
  CHECK(!parameter_bit("nonsense"));
  for (Capability c : {Capability::vision, Capability::tools, Capability::json, Capability::files, Capability::audio, Capability::structured, Capability::web}) {
    CHECK(parse_capability(name(c)) == c);
  }
  CHECK(name(Control::adaptive) == "adaptive");
  CHECK(name(ThinkingDefault::unknown) == "unknown");
}
