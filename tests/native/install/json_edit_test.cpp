// JSON files of other programs: a member comes or goes, all else stays to the byte.
#include "native/install/edit/json_edit.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

using namespace orthink;
using install::json_erase;
using install::json_has;
using install::json_set;
using install::strict_json;

namespace {

constexpr std::string_view kServer[] = {"mcpServers", "orthink"};

json::Value entry() {
  json::Value value = json::Value::object();
  value.set("command", json::Value::string("/usr/bin/orthink"));
  json::Value arguments = json::Value::array();
  arguments.push(json::Value::string("mcp"));
  value.set("args", std::move(arguments));
  return value;
}

std::string set(std::string_view text) {
  Result<std::string> out = json_set(text, kServer, entry());
  return out ? *out : "refused: " + out.error().message;
}

std::string erase(std::string_view text) {
  Result<std::string> out = json_erase(text, kServer);
  return out ? *out : "refused: " + out.error().message;
}

}  // namespace

TEST_CASE("an empty file becomes a whole document", "[json]") {
  const std::string whole = R"({
  "mcpServers": {
    "orthink": {
      "command": "/usr/bin/orthink",
      "args": ["mcp"]
    }
  }
}
)";
  CHECK(set("") == whole);
  CHECK(set("\n \n") == whole);
  CHECK(set("{}\n") == whole);
  CHECK(set("\xef\xbb\xbf") == "\xef\xbb\xbf" + whole);
}

TEST_CASE("a new member looks like its neighbours", "[json]") {
  CHECK(set("{\n\t\"a\": 1,\n\t\"mcpServers\": {\n\t\t\"other\": {}\n\t}\n}\n") ==
        "{\n\t\"a\": 1,\n\t\"mcpServers\": {\n\t\t\"other\": {},\n\t\t\"orthink\": {\n\t\t\t\"command\": \"/usr/bin/orthink\",\n"
        "\t\t\t\"args\": [\"mcp\"]\n\t\t}\n\t}\n}\n");
  CHECK(set("{\r\n    \"a\": 1\r\n}\r\n") ==
        "{\r\n    \"a\": 1,\r\n    \"mcpServers\": {\r\n        \"orthink\": {\r\n            \"command\": \"/usr/bin/orthink\",\r\n"
        "            \"args\": [\"mcp\"]\r\n        }\r\n    }\r\n}\r\n");
  CHECK(set(R"({"a":1,"mcpServers":{"other":{}}})") ==
        R"({"a":1,"mcpServers":{"other":{},"orthink":{"command":"/usr/bin/orthink","args":["mcp"]}}})");
  CHECK(set(R"({"a": 1, "mcpServers": {}})") == R"({"a": 1, "mcpServers": {"orthink": {"command": "/usr/bin/orthink", "args": ["mcp"]}}})");
  CHECK(set("{\n  \"mcpServers\": {}\n}") ==
        "{\n  \"mcpServers\": {\n    \"orthink\": {\n      \"command\": \"/usr/bin/orthink\",\n      \"args\": [\"mcp\"]\n    }\n  }\n}");
}

TEST_CASE("comments and spare commas of an editor stay where they are", "[json]") {
  const std::string before = R"({
  // servers, by hand
  "mcpServers": {
    "other": { "url": "http://x//y" }, // keep
    /* "old": {}, */
  },
}
)";
  const std::string after = set(before);
  CHECK(after == R"({
  // servers, by hand
  "mcpServers": {
    "other": { "url": "http://x//y" }, // keep
    /* "old": {}, */
    "orthink": {
      "command": "/usr/bin/orthink",
      "args": ["mcp"]
    }
  },
}
)");
  CHECK(strict_json(after));
  CHECK(set("{\n  \"a\": 1 // one\n}\n").starts_with("{\n  \"a\": 1, // one\n  \"mcpServers\": {\n"));
  CHECK(set("{\n  \"a\": 1\n  // the end\n}\n").starts_with("{\n  \"a\": 1,\n  // the end\n  \"mcpServers\": {\n"));
}

