#include "orthink/mcp/headers.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace orthink;
using namespace orthink::mcp;

namespace {

std::vector<HeaderParam> params_of(const std::string& properties) {
  Result<std::vector<HeaderParam>> params = header_params(*json::parse(R"({"type":"object","properties":)" + properties + "}"));
  REQUIRE(params);
  return *params;
}

bool is_refused(const std::string& properties) {
  return !header_params(*json::parse(R"({"type":"object","properties":)" + properties + "}"));
}

Message call(const std::string& arguments) {
  std::variant<Message, Unreadable> read =
      read_message(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"route","arguments":)" + arguments +
                       R"(,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}})",
                   10'000);
  return std::move(*std::get_if<Message>(&read));
}

bool agree(const std::string& arguments, std::vector<http::Header> more, const std::vector<HeaderParam>& params) {
  http::Head head;
  head.headers = {{"mcp-protocol-version", "2026-07-28"}, {"MCP-METHOD", "\ttools/call "}, {"Mcp-Name", "route"}};
  head.headers.insert(head.headers.end(), more.begin(), more.end());
  return !header_mismatch(head, call(arguments), params);
}

}  // namespace

TEST_CASE("header parameters are found in nested objects and nowhere else") {
  const std::vector<HeaderParam> params = params_of(
      R"({"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"object","properties":{"c":{"type":"integer","x-mcp-header":"C-1"}}}})");
  REQUIRE(params.size() == 2);
  CHECK(params[1].path == std::vector<std::string>{"b", "c"});
  CHECK(params[1].type == json::Type::number);
  CHECK(is_refused(R"({"a":{"type":"number","x-mcp-header":"A"}})"));
  CHECK(is_refused(R"({"a":{"type":"string","x-mcp-header":""}})"));
  CHECK(is_refused(R"({"a":{"type":"string","x-mcp-header":"A B"}})"));
  CHECK(is_refused(R"({"a":{"type":"string","x-mcp-header":7}})"));
  CHECK(is_refused(R"({"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}})"));
}

TEST_CASE("a value is taken as base64 only between both marks") {
  CHECK(decode_header(" plain\t") == "plain");
  CHECK(decode_header("=?base64?SGVsbG8=?=") == "Hello");
  CHECK(decode_header("=?base64?" "?=") == "");
  CHECK(decode_header("=?base64?SGVsbG8=") == "=?base64?SGVsbG8=");
  CHECK(decode_header("SGVsbG8=?=") == "SGVsbG8=?=");
  CHECK(decode_header("=?BASE64?SGVsbG8=?=") == "=?BASE64?SGVsbG8=?=");
  CHECK_FALSE(decode_header("=?base64?SGVsbG8?="));
  CHECK_FALSE(decode_header("=?base64?SGVs!G8=?="));
  CHECK_FALSE(decode_header("=?base64?/w==?="));
}

TEST_CASE("headers say what the body says") {
  const std::vector<HeaderParam> params = params_of(
      R"({"region":{"type":"string","x-mcp-header":"Region"},"level":{"type":"integer","x-mcp-header":"Level"},"on":{"type":"boolean","x-mcp-header":"On"}})");
  CHECK(agree("{}", {}, params));
  CHECK(agree(R"({"region":"north","level":7,"on":true})", {{"Mcp-Param-Region", "north"}, {"mcp-param-level", "007"}, {"Mcp-Param-On", "true"}}, params));
  CHECK(agree(R"({"region":"\u00e9"})", {{"Mcp-Param-Region", "=?base64?w6k=?="}}, params));
  CHECK(agree(R"({"level":-7})", {{"Mcp-Param-Level", "-7.0"}}, params));
  CHECK(agree(R"({"level":0})", {{"Mcp-Param-Level", "-0"}}, params));
  CHECK(agree(R"({"region":null})", {}, params));
  CHECK_FALSE(agree(R"({"region":"north"})", {}, params));
  CHECK_FALSE(agree(R"({"region":"north"})", {{"Mcp-Param-Region", "North"}}, params));
  CHECK_FALSE(agree("{}", {{"Mcp-Param-Region", "north"}}, params));
  CHECK_FALSE(agree(R"({"level":7})", {{"Mcp-Param-Level", "8"}}, params));
  CHECK_FALSE(agree(R"({"level":7})", {{"Mcp-Param-Level", ""}}, params));
  CHECK_FALSE(agree(R"({"level":"7"})", {{"Mcp-Param-Level", "7"}}, params));
  CHECK_FALSE(agree(R"({"on":true})", {{"Mcp-Param-On", "True"}}, params));
  CHECK_FALSE(agree(R"({"region":"x"})", {{"Mcp-Param-Region", "=?base64?x?="}}, params));
}
