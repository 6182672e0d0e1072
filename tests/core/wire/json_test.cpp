#include "orthink/wire/json.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

using namespace orthink;

namespace {

Errc refusal(std::string_view text, const json::ParseLimits& limits = {}) {
  Result<json::Value> doc = json::parse(text, limits);
  CAPTURE(text.substr(0, 60));
  REQUIRE_FALSE(doc.ok());
  return doc.error().errc;
}

std::string round_trip(std::string_view text) {
  Result<json::Value> doc = json::parse(text);
  REQUIRE(doc.ok());
  return json::dump(*doc);
}

std::string repeated(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

}  // namespace

TEST_CASE("what is passed through is passed on as it came", "[json]") {
  for (const char* text : {"null",
                           "true",
                           "false",
                           "[]",
                           "{}",
                           "0",
                           "-0",
                           "-1",
                           "18446744073709551615",
                           "-9223372036854775808",
                           "18446744073709551616",
                           "1.0",
                           "1E5",
                           "1e-05",
                           "0.0076509169000000005",
                           "\"\"",
                           R"({"b":1,"a":[1,2,{"c":null}]})",
                           R"("\b\f\n\r\t\u0001\u001f\"\\/")",
                           "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\x7f\"",
                           R"([-0,0,-0.0,[-0]])"}) {
    CAPTURE(text);
    CHECK(round_trip(text) == text);
  }
  CHECK(round_trip(" [ 1 ,\n\t2 ]\r\n") == "[1,2]");
  CHECK(round_trip(R"("\u00e9\/\ud83d\ude00\u0000")") == "\"\xc3\xa9/\xf0\x9f\x98\x80\\u0000\"");
}

TEST_CASE("values are asked for by type", "[json]") {
  Result<json::Value> doc =
      json::parse(R"({"s":"x","n":12,"f":1.5,"e":1e3,"m":-1,"t":true,"z":null,"a":[1,"b"],"big":18446744073709551616})");
  REQUIRE(doc);
  CHECK(doc->find("s")->text() == "x");
  CHECK(doc->find("n")->as_u64() == 12);
  for (const char* key : {"f", "e", "m", "s", "t", "z", "a", "big"}) CHECK_FALSE(doc->find(key)->as_u64());
  CHECK(doc->find("t")->as_bool());
  CHECK(doc->find("z")->is_null());
  CHECK(doc->find("missing") == nullptr);
  CHECK(doc->find("a")->members()[1].value.text() == "b");
  CHECK(doc->find("a")->find("0") == nullptr);
  CHECK(json::name(doc->find("a")->type()) == "array");

  doc->set("s", json::Value::number(uint64_t{7}));
  doc->set("new", json::Value::array());
  doc->find("new")->push(json::Value::number(int64_t{-3}));
  CHECK(doc->erase("n"));
  CHECK_FALSE(doc->erase("n"));
  for (const char* key : {"f", "e", "m", "t", "z", "a", "big"}) CHECK(doc->erase(key));
  CHECK(json::dump(*doc) == R"({"s":7,"new":[-3]})");
}

TEST_CASE("bad documents are refused, each with its own name and place", "[json]") {
  using namespace std::string_view_literals;
  for (std::string_view text : {""sv,
                                " "sv,
                                "{"sv,
                                "[1,]"sv,
                                "{\"a\":1,}"sv,
                                "01"sv,
                                "+1"sv,
                                ".5"sv,
                                "1."sv,
                                "nul"sv,
                                "NaN"sv,
                                "'a'"sv,
                                "[1] 2"sv,
                                "{}{}"sv,
                                "{a:1}"sv,
                                "\"\n\""sv,
                                "\"\\x\""sv,
                                "\"\\ud800\""sv,
                                "\"\xff\""sv,
                                "\"\xc0\xaf\""sv,
                                "\"\xed\xa0\x80\""sv,
                                "\"\xf4\x90\x80\x80\""sv,
                                "/**/1"sv,
                                "1e999"sv,
                                "{}\0"sv,
                                "{}\0x"sv,
                                "\0"sv,
                                "\"a\0b\""sv})
    CHECK(refusal(text) == Errc::invalid_json);
  CHECK(refusal(R"({"a":1,"b":2,"a":3})") == Errc::duplicate_key);
  CHECK(refusal(R"([{"a":{"x":1,"\u0078":2}}])") == Errc::duplicate_key);
  CHECK(json::parse("[1,x]").error().message == "not valid JSON at byte 3");
  CHECK(json::parse(R"({"a":1,"a":3})").error().message == "the key \"a\" stands twice in one object that ends at byte 13");
}

