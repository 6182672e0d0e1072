#include "orthink/access/principal.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink::access;

TEST_CASE("who runs the program may use every tool and model") {
  const Principal caller = Principal::local();
  CHECK(caller.id == "local");
  CHECK(caller.may_use_tool("health"));
  CHECK(caller.may_use_model("openai/gpt-5"));
  CHECK(!caller.limits);
}

TEST_CASE("a list of models allows its ids, and what begins as its patterns do") {
  Principal caller;
  caller.models = {"openai/*", "anthropic/claude-haiku-4.5"};
  CHECK(caller.may_use_model("openai/gpt-5-mini"));
  CHECK(caller.may_use_model("anthropic/claude-haiku-4.5"));
  CHECK_FALSE(caller.may_use_model("anthropic/claude-haiku-4.5:floor"));
  CHECK_FALSE(caller.may_use_model("anthropic/claude-opus-4.5"));
  CHECK_FALSE(caller.may_use_model("openai"));
  CHECK_FALSE(caller.may_use_model("OpenAI/gpt-5"));
  CHECK_FALSE(caller.may_use_model(""));
}

TEST_CASE("a list of tools allows no other") {
  Principal caller;
  caller.tools = {"health", "plan_request"};
  CHECK(caller.may_use_tool("plan_request"));
  CHECK_FALSE(caller.may_use_tool("thinking_completion"));
}

TEST_CASE("a star in the midst of a pattern is a character") {
  CHECK_FALSE(matches_any({"open*/x"}, "openai/x"));
  CHECK(matches_any({"*"}, "anything"));
  CHECK_FALSE(matches_any({}, "anything"));
}
