// Alarms ring at their time, in their order, and not after they were cancelled.
#include "native/serve/alarms.h"

#include <catch2/catch_test_macros.hpp>
#include <future>
#include <memory>
#include <vector>

#include "native/system.h"

namespace orthink::serve {
namespace {

TEST_CASE("Alarms ring in the order of their times, whatever the order they were set in", "[alarms]") {
  Alarms alarms;
  std::vector<int> rung;
  std::promise<void> last;
  const Instant from = now();
  alarms.at(from + Duration::millis(40), [&] { rung.push_back(3), last.set_value(); });
  alarms.at(from + Duration::millis(10), [&] { rung.push_back(1); });
  alarms.at(from + Duration::millis(20), [&] { rung.push_back(2); });
  last.get_future().wait();
  CHECK(rung == std::vector{1, 2, 3});
  CHECK(now() - from >= Duration::millis(40));
}

TEST_CASE("A cancelled alarm does not ring, and what it held is let go at once", "[alarms]") {
  Alarms alarms;
  std::promise<void> later;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  bool has_rung = false;
  const Instant from = now();
  const Alarms::Id id = alarms.at(from + Duration::millis(10), [&has_rung, kept = std::move(held)] { has_rung = kept != nullptr; });
  alarms.cancel(id);
  CHECK(watched.expired());
  alarms.at(from + Duration::millis(30), [&] { later.set_value(); });
  later.get_future().wait();
  CHECK(!has_rung);
}

TEST_CASE("An alarm may set and cancel alarms itself", "[alarms]") {
  Alarms alarms;
  std::promise<void> second;
  alarms.at(now(), [&] { alarms.at(now(), [&] { second.set_value(); }); });
  second.get_future().wait();
}

TEST_CASE("Alarms that have not rung are dropped with their clock", "[alarms]") {
  bool has_rung = false;
  {
    Alarms alarms;
    alarms.at(now() + Duration::seconds(3600), [&] { has_rung = true; });
  }
  CHECK(!has_rung);
}

}  // namespace
}  // namespace orthink::serve
