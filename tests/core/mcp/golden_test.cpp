// The conversations of tests/golden/mcp, as text in and text out; tests/wasm plays the same files through the module.
#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "orthink/mcp/text_channel.h"
#include "tests/support/golden.h"

using namespace orthink;
using namespace orthink::test;

namespace {

class Player {
 public:
  std::vector<std::string> play(const std::string& kind, const std::string& text, int64_t ms) {
    Result<json::Value> value = json::parse(text);
    REQUIRE(value.ok());
    const Instant now = Instant::from_ms(ms);
    if (kind == "open") {
      Result<std::unique_ptr<mcp::TextChannel>> channel = mcp::TextChannel::open(now, *value, {});
      REQUIRE(channel.ok());
      channel_ = std::move(*channel);
      return channel_->drain();
    }
    REQUIRE(channel_);
    json::Value event = json::Value::object();
    event.set(kind, std::move(*value));
    REQUIRE(channel_->handle(now, event).ok());
    return channel_->drain();
  }

 private:
  std::unique_ptr<mcp::TextChannel> channel_;
};

}  // namespace

TEST_CASE("the conversations of MCP give what is written") {
  const std::vector<std::string> files = golden_files("mcp");
  REQUIRE(files.size() >= 12);
  for (const std::string& file : files) {
    DYNAMIC_SECTION(file) {
      Player player;
      check_golden(read_golden(file), [&](const std::string& kind, const std::string& json, int64_t ms) { return player.play(kind, json, ms); });
    }
  }
}

TEST_CASE("a document or an event that cannot be read is refused and changes nothing") {
  const auto opened = [](std::string_view text) { return mcp::TextChannel::open(Instant::zero(), *json::parse(text), {}); };
  for (std::string_view bad : {"{}", R"({"stdio":{},"http":{}})", R"({"stdio":1})", R"({"http":{"headers":[["one"]]},"offer":{"name":"x"}})",
                               R"({"stdio":{},"offer":{"tools":[{"description":"no name"}]}})"})
    CHECK_FALSE(opened(bad).ok());
  Result<std::unique_ptr<mcp::TextChannel>> channel = opened(R"({"stdio":{},"offer":{"name":"x","version":"1"}})");
  REQUIRE(channel.ok());
  const std::vector<std::string> before = (*channel)->drain();
  for (std::string_view bad : {"{}", R"({"closed":{}})", R"({"line":{},"eof":{}})", R"({"news":{"number":1}})", R"({"news":{"number":1,"news":{"done":{}}}})",
                               R"({"news":{"number":1,"news":{"progress":{}}}})", R"({"news":{"number":1,"news":{"fault":{"code":"x"}}}})",
                               R"({"news":{"number":1,"news":{"log":{"level":"loud"}}}})", R"({"news":{"number":1,"news":{"changed":{"what":"it"}}}})"})
    CHECK_FALSE((*channel)->handle(Instant::zero(), *json::parse(bad)).ok());
  CHECK((*channel)->drain() == before);
}
