// Which calls a server knows, for whom, and for how long.
#include "native/serve/call_registry.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "native/system.h"

namespace orthink::serve {
namespace {

struct House {
  explicit House(size_t running_max = 8) : registry(running_max) {}
  std::shared_ptr<RunningCall> open(const std::string& owner, const std::string& id) {
    Result<std::shared_ptr<RunningCall>> call = registry.open(alarms, owner, id, now());
    REQUIRE(call);
    return *call;
  }
  void end(const std::shared_ptr<RunningCall>& call, std::string thinking = "") {
    call->end({"{}", std::move(thinking)});
    registry.close(call, now());
  }
  Alarms alarms;
  CallRegistry registry;
};

TEST_CASE("Owners reach their own calls alone", "[call_registry]") {
  House house;
  const auto call = house.open("alice", "s");
  CHECK(house.registry.find("alice", "s", now()) == call);
  CHECK(house.registry.find("bob", "s", now()) == nullptr);
  CHECK(house.open("bob", "s") != call);
}

TEST_CASE("A name is taken while its call runs, and free again when it has ended", "[call_registry]") {
  House house;
  const auto first = house.open("alice", "s");
  const auto again = house.registry.open(house.alarms, "alice", "s", now());
  REQUIRE(!again);
  CHECK(again.error().errc == Errc::invalid_argument);
  house.end(first);
  const auto second = house.open("alice", "s");
  CHECK(second != first);
  CHECK(house.registry.find("alice", "s", now()) == second);
}

TEST_CASE("More calls than may run are refused until one has ended", "[call_registry]") {
  House house(2);
  const auto first = house.open("alice", "1");
  house.open("alice", "2");
  const auto third = house.registry.open(house.alarms, "alice", "3", now());
  REQUIRE(!third);
  CHECK(third.error().errc == Errc::rate_limited);
  CHECK(house.registry.running() == 2);
  house.end(first);
  house.open("alice", "3");
  CHECK(house.registry.all_running().size() == 2);
}

TEST_CASE("Endings are kept for an hour, and the newest of too many", "[call_registry]") {
  House house;
  house.end(house.open("alice", "old"));
  CHECK(house.registry.find("alice", "old", now() + Duration::seconds(3'590)) != nullptr);
  CHECK(house.registry.find("alice", "old", now() + Duration::seconds(3'610)) == nullptr);
  for (size_t i = 0; i < CallRegistry::kEndingsMax + 5; ++i) house.end(house.open("alice", std::to_string(i)));
  CHECK(house.registry.find("alice", "4", now()) == nullptr);
  CHECK(house.registry.find("alice", "5", now()) != nullptr);
  House large;
  const size_t half = CallRegistry::kEndingBytesMax / 2;
  for (const char* id : {"a", "b", "c"}) large.end(large.open("alice", id), std::string(half, 'x'));
  CHECK(large.registry.find("alice", "a", now()) == nullptr);
  CHECK(large.registry.find("alice", "b", now()) == nullptr);
  CHECK(large.registry.find("alice", "c", now()) != nullptr);
}

}  // namespace
}  // namespace orthink::serve
