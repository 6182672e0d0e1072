#include "orthink/mcp/progress.h"

#include <catch2/catch_test_macros.hpp>
#include <utility>

#include "tests/support/slicer.h"

using namespace orthink;
using namespace orthink::mcp;

TEST_CASE("whatever comes, progress rises, no more than two leave in two intervals, and the newest value gets out") {
  for (uint64_t seed = 1; seed <= orthink::test::seeded_rounds(); ++seed) {
    INFO("seed " << seed);
    orthink::test::Seeded seeded(seed);
    Progress progress(Duration::millis(500));
    int64_t now = 0, last_at = -1'000, before_last_at = -1'000;
    uint64_t last = 0, highest = 0;
    const auto leaves = [&](const std::optional<news::Progress>& ready) {
      if (!ready) return;
      CHECK(ready->done > last);
      CHECK(now - before_last_at >= 1'000);
      last = ready->done;
      before_last_at = std::exchange(last_at, now);
    };
    for (int step = 0; step < 100; ++step) {
      now += static_cast<int64_t>(seeded.below(300));
      const uint64_t done = 1 + seeded.below(1'000);
      highest = std::max(highest, done);
      leaves(progress.offer(Instant::from_ms(now), {done, {}, {}}));
    }
    if (!progress.next().is_never()) {
      now = std::max(now, progress.next().ms());
      leaves(progress.due(Instant::from_ms(now)));
    }
    CHECK(last == highest);
    CHECK(progress.next().is_never());
  }
}

TEST_CASE("the second one follows the first at once, the third waits") {
  Progress progress(Duration::millis(500));
  CHECK(progress.offer(Instant::from_ms(0), {1, {}, "begun"}));
  CHECK(progress.offer(Instant::from_ms(3), {2, {}, "first token"}));
  CHECK_FALSE(progress.offer(Instant::from_ms(4), {3, {}, {}}));
  CHECK(progress.next() == Instant::from_ms(1'000));
  CHECK_FALSE(progress.due(Instant::from_ms(999)));
  CHECK(progress.due(Instant::from_ms(1'000)));
}
