// What a server does beside its calls: outcomes that were left unknown are asked about.
#include "native/call/upkeep.h"

#include <thread>

#include "orthink/ledger/record.h"
#include "tests/native/call/room.h"

namespace orthink {
namespace {

class Silent : public Customer {
 public:
  std::unique_ptr<TurnAudience> attend(const Exchange&, NativeWorld&) override { return std::make_unique<Seat>(); }

 private:
  class Seat : public TurnAudience {
    void see(const Exchange&, const Output&) override {}
  };
};

size_t count(Store& store, HoldState state) {
  size_t n = 0;
  REQUIRE(store.rows({}, [&](const std::string&, const StoredRow& row) {
    if (row.state == state) ++n;
    return true;
  }));
  return n;
}

TEST_CASE("An unknown outcome is asked about in the background until it is known", "[upkeep]") {
  test::Room room("eof-no-done");
  Desk desk(room.config());
  Silent silent;
  static_cast<void>(buy(desk, test::ask_of(R"({"prompt":"Why?","think":"off","max_tokens":100})"), {}, silent));
  Store& store = desk.book_at_hand()->store();
  REQUIRE(count(store, HoldState::unknown) == 1);
  Upkeep upkeep(desk);
  upkeep.begin();
  upkeep.begin();
  for (const Instant until = now() + Duration::seconds(20); count(store, HoldState::unknown) > 0 && now() < until; std::this_thread::yield())
    upkeep.look_now();
  CHECK(count(store, HoldState::unknown) == 0);
  CHECK(count(store, HoldState::settled) == 1);
}

TEST_CASE("Upkeep without a book or a key does nothing, and ends at once", "[upkeep]") {
  test::Room room;
  Desk desk(room.config());
  const Instant from = now();
  {
    Upkeep upkeep(desk);
    upkeep.begin();
  }
  CHECK((now() - from).ms() < 5'000);
  CHECK(room.simulator->requests().empty());
}

}  // namespace
}  // namespace orthink
