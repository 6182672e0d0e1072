#include "orthink/mcp/message.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "orthink/mcp/code.h"

using namespace orthink;
using namespace orthink::mcp;

namespace {

constexpr size_t kBytesMax = 10'000;

Message good(std::string_view text) {
  std::variant<Message, Unreadable> read = read_message(text, kBytesMax);
  INFO(text);
  REQUIRE(std::holds_alternative<Message>(read));
  return std::move(*std::get_if<Message>(&read));
}

Unreadable bad(std::string_view text) {
  std::variant<Message, Unreadable> read = read_message(text, kBytesMax);
  INFO(text);
  REQUIRE(std::holds_alternative<Unreadable>(read));
  return *std::get_if<Unreadable>(&read);
}

}  // namespace

TEST_CASE("messages have the shape that their members give") {
  CHECK(good(R"({"jsonrpc":"2.0","id":1,"method":"ping"})").shape == Message::Shape::request);
  CHECK(good(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").shape == Message::Shape::notification);
  const Message answer = good(R"({"jsonrpc":"2.0","id":"a","result":{"x":1}})");
  CHECK(answer.shape == Message::Shape::response);
  CHECK(json::dump(answer.answer) == R"({"result":{"x":1}})");
  CHECK(json::dump(good(R"({"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m"}})").answer) == R"({"error":{"code":-1,"message":"m"}})");
  CHECK(good(R"({"jsonrpc":"2.0","id":1,"method":"ping"})").params.is_object());
}

TEST_CASE("ids keep their type and every digit") {
  for (const char* id : {"1", "-1", "0", "9007199254740993", "123456789012345678901234567890", "\"1\"", "\"\"", "\"a b\""})
    CHECK(good(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":"ping"})").id == id);
  for (const char* id : {"null", "1.0", "1e3", "true", "[]", "{}"}) {
    const Unreadable read = bad(R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"method":"ping"})");
    CHECK(read.fault.code == kInvalidRequest);
    CHECK(read.id.empty());
  }
  CHECK(bad(R"({"jsonrpc":"2.0","id":")" + std::string(600, 'x') + R"(","method":"ping"})").fault.code == kInvalidRequest);
}

TEST_CASE("what is no message is refused with the id where there is one") {
  CHECK(bad("").fault.code == kParseError);
  CHECK(bad("{").fault.code == kParseError);
  CHECK(bad("\xff").fault.code == kParseError);
  CHECK(bad("[]").fault.code == kInvalidRequest);
  CHECK(bad(std::string(kBytesMax, ' ') + "{}").fault.code == kInvalidRequest);
  CHECK(bad(std::string(100, '[')).fault.code == kInvalidRequest);
  CHECK(bad(R"({"jsonrpc":"1.0","id":4,"method":"ping"})").id == "4");
  CHECK(bad(R"({"jsonrpc":"2.0","id":4,"method":7})").id == "4");
  CHECK(bad(R"({"jsonrpc":"2.0","id":4,"method":"x","params":[]})").fault.code == kInvalidParams);
  CHECK(bad(R"({"jsonrpc":"2.0","id":4,"result":{},"error":{}})").fault.code == kInvalidRequest);
  CHECK(bad(R"({"jsonrpc":"2.0","result":{}})").fault.code == kInvalidRequest);
}

TEST_CASE("what is written stands on one line") {
  CHECK(write_result("1", "{\n \"a\": 1\r\n}") == R"({"jsonrpc":"2.0","id":1,"result":{"a":1}})");
  CHECK(write_error("", {-32700, "broken \"x\"\n", {}}) == R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"broken \"x\"\n"}})");
  CHECK(write_error("\"q\"", {-1, "m", "{\"a\":\n1}"}) == R"({"jsonrpc":"2.0","id":"q","error":{"code":-1,"message":"m","data":{"a":1}}})");
  CHECK(write_notification("n", {}) == R"({"jsonrpc":"2.0","method":"n"})");
  CHECK(write_request("\"ask\"", "roots/list", "{}") == R"({"jsonrpc":"2.0","id":"ask","method":"roots/list","params":{}})");
  CHECK(write_result("1", "not\njson") == R"({"jsonrpc":"2.0","id":1,"result":null})");
}