TEST_CASE("limits on bytes, values and depth", "[json]") {
  CHECK(json::parse(repeated("[", 64) + repeated("]", 64)).ok());
  CHECK(refusal(repeated("[", 65) + repeated("]", 65)) == Errc::too_deep);
  CHECK(refusal(repeated("{\"a\":", 1'000'000)) == Errc::too_deep);
  CHECK(refusal(repeated("[", 10'000'000)) == Errc::too_deep);
  json::ParseLimits limits{.bytes_max = 20, .members_max = 4};
  CHECK(json::parse("[1,2,3]", limits).ok());
  CHECK(refusal("[1,2,3,4]", limits) == Errc::too_large);
  CHECK(refusal("[                  ]", {.bytes_max = 19}) == Errc::too_large);
}

TEST_CASE("the writer puts commas and escapes as JSON.stringify does", "[json]") {
  json::Writer w;
  w.object()
      .key("ok")
      .boolean(true)
      .key("usd")
      .string("0.1")
      .key("list")
      .array()
      .number(uint64_t{1})
      .null()
      .object()
      .end()
      .array()
      .end()
      .end();
  w.key("n")
      .number(int64_t{-2})
      .key("raw")
      .raw("{\"x\":1}")
      .key("none")
      .string_or_null({})
      .key("count")
      .number_or_null(3)
      .key("q\"")
      .string("\x01\x1f\x7f\n");
  w.key("v").value(json::Value::string("a")).end();
  CHECK(w.take() == R"({"ok":true,"usd":"0.1","list":[1,null,{},[]],"n":-2,"raw":{"x":1},"none":null,"count":3,"q\"":"\u0001\u001f)"
                    "\x7f"
                    R"(\n","v":"a"})");
  CHECK(w.string("again").take() == "\"again\"");
}

TEST_CASE("random documents survive writing and reading; random damage never crashes", "[json][property]") {
  uint64_t seed = 20260822;
  std::cout << "json: seed " << seed << "\n";
  std::mt19937_64 random(seed);
  const std::string text = R"({"a":[1,-0,2.50,"x\u00e9\n",{"b":null,"c":[true,false,[[]]]}],"d":{"e":"\ud83d\ude00","f":1e-7}})";
  for (int i = 0; i < 100'000; ++i) {
    std::string damaged = text;
    for (uint64_t k = random() % 3 + 1; k > 0; --k) damaged[random() % damaged.size()] = static_cast<char>(random());
    Result<json::Value> doc = json::parse(damaged);
    if (!doc) continue;
    std::string once = json::dump(*doc);
    Result<json::Value> again = json::parse(once);
    if (!again || json::dump(*again) != once) FAIL(damaged);
  }
}

TEST_CASE("JSONTestSuite", "[json][corpus]") {
  const char* corpora = std::getenv("ORTHINK_CORPORA");
  if (corpora == nullptr) SKIP("ORTHINK_CORPORA is not set");
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(corpora) / "json-test-suite/test_parsing")) {
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    std::string file = entry.path().filename();
    CAPTURE(file);
    Result<json::Value> doc = json::parse(bytes.str());
    bool is_over_our_rules = !doc && doc.error().errc == Errc::duplicate_key;
    if (file[0] == 'y') CHECK((doc.ok() || is_over_our_rules));
    if (file[0] == 'n') CHECK_FALSE(doc.ok());
    ++files;
  }
  std::cout << "JSONTestSuite: " << files << " files\n";
  CHECK(files > 300);
}
