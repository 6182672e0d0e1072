#include "orthink/chat/fingerprint.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

using namespace orthink;

namespace {

std::string of(std::string_view document) {
  const Result<Ask> ask = parse_ask(document);
  REQUIRE(ask.ok());
  return fingerprint(*ask);
}

}  // namespace

TEST_CASE("the same question has the same fingerprint, however it is written") {
  const std::string one = of(R"({"prompt":"Why?","think":"8k","seed":1,"provider":{"order":["a"],"allow_fallbacks":false}})");
  CHECK(one.size() == 64);
  CHECK(one == of(R"({ "provider":{"allow_fallbacks":false,"order":["a"]}, "seed":1, "think":"8000", "messages":[{"content":"Why?","role":"user"}] })"));
}

TEST_CASE("any field that differs makes another fingerprint") {
  const std::set<std::string> all{
      of(R"({"prompt":"Why?"})"),
      of(R"({"prompt":"Why? "})"),
      of(R"({"prompt":"Why?","system":"Be brief."})"),
      of(R"({"prompt":"Why?","model":"openai/gpt-5-mini"})"),
      of(R"({"prompt":"Why?","models":["anthropic/claude-haiku-4.5","openai/gpt-5-mini"]})"),
      of(R"({"prompt":"Why?","think":"8k"})"),
      of(R"({"prompt":"Why?","think":"off"})"),
      of(R"({"prompt":"Why?","answer_tokens":8000})"),
      of(R"({"prompt":"Why?","max_tokens":8000})"),
      of(R"({"prompt":"Why?","max_cost_usd":"0.5"})"),
      of(R"({"prompt":"Why?","max_cost_usd":"0.5","fit":true})"),
      of(R"({"prompt":"Why?","lenient":true})"),
      of(R"({"prompt":"Why?","stream":false})"),
      of(R"({"prompt":"Why?","hide_thinking":true})"),
      of(R"({"prompt":"Why?","user":"x"})"),
      of(R"({"prompt":"Why?","tenant":"x"})"),
      of(R"({"prompt":"Why?","session":"x"})"),
      of(R"({"prompt":"Why?","deadline_s":5})"),
      of(R"({"prompt":"Why?","deadline_s":6})"),
      of(R"({"prompt":"Why?","temperature":0})"),
      of(R"({"prompt":"Why?","temperature":1})"),
      of(R"({"prompt":"Why?","stop":["a","b"]})"),
      of(R"({"prompt":"Why?","stop":["b","a"]})"),
  };
  CHECK(all.size() == 23);
}
