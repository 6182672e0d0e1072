#include "orthink/mcp/envelope.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace orthink;
using namespace orthink::mcp;

namespace {

Era era(std::string_view method, std::string_view params, std::optional<std::string_view> header = std::nullopt) {
  Message message;
  message.method = method;
  message.params = *json::parse(params);
  return era_of(message, header);
}

}  // namespace

TEST_CASE("the era is told by envelope and header, malformed ones too") {
  CHECK(era("initialize", "{}") == Era::legacy);
  CHECK(era("tools/list", "{}") == Era::legacy);
  CHECK(era("tools/list", R"({"_meta":{"progressToken":1,"claudecode/toolUseId":"x"}})") == Era::legacy);
  CHECK(era("tools/list", "{}", "2025-11-25") == Era::legacy);
  CHECK(era("tools/list", "{}", "nonsense") == Era::legacy);
  CHECK(era("tools/list", R"({"_meta":7})") == Era::legacy);
  CHECK(era("tools/list", "{}", "2026-07-28") == Era::modern);
  CHECK(era("initialize", "{}", "2099-01-01") == Era::modern);
  for (const char* key : {"protocolVersion", "clientCapabilities", "clientInfo", "logLevel"})
    CHECK(era("initialize", R"({"_meta":{"io.modelcontextprotocol/)" + std::string(key) + R"(":null}})") == Era::modern);
  CHECK(era("server/discover", "{}") == Era::modern);
}

TEST_CASE("an envelope gives what the call needs to know") {
  const auto read = read_modern(*json::parse(
      R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"sampling":{}},)"
      R"("io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/logLevel":"error","progressToken":"t","traceparent":"p","tracestate":"s"}})"));
  const auto* envelope = std::get_if<Envelope>(&read);
  REQUIRE(envelope);
  CHECK(envelope->revision == "2026-07-28");
  CHECK(json::dump(envelope->client_capabilities) == R"({"sampling":{}})");
  CHECK(envelope->client_name == "c");
  CHECK(envelope->log_level == LogLevel::error);
  CHECK(envelope->progress_token == "\"t\"");
  CHECK(envelope->traceparent == "p");
  CHECK(envelope->tracestate == "s");
  CHECK(read_legacy(*json::parse(R"({"_meta":{"progressToken":1.5}})")).progress_token.empty());
}
