#include "orthink/tools/list_models.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/tools/tool_table.h"
#include "tests/core/tools/schema_check.h"

using namespace orthink;
using namespace orthink::tools;

namespace {

Result<std::string> listed(std::string_view arguments, const access::Principal& caller = access::Principal::local()) {
  const Result<json::Value> checked = check(Tool::list_models, *json::parse(arguments));
  INFO(arguments);
  if (!checked) FAIL(checked.error().message);
  return list_models(*checked, Catalog::snapshot(), caller);
}

json::Value models(std::string_view arguments, const access::Principal& caller = access::Principal::local()) {
  const Result<std::string> result = listed(arguments, caller);
  INFO(arguments);
  if (!result) FAIL(result.error().message);
  const Result<json::Value> value = json::parse(*result);
  REQUIRE(value.ok());
  for (const Definition& each : definitions()) {
    if (each.name == "list_models") {
      CHECK(test::misfit(*json::parse(each.json)->find("outputSchema"), *value->find("structuredContent")).empty());
    }
  }
  CHECK(value->find("content")->members()[1].value.find("text")->text() == json::dump(*value->find("structuredContent")));
  return *value->find("structuredContent");
}

std::vector<std::string> ids(const json::Value& document) {
  std::vector<std::string> ids;
  for (const json::Member& each : document.find("models")->members()) ids.push_back(each.value.find("id")->text());
  return ids;
}

}  // namespace

TEST_CASE("twenty models by name unless more are asked for, and how many there are") {
  const json::Value some = models("{}");
  CHECK(ids(some).size() == 20);
  CHECK(*some.find("total")->as_u64() == Catalog::snapshot().size());
  CHECK(ids(models(R"({"limit":500})")).size() == Catalog::snapshot().size());
}

TEST_CASE("filters are all to be met") {
  const json::Value found = models(R"({"provider":"anthropic","search":"HAIKU","reasoning":true,"capabilities":["vision","tools"],"max_price_usd":6,"sort":"price"})");
  REQUIRE_FALSE(ids(found).empty());
  for (const std::string& id : ids(found)) {
    INFO(id);
    CHECK((id.starts_with("anthropic/") || id.starts_with("~anthropic/")));
    CHECK(id.find("haiku") != std::string::npos);
    const ModelCard card = *Catalog::snapshot().find(id);
    CHECK(card.has(Capability::vision));
    CHECK(card.thinking.control != Control::none);
    CHECK(*card.price.base.get(PriceKey::completion) <= Money{6'000'000});
  }
  CHECK(ids(models(R"({"search":"no such model at all"})")).empty());
}

TEST_CASE("a caller sees the models he may use") {
  access::Principal caller;
  caller.id = "key:a";
  caller.models = {"anthropic/claude-haiku-4.5"};
  CHECK(ids(models(R"({"limit":500})", caller)) == std::vector<std::string>{"anthropic/claude-haiku-4.5"});
}

TEST_CASE("a price or provider that is none is refused with the way out") {
  CHECK(check(Tool::list_models, *json::parse(R"({"max_price_usd":"cheap"})")).error().message == "max_price_usd is \"cheap\", not dollars such as 0.05");
  CHECK(check(Tool::list_models, *json::parse(R"({"max_price_usd":-1})")).error().errc == Errc::invalid_argument);
  CHECK(listed(R"({"provider":"antropic"})").error().remedy == "Did you mean anthropic?");
}
