// Usage: what is not known stays unknown, and who is paid.
#include "orthink/cost/usage.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("what was charged: nothing without a cost, and with one's own key the vendor is paid besides") {
  Usage usage;
  usage.upstream_cost = Money{7};
  CHECK_FALSE(usage.charged());
  usage.cost = Money{5};
  CHECK(usage.charged() == Money{5});  // whose key it was is not known
  usage.is_byok = false;
  CHECK(usage.charged() == Money{5});
  usage.is_byok = true;
  CHECK(usage.charged() == Money{12});
  usage.upstream_cost.reset();
  CHECK(usage.charged() == Money{5});
}

TEST_CASE("visible tokens are those of the answer that are no thinking, and never fewer than none") {
  Usage usage;
  usage.thinking_tokens = 3;
  CHECK_FALSE(usage.visible_tokens());
  usage.completion_tokens = 10;
  CHECK(usage.visible_tokens() == 7);
  usage.thinking_tokens = 11;
  CHECK(usage.visible_tokens() == 0);
  usage.thinking_tokens.reset();
  CHECK(usage.visible_tokens() == 10);
}

TEST_CASE("states of a usage have names") {
  CHECK(name(UsageState::none) == "none");
  CHECK(name(UsageState::partial) == "partial");
  CHECK(name(UsageState::final_) == "final");
}