TEST_CASE("what is there already is not touched", "[json]") {
  for (std::string text : {"", "{\n    \"x\": [1, 2],\n    \"mcpServers\": { \"b\": {\"command\":\"c\"} }\n}", "{\"a\":1}"}) {
    const std::string once = set(text);
    CHECK(set(once) == once);
  }
  const std::string odd = "{\"mcpServers\": {\"orthink\" : { \"command\" :\"/usr/bin/orthink\", /* ! */ \"args\":[ \"mcp\", ] } } }";
  CHECK(set(odd) == odd);
}

TEST_CASE("a member that differs is replaced and nothing else", "[json]") {
  const std::string_view path[] = {"mcpServers", "orthink", "command"};
  Result<std::string> out = json_set("{\"mcpServers\":{ \"orthink\":{\"command\":\"old\", \"env\":{\"A\":\"b\"}}}}", path, json::Value::string("new"));
  REQUIRE(out);
  CHECK(*out == "{\"mcpServers\":{ \"orthink\":{\"command\":\"new\", \"env\":{\"A\":\"b\"}}}}");
}

TEST_CASE("erasing undoes setting, to the byte", "[json]") {
  for (std::string text :
       {"{\n  \"mcpServers\": {\n    \"other\": {}\n  }\n}\n", "{\"mcpServers\":{\"other\":{}}}", "{\"mcpServers\": {\"other\": {}}, \"z\": 1}",
        "{\r\n\t\"mcpServers\": {\r\n\t\t\"other\": {\"a\": 1}\r\n\t}\r\n}", "{\n  \"mcpServers\": {\n    \"a\": 1 // one\n  }\n}\n", "{\n  \"mcpServers\": {}\n}\n"}) {
    CAPTURE(text);
    CHECK(erase(set(text)) == text);
    CHECK(erase(text) == text);
  }
}

TEST_CASE("erasing the first, a middle and the last member", "[json]") {
  CHECK(erase("{\n  \"mcpServers\": {\n    \"orthink\": 1,\n    \"b\": 2\n  }\n}") == "{\n  \"mcpServers\": {\n    \"b\": 2\n  }\n}");
  CHECK(erase("{\n  \"mcpServers\": {\n    \"a\": 1,\n    \"orthink\": 2,\n    \"b\": 3\n  }\n}") ==
        "{\n  \"mcpServers\": {\n    \"a\": 1,\n    \"b\": 3\n  }\n}");
  CHECK(erase("{\n  \"mcpServers\": {\n    \"a\": 1, // one\n    \"orthink\": 2\n  }\n}") ==
        "{\n  \"mcpServers\": {\n    \"a\": 1 // one\n  }\n}");
  CHECK(erase("{\"mcpServers\": {\"a\": 1, \"orthink\": 2, \"b\": 3}}") == "{\"mcpServers\": {\"a\": 1, \"b\": 3}}");
  CHECK(erase("{\"mcpServers\": {\"orthink\": 2, \"b\": 3}}") == "{\"mcpServers\": {\"b\": 3}}");
  CHECK(erase("{\"mcpServers\": {\n  \"a\": 1,\n  \"orthink\": 2}}") == "{\"mcpServers\": {\n  \"a\": 1}}");
  CHECK(erase("{\n  \"mcpServers\": {\n    \"orthink\": 1, // ours\n    \"b\": 2\n  }\n}") ==
        "{\n  \"mcpServers\": {\n    // ours\n    \"b\": 2\n  }\n}");
}

