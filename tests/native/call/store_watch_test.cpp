// Whether the store would take a purchase: found out beside the calls, and told at once.
#include "native/call/store_watch.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "tests/native/call/room.h"
#include "tests/native/raw_server.h"

namespace orthink {
namespace {

// Runs each piece of work on a thread of its own, and counts them.
class Runner {
 public:
  ~Runner() { finish(); }
  StoreWatch::Run run() {
    return [this](std::function<void()> work) {
      threads_.emplace_back(std::move(work));
      return true;
    };
  }
  void finish() {
    for (std::thread& each : threads_)
      if (each.joinable()) each.join();
  }
  [[nodiscard]] size_t runs() const { return threads_.size(); }

 private:
  std::vector<std::thread> threads_;
};

constexpr Duration kLong = Duration::seconds(60);

TEST_CASE("A store that takes a batch is no trouble, and is not tried again while that is new", "[store_watch]") {
  test::Room room;
  Desk desk(room.config());
  Runner runner;
  StoreWatch watch(desk, runner.run(), {.every = kLong, .patience = kLong});
  for (int i = 0; i < 100; ++i) CHECK(!watch.trouble());
  CHECK(runner.runs() == 1);
}

TEST_CASE("A store that cannot be opened is trouble until it can", "[store_watch]") {
  test::Room room;
  REQUIRE(write_file(room.folder.file("taken"), "no folder", 0600));
  room.store = "sqlite:" + room.folder.file("taken") + "/ledger.db";
  Desk desk(room.config());
  Runner runner;
  StoreWatch watch(desk, runner.run(), {.every = Duration{}, .patience = kLong});
  const std::optional<Error> trouble = watch.trouble();
  REQUIRE(trouble);
  CHECK(trouble->errc == Errc::store_unavailable);
  std::filesystem::remove(room.folder.file("taken"));
  CHECK(watch.trouble());  // what the last try found, while the next one is under way
  runner.finish();
  CHECK(!watch.trouble());
}

TEST_CASE("Nobody waits for a store that does not answer, and it is tried once at a time", "[store_watch]") {
  std::promise<void> let_go;
  const std::shared_future<void> released = let_go.get_future().share();
  test::RawServer silent([&](test::Connection&) { released.wait(); });
  test::Room room;
  room.store = "redis://127.0.0.1:" + std::to_string(silent.port());
  Desk desk(room.config());
  Runner runner;
  {
    StoreWatch watch(desk, runner.run(), {.every = Duration{}, .patience = Duration::millis(1), .late = kLong});
    for (int i = 0; i < 10; ++i) {
      const std::optional<Error> trouble = watch.trouble();
      REQUIRE(trouble);
      CHECK(trouble->message == "the ledger has not answered yet");
    }
    CHECK(runner.runs() == 1);
    let_go.set_value();
    runner.finish();
    CHECK(watch.trouble()->message.find("127.0.0.1") != std::string::npos);
    runner.finish();
  }
  StoreWatch impatient(desk, runner.run(), {.every = Duration{}, .patience = Duration{}, .late = Duration{}});
  CHECK(impatient.trouble()->message == "the ledger has not answered for 0 s");
  runner.finish();
}

TEST_CASE("Without a thread to try it on a store is not called good", "[store_watch]") {
  test::Room room;
  Desk desk(room.config());
  StoreWatch watch(desk, [](std::function<void()>) { return false; }, {.patience = kLong});
  CHECK(watch.trouble());
}

}  // namespace
}  // namespace orthink
