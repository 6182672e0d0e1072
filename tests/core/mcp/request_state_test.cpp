#include "orthink/mcp/request_state.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using namespace orthink::mcp;

namespace {

std::string binding(std::string_view principal, std::string_view name, std::string_view arguments) {
  return state_binding(principal, "tools/call", name, *json::parse(arguments));
}

}  // namespace

TEST_CASE("a state comes back to its call and to no other") {
  const std::string mine = binding("key:a", "echo", R"({"x":1,"y":{"b":2,"a":[1,2]}})");
  const std::string sealed = seal_state("key", mine, Instant::from_ms(1'000), "round 1");
  const auto opened = [&](std::string_view key, const std::string& of, int64_t ms) { return open_state(key, of, Instant::from_ms(ms), sealed); };
  CHECK(opened("key", mine, 999) == "round 1");
  CHECK(opened("key", binding("key:a", "echo", R"({"y":{"a":[1,2],"b":2},"x":1})"), 0) == "round 1");
  CHECK_FALSE(opened("key", mine, 1'000));
  CHECK_FALSE(opened("other", mine, 0));
  CHECK_FALSE(opened("", mine, 0));
  CHECK_FALSE(opened("key", binding("key:b", "echo", R"({"x":1,"y":{"b":2,"a":[1,2]}})"), 0));
  CHECK_FALSE(opened("key", binding("key:a", "other", R"({"x":1,"y":{"b":2,"a":[1,2]}})"), 0));
  CHECK_FALSE(opened("key", binding("key:a", "echo", R"({"x":1,"y":{"b":2,"a":[2,1]}})"), 0));
  CHECK(binding("a", "bc", "{}") != binding("ab", "c", "{}"));
}

TEST_CASE("a state that was changed in any character, or cut anywhere, is refused") {
  const std::string mine = binding("a", "b", "{}");
  const std::string sealed = seal_state("key", mine, Instant::from_ms(1'000), "payload");
  for (size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(open_state("key", mine, Instant::zero(), changed));
    CHECK_FALSE(open_state("key", mine, Instant::zero(), sealed.substr(0, at)));
  }
  CHECK_FALSE(open_state("key", mine, Instant::zero(), sealed + "A"));
  CHECK(open_state("key", mine, Instant::zero(), seal_state("key", mine, Instant::from_ms(1), "")) == "");
}
