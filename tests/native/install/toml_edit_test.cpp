// TOML files of other programs: a table comes or goes, all else stays to the byte.
#include "native/install/edit/toml_edit.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

using namespace orthink;
using install::toml_erase;
using install::toml_has;
using install::toml_set;
using install::toml_string;
using install::TomlTable;

namespace {

const std::vector<std::string> kName = {"mcp_servers", "orthink"};

TomlTable table() {
  return {kName, {{"command", "\"/usr/bin/orthink\""}, {"args", "[\"mcp\"]"}}, {{"tool_timeout_sec", "900"}}, {"url", "env"}};
}

const std::string kWritten = "[mcp_servers.orthink]\ncommand = \"/usr/bin/orthink\"\nargs = [\"mcp\"]\ntool_timeout_sec = 900\n";

std::string set(std::string_view text) {
  Result<std::string> out = toml_set(text, table());
  return out ? *out : "refused: " + out.error().message;
}

std::string erase(std::string_view text) {
  Result<std::string> out = toml_erase(text, kName);
  return out ? *out : "refused: " + out.error().message;
}

// A file with everything that could be taken for a header or a comment.
const std::string kOdd = R"(# mine
model = "gpt-5" # [not.a.header]
text = """
[mcp_servers.orthink]
"""
raw = '''
[x] # no'''
list = [
  "a#b", # one
  [1, 2], { k = "]" },
]
at = 1979-05-27 07:32:00Z
"quoted key" = 'c:\'

[mcp_servers.other]   # neighbour
command = "npx"

[[things]]
n = 1
)";

}  // namespace

TEST_CASE("a table that is not there comes at the end", "[toml]") {
  CHECK(set("") == kWritten);
  CHECK(set("a = 1") == "a = 1\n\n" + kWritten);
  CHECK(set("a = 1\n\n") == "a = 1\n\n" + kWritten);
  CHECK(set(kOdd) == kOdd + "\n" + kWritten);
  CHECK(set("a = 1\r\n") == "a = 1\r\n\r\n[mcp_servers.orthink]\r\ncommand = \"/usr/bin/orthink\"\r\nargs = [\"mcp\"]\r\ntool_timeout_sec = 900\r\n");
}

TEST_CASE("what is so already is not touched", "[toml]") {
  for (const std::string& text : {std::string(), kOdd, std::string("\xef\xbb\xbf# mark\n")}) CHECK(set(set(text)) == set(text));
  const std::string spaced = "[ mcp_servers . \"orthink\" ]\n  command=\"/usr/bin/orthink\" # here\nargs = [\"mcp\"]\ntool_timeout_sec = 30\n";
  CHECK(set(spaced) == spaced);
}

TEST_CASE("a table that is there is mended key by key", "[toml]") {
  CHECK(set("[mcp_servers.orthink]\n# mine\ncommand = 'old' # path\nenabled = true\nurl = \"https://x\"\n\n[mcp_servers.orthink.env]\nA = \"b\"\n\n[z]\nk = 1\n") ==
        "[mcp_servers.orthink]\n# mine\ncommand = \"/usr/bin/orthink\" # path\nenabled = true\nargs = [\"mcp\"]\ntool_timeout_sec = 900\n\n[z]\nk = 1\n");
  CHECK(set("[mcp_servers.orthink]") == kWritten);
  CHECK(set("[mcp_servers.orthink.tools.a]\nx = 1\n") == "[mcp_servers.orthink.tools.a]\nx = 1\n\n" + kWritten);
}

TEST_CASE("erasing undoes setting, and takes what is below", "[toml]") {
  for (const std::string& text : {std::string("a = 1\n"), kOdd, std::string("a = 1\r\n[b]\r\nc = 2\r\n")}) {
    CHECK(erase(set(text)) == text);
    CHECK(erase(text) == text);
  }
  CHECK(erase("[mcp_servers.orthink]\ncommand = \"x\"\n\n[mcp_servers.orthink.env]\nA = \"b\"\n\n# about z\n[z]\nk = 1\n") == "\n# about z\n[z]\nk = 1\n");
  CHECK(erase("[mcp_servers.orthink2]\ncommand = \"x\"\n") == "[mcp_servers.orthink2]\ncommand = \"x\"\n");
}

TEST_CASE("what cannot be edited safely is refused with its line", "[toml]") {
  struct {
    std::string text, says;
  } const cases[] = {
      {"[mcp_servers]\northink = { command = \"x\" }\n", "line 2"},
      {"mcp_servers = {}\n", "line 1"},
      {"mcp_servers.orthink.command = \"x\"\n", "line 1"},
      {"[mcp_servers]\n\northink.command = \"x\"\n", "line 3"},
      {"[[mcp_servers]]\nname = \"x\"\n", "line 1"},
      {"[[mcp_servers.orthink]]\n", "line 1"},
      {"[mcp_servers.orthink]\n[mcp_servers.orthink]\n", "line 2"},
      {"a = \n", "line 1: a value is missing"},
      {"a = 1\nnonsense\n", "line 2: a line is neither"},
      {"a = \"x\n", "line 1: a string does not end"},
      {"a = \"\"\"x\n", "a string does not end"},
      {"a = [1,\n", "line 2"},
      {"[a\n", "line 1: a header does not end"},
      {"a = 1 b = 2\n", "line 1: something stands behind the value"},
      {"{\"json\": 1}\n", "line 1"},
      {"a = \"\xff\"\n", "not UTF-8"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    CHECK(set(one.text).starts_with("refused: "));
    CHECK(set(one.text).find(one.says) != std::string::npos);
    CHECK(erase(one.text).starts_with("refused: "));
  }
}

TEST_CASE("a path is written so that it is read as it was", "[toml]") {
  CHECK(toml_string("C:\\x \"y\"\n\x7f") == "\"C:\\\\x \\\"y\\\"\\u000A\\u007F\"");
}

TEST_CASE("cut anywhere, a file is edited or refused, and never loses what it held", "[toml]") {
  const std::string whole = kOdd + "\n" + kWritten;
  for (size_t size = 0; size <= whole.size(); ++size) {
    const std::string text = whole.substr(0, size);
    Result<std::string> out = toml_set(text, table());
    if (!out) continue;
    CAPTURE(text);
    CHECK(toml_has(*out, kName).value());
    CHECK(toml_set(*out, table()).value() == *out);
    if (size <= kOdd.size()) CHECK(out->starts_with(text));
  }
}