TEST_CASE("what cannot be edited safely is refused with its place", "[json]") {
  struct {
    std::string text, says;
  } const cases[] = {
      {"{", "line 1, column 2: the name of a member is missing"},
      {"{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, column 3: a comma or } is missing"},
      {"{\"a\": tru}", "line 1, column 7: this is no value of JSON"},
      {"{\"a\": 01}", "this is no value of JSON"},
      {"{\"a\": \"x\ny\"}", "a string does not end"},
      {"{\"a\": \"\\q\"}", "this is no value of JSON"},
      {"{} {}", "something stands behind the document"},
      {"{ /* }", "a comment does not end"},
      {"{\"a\" 1}", "a colon is missing"},
      {"{\"a\": [1}", "a comma or ] is missing"},
      {"{'a': 1}", "the name of a member is missing"},
      {"[1]", "the document is not an object"},
      {"null", "the document is not an object"},
      {"{\"mcpServers\": []}", "\"mcpServers\" is not an object"},
      {"{\"mcpServers\": {}, \"mcpServers\": {}}", "\"mcpServers\" is there twice"},
      {"{\"mcpServers\": {\"orthink\": 1, \"orthink\": 2}}", "\"mcpServers.orthink\" is there twice"},
      {"{\"a\": \"\xff\"}", "not UTF-8"},
      {std::string(200, '['), "nested too deeply"},
      {std::string("{\"a\": 1\0}", 9), "a comma or } is missing"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    CHECK(set(one.text).find(one.says) != std::string::npos);
    CHECK(erase(one.text).starts_with("refused: "));
  }
}

TEST_CASE("comments and spare commas are no part of the meaning", "[json]") {
  Result<std::string> strict = strict_json("// x\n{ \"a\": [1, /* 2 */ 3,], \"b\": \"// no \\\" comment\", }");
  REQUIRE(strict);
  CHECK(*strict == "{\"a\":[1,3],\"b\":\"// no \\\" comment\"}");
}

namespace {

std::string meaning(std::string_view text) {
  Result<std::string> strict = strict_json(text);
  if (!strict) return "unreadable: " + strict.error().message;
  Result<json::Value> value = json::parse(*strict);
  return value ? json::dump(*value) : "no JSON: " + value.error().message;
}

// A document as a careless person would type it.
void scribble(std::mt19937& random, std::string& out, int depth) {
  const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  const auto blank = [&] {
    constexpr std::string_view kBlanks[] = {"", "", " ", "\n  ", "\t", " // note \"{\n", "/* , } */", "\r\n"};
    out += kBlanks[pick(8)];
  };
  switch (depth > 3 ? pick(4) : pick(6)) {
    case 0: out += "\"a\\\"b\\u00e9 // {\""; break;
    case 1: out += "-12.5e3"; break;
    case 2: out += "null"; break;
    case 3: out += "true"; break;
    default: {
      const bool is_object = pick(2) == 0;
      out += is_object ? '{' : '[';
      const unsigned count = pick(4);
      for (unsigned i = 0; i < count; ++i) {
        blank();
        if (is_object) out += "\"k" + std::to_string(i) + "\"", blank(), out += ":", blank();
        scribble(random, out, depth + 1);
        blank();
        if (i + 1 < count || pick(4) == 0) out += ',';
      }
      blank();
      out += is_object ? '}' : ']';
    }
  }
}

}  // namespace

TEST_CASE("on any document: setting adds one member to its meaning, erasing takes it away", "[json]") {
  const uint32_t seed = 4;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  int edited = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = "{";
    for (unsigned i = 0, n = static_cast<unsigned>(random() % 4); i < n; ++i) {
      text += (i == 0 ? "\"m" : ",\n \"m") + std::to_string(i) + "\":";
      scribble(random, text, 0);
    }
    if (random() % 2 == 0) {
      text += (text.size() > 1 ? ", \"mcpServers\" :" : "\"mcpServers\": ");
      text += random() % 2 == 0 ? "{}" : "{ \"other\": 1 // x\n , }";
    }
    text += "}";
    CAPTURE(text);
    const std::string with = set(text);
    const std::string with_meaning = meaning(with);
    Result<json::Value> expected = json::parse(meaning(text));
    REQUIRE(expected);
    if (expected->find("mcpServers") == nullptr) expected->set("mcpServers", json::Value::object());
    expected->find("mcpServers")->set("orthink", entry());
    CHECK(with_meaning == json::dump(*expected));
    expected->find("mcpServers")->erase("orthink");
    CHECK(meaning(erase(with)) == json::dump(*expected));
    ++edited;
  }
  CHECK(edited == 3000);
}
