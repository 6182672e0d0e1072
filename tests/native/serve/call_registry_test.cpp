// Which calls a server knows, for whom, and for how long.
#include "native/serve/call_registry.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

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
  // Ended, and what it came to told to somebody.
  void end_told(const std::shared_ptr<RunningCall>& call, Ending ending = {"{}", {}}) {
    call->sit({mailbox, 1, false, {}, Instant::never()});
    call->end(std::move(ending));
    registry.close(call, now());
  }
  bool has(const std::string& owner, const std::string& id) { return registry.find(owner, id, now()) != nullptr; }
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
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

TEST_CASE("A name is free as soon as its call has ended, before that is noted", "[call_registry]") {
  House house;
  const auto first = house.open("alice", "s");
  first->end({"{}", {}});
  const auto second = house.open("alice", "s");
  house.registry.close(first, now());
  CHECK(house.registry.find("alice", "s", now()) == second);
  CHECK(house.registry.running() == 1);
}

TEST_CASE("While others are there, an owner runs half of what may run", "[call_registry]") {
  House house(4);
  std::vector<std::shared_ptr<RunningCall>> greedy;
  for (const char* id : {"1", "2", "3", "4"}) greedy.push_back(house.open("alice", id));
  CHECK(!house.registry.open(house.alarms, "bob", "1", now()));
  house.end(greedy[0]);
  const auto again = house.registry.open(house.alarms, "alice", "5", now());  // bob has asked: he is there
  REQUIRE(!again);
  CHECK(again.error().errc == Errc::rate_limited);
  const auto bobs = house.open("bob", "1");
  for (const auto& call : greedy) {
    if (!call->is_over()) house.end_told(call, {{}, {}, make_error(Errc::key_missing, "no key")});
  }
  const Instant later = now() + CallRegistry::kKeptFor + Duration::seconds(60);
  house.open("alice", "6");
  house.open("alice", "7");
  CHECK(!house.registry.open(house.alarms, "alice", "8", later));  // bob's runs on
  house.end_told(bobs, {{}, {}, make_error(Errc::key_missing, "no key")});
  CHECK(house.registry.open(house.alarms, "alice", "8", later + Duration::seconds(60)));
}

TEST_CASE("Endings are kept for an hour", "[call_registry]") {
  House house;
  house.end(house.open("alice", "old"));
  CHECK(house.registry.find("alice", "old", now() + Duration::seconds(3'590)) != nullptr);
  CHECK(house.registry.find("alice", "old", now() + Duration::seconds(3'610)) == nullptr);
}

TEST_CASE("Of too many endings those go first that somebody was told or that bought nothing", "[call_registry]") {
  House house;
  house.end(house.open("alice", "paid"));
  house.end_told(house.open("alice", "told"));
  house.open("alice", "refused")->end({{}, {}, make_error(Errc::key_missing, "no key")});
  house.registry.close(house.registry.find("alice", "refused", now()), now());
  CHECK(house.has("alice", "refused"));  // nobody has heard of it yet
  house.end_told(house.open("alice", "dismissed"), {{}, {}, make_error(Errc::key_missing, "no key")});
  CHECK(!house.has("alice", "dismissed"));
  for (size_t i = 3; i < CallRegistry::kEndingsMax; ++i) house.end(house.open("alice", std::to_string(i)));
  CHECK(house.has("alice", "told"));
  house.end(house.open("alice", "one more"));
  CHECK(!house.has("alice", "told"));
  house.end(house.open("alice", "and one more"));
  CHECK(!house.has("alice", "refused"));
  CHECK(house.has("alice", "paid"));
  house.end(house.open("alice", "the last"));
  CHECK(!house.has("alice", "paid"));
}

TEST_CASE("An owner's endings are nobody else's loss", "[call_registry]") {
  House house;
  house.end(house.open("bob", "paid"));
  for (size_t i = 0; i < CallRegistry::kEndingsMax + 5; ++i) house.end(house.open("alice", std::to_string(i)));
  CHECK(house.has("bob", "paid"));
  CHECK(!house.has("alice", "4"));
  CHECK(house.has("alice", "5"));
  const size_t half = CallRegistry::kEndingBytesMax / 2;
  for (const char* id : {"a", "b", "c"}) house.end(house.open("carol", id), std::string(half, 'x'));
  CHECK(house.has("bob", "paid"));
  CHECK(house.has("alice", "5"));
  CHECK(!house.has("carol", "a"));
  CHECK(!house.has("carol", "b"));
  CHECK(house.has("carol", "c"));
}

}  // namespace
}  // namespace orthink::serve
