#include <catch2/catch_test_macros.hpp>

#include "orthink/catalog/effort.h"

using namespace orthink;

TEST_CASE("efforts have their wire names") {
  for (size_t i = 0; i < kEfforts; ++i) CHECK(parse_effort(name(static_cast<Effort>(i))) == static_cast<Effort>(i));
  CHECK(!parse_effort("High"));
  CHECK(!parse_effort(""));
}

TEST_CASE("the nearest lower level is never none") {
  EffortSet set;
  set.add(Effort::none);
  set.add(Effort::low);
  set.add(Effort::high);
  CHECK(set.nearest_lower(Effort::max) == Effort::high);
  CHECK(set.nearest_lower(Effort::high) == Effort::high);
  CHECK(set.nearest_lower(Effort::medium) == Effort::low);
  CHECK(!set.nearest_lower(Effort::minimal));
  CHECK(set.to_text() == "low, high");
}

TEST_CASE("budget = max(min(cap * ratio, 128000), 1024)") {
  CHECK(effort_budget_tokens(Effort::max, 20'000) == 19'000);
  CHECK(effort_budget_tokens(Effort::xhigh, 20'000) == 19'000);
  CHECK(effort_budget_tokens(Effort::high, 20'480) == 16'384);
  CHECK(effort_budget_tokens(Effort::medium, 8'192) == 4'096);
  CHECK(effort_budget_tokens(Effort::low, 20'000) == 4'000);
  CHECK(effort_budget_tokens(Effort::minimal, 20'000) == 2'000);
  CHECK(effort_budget_tokens(Effort::minimal, 5'000) == 1'024);
  CHECK(effort_budget_tokens(Effort::high, 1'000'000) == 128'000);
  CHECK(effort_budget_tokens(Effort::high, UINT64_MAX) == 128'000);
}
