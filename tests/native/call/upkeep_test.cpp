// What a server does beside its calls: outcomes that were left unknown are asked about.
#include "native/call/upkeep.h"

#include <unistd.h>

#include <array>
#include <functional>
#include <thread>

#include "orthink/ledger/record.h"
#include "tests/native/call/leftovers.h"
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

void look_until(Upkeep& upkeep, const std::function<bool()>& is_done) {
  upkeep.begin();
  for (const Instant until = now() + Duration::seconds(20); now() < until; std::this_thread::yield()) {
    if (is_done()) return;  // asked once: it may be so of one round alone
    upkeep.look_now();
  }
  FAIL("it does not come to be so");
}

TEST_CASE("What killed processes left is taken in and asked about before anybody buys", "[upkeep]") {
  test::Room room("eof-no-done");
  room.store = "sqlite:" + room.folder.file("ledger.db");
  {
    Desk before(room.config());
    Silent silent;
    static_cast<void>(buy(before, test::ask_of(R"({"prompt":"Why?","think":"off","max_tokens":100})"), {}, silent));
  }
  const std::unique_ptr<Store> store = std::move(*open_store(room.store));
  test::leave_reserved(*store);
  REQUIRE(count(*store, HoldState::unknown) == 1);
  REQUIRE(count(*store, HoldState::reserved) == 1);
  Desk desk(room.config());
  Upkeep upkeep(desk);
  look_until(upkeep, [&] { return count(*store, HoldState::unknown) + count(*store, HoldState::reserved) == 0; });
  CHECK(count(*store, HoldState::settled) == 1);
  CHECK(count(*store, HoldState::released) == 1);
  CHECK(room.bought() == 1);
  CHECK(desk.book_at_hand() == nullptr);
  CHECK(upkeep.failures() == 0);
}

TEST_CASE("What upkeep cannot do is counted, named and logged", "[upkeep]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  test::Room room("eof-no-done");
  Desk desk(room.config());
  Silent silent;
  static_cast<void>(buy(desk, test::ask_of(R"({"prompt":"Why?","think":"off","max_tokens":100})"), {}, silent));
  room.simulator.reset();
  {
    observe::Log log({.fd = ends[1]});
    Upkeep upkeep(desk, &log);
    CHECK(!upkeep.trouble());
    std::optional<Error> trouble;  // of one round: the next may have nothing to ask about
    look_until(upkeep, [&] {
      trouble = upkeep.trouble();
      return trouble.has_value();
    });
    CHECK(upkeep.failures() > 0);
    REQUIRE(trouble);
    CHECK(trouble->message.starts_with("upkeep of the ledger: "));
  }
  std::array<char, 4'096> line{};
  const ssize_t n = ::read(ends[0], line.data(), line.size());
  REQUIRE(n > 0);
  CHECK(std::string_view(line.data(), static_cast<size_t>(n)).find("\"event\":\"upkeep_failed\",\"what\":\"reconcile\"") != std::string_view::npos);
  for (const int end : ends) ::close(end);
}

// Where nobody calls a server that says it is not ready, no call could tell that its key is good again.
TEST_CASE("A key that was refused is asked about until the upstream takes it", "[upkeep]") {
  test::Room room;
  Desk desk(room.config());
  desk.judge_key(desk.upstream()->key_id, make_error(Errc::upstream_auth, "no"));
  Upkeep upkeep(desk);
  look_until(upkeep, [&] { return !desk.key_refusal(); });
  REQUIRE(!room.simulator->requests().empty());
  CHECK(room.simulator->requests().front().path == "/api/v1/key");

  room.put_key("sk-wrong-one");
  REQUIRE(desk.reread(room.config()));
  desk.judge_key(desk.upstream()->key_id, make_error(Errc::upstream_auth, "no"));
  const size_t before = room.simulator->requests().size();
  look_until(upkeep, [&] { return room.simulator->requests().size() > before + 1; });
  CHECK(desk.key_refusal());
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
