#include "native/serve/threads.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <future>

using namespace orthink;

TEST_CASE("threads do what they are given") {
  serve::Threads threads(20);
  for (int i = 0; i < 20; ++i) {
    std::promise<void> done;
    REQUIRE(threads.run([&] { done.set_value(); }));
    done.get_future().get();
  }
  CHECK(threads.count() <= 20);
}

TEST_CASE("no more threads than allowed, and none after the end") {
  serve::Threads threads(1);
  std::promise<void> may_end;
  auto ends = may_end.get_future().share();
  REQUIRE(threads.run([ends] { ends.wait(); }));
  CHECK_FALSE(threads.run([] {}));
  may_end.set_value();
  threads.finish();
  CHECK_FALSE(threads.run([] {}));
}

// Rousing is a hint: with nobody idle, with nothing to do afterwards and many times over it changes nothing.
TEST_CASE("a thread that is roused takes what comes, and goes on waiting where nothing does") {
  serve::Threads threads(200);
  threads.rouse();
  std::atomic<int> done{0};
  for (int i = 0; i < 200; ++i) {
    for (int again = 0; again < i % 4; ++again) threads.rouse();
    if (i % 3 == 0) continue;
    std::promise<void> over;
    REQUIRE(threads.run([&] {
      ++done;
      over.set_value();
    }));
    over.get_future().get();
  }
  CHECK(done == 133);
  threads.finish();
  CHECK(threads.count() == 0);
}
