// What a caller of `orthink serve` may, by the key that was made for him: tools, models, money, and whose they are.
#ifdef ORTHINK_PROGRAM

#include <catch2/catch_test_macros.hpp>

#include "tests/native/cli/served_program.h"

namespace orthink {
namespace {

using test::RawAnswer;
using test::ServedRoom;

std::string call(const std::string& tool, const std::string& arguments) {
  return R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":")" + tool + R"(","arguments":)" + arguments + "}}";
}

std::unique_ptr<ServedRoom> room_with_key(std::string& key, std::vector<std::string> flags) {
  auto room = std::make_unique<ServedRoom>();
  REQUIRE(save_key(room->home.path() + "/key", Secret("sk-test")));
  key = room->add_key("ci", std::move(flags));
  room->begin();
  return room;
}

// "done", the code of the error that a tool gave, or that of JSON-RPC.
std::string outcome(const ServedRoom& room, const std::string& credential, const std::string& tool, const std::string& arguments) {
  const RawAnswer answer = room.ask(ServedRoom::bearer(credential), call(tool, arguments));
  INFO(answer.head << answer.body);
  const std::string json = answer.body.starts_with("{") ? answer.body : answer.body.substr(answer.body.rfind("data: ") + 6);
  const Result<json::Value> document = json::parse(json.substr(0, json.find_last_of('}') + 1));
  REQUIRE(document);
  if (const json::Value* error = document->find("error")) return "rpc " + error->find("code")->text();
  const json::Value* content = document->find("result")->find("structuredContent");
  REQUIRE(content);
  const json::Value* error = content->find("error");
  return error != nullptr && error->is_object() ? error->find("code")->text() : "done";
}

const std::string kHello = R"({"prompt":"Hello","max_tokens":3000})";

TEST_CASE("a key with a list of tools sees and calls those alone", "[serve]") {
  std::string key;
  const auto room = room_with_key(key, {"--allow-tools", "health,plan_request"});
  const RawAnswer listed = room->ask(ServedRoom::bearer(key), R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  CHECK(listed.body.find("\"health\"") != std::string::npos);
  CHECK(listed.body.find("\"thinking_completion\"") == std::string::npos);
  CHECK(outcome(*room, key, "health", "{}") == "done");
  CHECK(outcome(*room, key, "plan_request", kHello) == "done");
  for (const char* tool : {"thinking_completion", "budget_status", "get_result", "usage_report"}) CHECK(outcome(*room, key, tool, kHello) == "rpc -32602");
  CHECK(room->simulator->bill().lines.empty());
}

TEST_CASE("a key with a list of models buys of those alone, as the model asked and as one to fall back to", "[serve]") {
  std::string key;
  const auto room = room_with_key(key, {"--allow-models", "openai/*"});
  const auto ask = [&](const std::string& models) { return outcome(*room, key, "thinking_completion", R"({"prompt":"Hello","max_tokens":3000,)" + models + "}"); };
  CHECK(ask(R"("model":"openai/gpt-5-mini")") == "done");
  CHECK(room->simulator->bill().lines.size() == 1);
  CHECK(ask(R"("model":"anthropic/claude-haiku-4.5")") != "done");
  CHECK(ask(R"("model":"openai/gpt-5-mini","fallbacks":["anthropic/claude-haiku-4.5"])") != "done");
  CHECK(outcome(*room, key, "thinking_completion", kHello) != "done");  // the default model is not among them
  CHECK(outcome(*room, key, "plan_request", R"({"prompt":"Hello","model":"anthropic/claude-haiku-4.5"})") != "done");
  CHECK(room->simulator->bill().lines.size() == 1);
  const RawAnswer listed = room->ask(ServedRoom::bearer(key), call("list_models", "{}"));
  CHECK(listed.body.find("anthropic/") == std::string::npos);
  CHECK(listed.body.find("openai/") != std::string::npos);
}

TEST_CASE("a key has limits of its own, and whom it is bound to pays", "[serve]") {
  std::string key;
  const auto room = room_with_key(key, {"--user", "alice", "--requests-per-day", "1"});
  CHECK(outcome(*room, key, "thinking_completion", R"({"prompt":"Hello","max_tokens":3000,"metadata":{"user":"bob"}})") == "invalid_argument");
  CHECK(outcome(*room, key, "thinking_completion", R"({"prompt":"Hello","max_tokens":3000,"metadata":{"user":"alice"}})") == "done");
  CHECK(outcome(*room, key, "thinking_completion", kHello) == "rate_limited");
  CHECK(room->simulator->bill().lines.size() == 1);
  CHECK(outcome(*room, room->token(), "thinking_completion", kHello) == "done");  // another caller is not held up
  room->child->signal(SIGTERM);
  CHECK(room->child->wait() == 0);
  const test::Ran report = test::run_command(room->home, {ORTHINK_PROGRAM, "report", "--by", "user", "--json"}, "",
                                             {{"XDG_STATE_HOME", room->home.path() + "/.local/state"}});
  INFO(report.out << report.err);
  CHECK(report.out.find("\"alice\"") != std::string::npos);
  CHECK(report.out.find("\"bob\"") == std::string::npos);
}

}  // namespace
}  // namespace orthink

#endif
