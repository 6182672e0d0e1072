#include "orthink/mcp/menu.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/core/mcp/offers.h"

using namespace orthink;
using namespace orthink::mcp;

namespace {

bool is_refused(std::vector<Offered> tools) {
  Offer offer;
  offer.tools = std::move(tools);
  return !Menu::open(std::move(offer));
}

constexpr const char* kTool = R"({"name":"a","inputSchema":{"type":"object"}})";

}  // namespace

TEST_CASE("an offer that clients could not use is refused when it is opened") {
  CHECK_FALSE(is_refused({{"a", kTool}}));
  CHECK(is_refused({{"", kTool}}));
  CHECK(is_refused({{"a b", kTool}}));
  CHECK(is_refused({{std::string(65, 'a'), kTool}}));
  CHECK(is_refused({{"a", kTool}, {"a", kTool}}));
  CHECK(is_refused({{"a", "{"}}));
  CHECK(is_refused({{"a", R"({"name":"a"})"}}));
  CHECK(is_refused({{"a", R"({"name":"a","inputSchema":{"properties":{"x":{"type":"number","x-mcp-header":"X"}}}})"}}));
}

TEST_CASE("pages of a list hold every entry once, in order") {
  Offer offer;
  for (int i = 0; i < 7; ++i) {
    const std::string name = "tool" + std::to_string(i);
    offer.tools.push_back({name, R"({"name":")" + name + R"(","inputSchema":{}})"});
  }
  for (const size_t size : {0, 1, 2, 3, 6, 7, 8}) {
    offer.page_size = size;
    const Menu menu = test::menu_of(offer);
    Caller some;
    some.tools = {"tool1", "tool4", "tool5"};
    for (const Caller& caller : {Caller{}, some}) {
      std::string names;
      std::optional<std::string> cursor;
      for (int pages = 0; pages < 10; ++pages) {
        const std::optional<std::string> page = menu.list("tools/list", Era::legacy, caller, cursor);
        REQUIRE(page);
        const Result<json::Value> document = json::parse(*page);
        REQUIRE(document);
        for (const json::Member& tool : document->find("tools")->members()) names += tool.value.find("name")->text().back();
        const json::Value* next = document->find("nextCursor");
        if (!next) break;
        cursor = next->text();
      }
      CHECK(names == (caller.tools.empty() ? "0123456" : "145"));
    }
  }
  const Menu menu = test::menu_of(offer);
  for (const char* cursor : {"", "x", "page-", "page-0", "page-1x", "page-99", "page--1", "page-99999999999999999999"})
    CHECK_FALSE(menu.list("tools/list", Era::modern, {}, cursor));
}

TEST_CASE("a list for one caller is in nobody else's cache") {
  const Menu menu = test::menu_of(test::small_offer());
  Caller some;
  some.tools = {"echo"};
  CHECK(menu.list("tools/list", Era::modern, {}, {})->find(R"("cacheScope":"public")") != std::string::npos);
  CHECK(menu.list("tools/list", Era::modern, some, {})->find(R"("cacheScope":"private")") != std::string::npos);
  CHECK(menu.find_tool("echo", some));
  CHECK_FALSE(menu.find_tool("route", some));
}

TEST_CASE("a modern result says its type and its server, whatever the work wrote") {
  const Menu menu = test::menu_of(test::small_offer());
  const CacheHint hint{5, false};
  const std::string info = R"("io.modelcontextprotocol/serverInfo":{"name":"example","version":"1.0"})";
  CHECK(menu.modern_result("{}", "complete", nullptr) == R"({"resultType":"complete","_meta":{)" + info + "}}");
  CHECK(menu.modern_result(R"({"a":1})", "complete", &hint) ==
        R"({"resultType":"complete","a":1,"ttlMs":5,"cacheScope":"private","_meta":{)" + info + "}}");
  CHECK(menu.modern_result(R"({"_meta":{"x/y":1},"a":1})", "complete", nullptr) == R"({"resultType":"complete","a":1,"_meta":{"x/y":1,)" + info + "}}");
  CHECK(menu.modern_result(R"({"ttlMs":9,"cacheScope":"public"})", "complete", &hint) ==
        R"({"resultType":"complete","ttlMs":9,"cacheScope":"public","_meta":{)" + info + "}}");
  CHECK(menu.modern_result(R"({"a":"\"_meta\""})", "complete", nullptr) == R"({"resultType":"complete","a":"\"_meta\"","_meta":{)" + info + "}}");
  CHECK(menu.modern_result("{ }", "complete", nullptr) == R"({"resultType":"complete","_meta":{)" + info + "}}");
  CHECK(menu.modern_result("nonsense", "complete", nullptr) == R"({"resultType":"complete","_meta":{)" + info + "}}");
}
