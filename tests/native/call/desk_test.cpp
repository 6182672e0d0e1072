// The desk: what is opened when, and what is read anew while calls run.
#include "native/call/desk.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "tests/native/call/room.h"
#include "tests/native/raw_server.h"

namespace orthink {
namespace {

TEST_CASE("A desk without a key opens nothing and says which key is missing", "[desk]") {
  test::Room room;
  std::filesystem::remove(room.folder.file("key"));
  Desk desk(room.config());
  Result<Till> till = desk.open();
  REQUIRE(!till);
  CHECK(till.error().errc == Errc::key_missing);
  CHECK(desk.book_at_hand() == nullptr);
  CHECK(room.simulator->requests().empty());

  room.put_key("sk-test-late");
  CHECK(desk.open());
}

TEST_CASE("Many who open at once share one book and one fetch of the catalogue", "[desk]") {
  test::Room room;
  ::setenv("XDG_CACHE_HOME", room.folder.file("cache").c_str(), 1);
  Desk desk(room.config());
  std::atomic<int> opened{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i)
    threads.emplace_back([&] {
      if (desk.open()) ++opened;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(opened == 200);
  const auto requests = room.simulator->requests();
  CHECK(std::count_if(requests.begin(), requests.end(), [](const auto& request) { return request.path == "/api/v1/models"; }) == 1);
  const Result<Till> a = desk.open();
  const Result<Till> b = desk.open();
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->book == b->book);
  CHECK(a->catalogue == b->catalogue);
  CHECK(a->upstream.client == b->upstream.client);
  ::unsetenv("XDG_CACHE_HOME");
}

TEST_CASE("While one waits for an upstream that is silent, others can be called off, and none asks once more", "[desk]") {
  std::atomic<int> asked{0};
  test::RawServer silent([&asked](test::Connection& connection) {
    if (!connection.read_request().empty()) ++asked;
    static_cast<void>(connection.read_request());  // until the client closes
  });
  test::Room room;
  room.set(",\"base_url\":\"" + silent.url() + "\"");
  ::setenv("XDG_CACHE_HOME", room.folder.file("cache").c_str(), 1);
  Desk desk(room.config());
  Wakeup stop_first, stop_second;
  std::optional<Errc> first, second;
  std::atomic<bool> is_first_over{false};
  std::thread fetching([&] {
    const Result<Till> till = desk.open(stop_first.fd());
    if (!till) first = till.error().errc;
    is_first_over = true;
  });
  while (asked == 0) std::this_thread::yield();
  std::thread waiting([&] {
    const Result<Till> till = desk.open(stop_second.fd());
    if (!till) second = till.error().errc;
  });
  stop_second.notify();
  waiting.join();
  CHECK(second == Errc::cancelled);
  CHECK(!is_first_over);
  stop_first.notify();
  fetching.join();
  CHECK(first == Errc::cancelled);
  CHECK(asked == 1);
  ::unsetenv("XDG_CACHE_HOME");
}

TEST_CASE("A key that is read anew serves the next call, and the running one keeps its own", "[desk]") {
  test::Room room;
  Desk desk(room.config());
  const Result<Till> before = desk.open();
  REQUIRE(before);
  REQUIRE(desk.reread(room.config()));
  CHECK(desk.upstream()->client == before->upstream.client);  // the same key: connections are kept

  room.put_key("sk-test-second");
  REQUIRE(desk.reread(room.config()));
  const Result<Till> after = desk.open();
  REQUIRE(after);
  CHECK(after->upstream.client != before->upstream.client);
  CHECK(after->upstream.key_id != before->upstream.key_id);
  CHECK(after->book == before->book);

  std::filesystem::remove(room.folder.file("key"));
  const Result<void> lost = desk.reread(room.config());
  REQUIRE(!lost);
  CHECK(lost.error().errc == Errc::key_missing);
  CHECK(desk.upstream()->key_id == after->upstream.key_id);
}

TEST_CASE("A refusal of the key is remembered until a call succeeds, the key is read anew, or another one is there", "[desk]") {
  test::Room room;
  Desk desk(room.config());
  const std::string key_id = desk.upstream()->key_id;
  CHECK(desk.judge_key(key_id, make_error(Errc::upstream_auth, "no")));
  CHECK(!desk.judge_key(key_id, make_error(Errc::upstream_auth, "no")));  // known already
  CHECK(!desk.judge_key(key_id, make_error(Errc::upstream_unavailable, "later")));
  REQUIRE(desk.key_refusal());
  CHECK(desk.key_refusal()->errc == Errc::upstream_auth);
  CHECK(!desk.judge_key(key_id, std::nullopt));
  CHECK(!desk.key_refusal());
  CHECK(!desk.judge_key("another", make_error(Errc::upstream_auth, "no")));
  CHECK(!desk.key_refusal());
  CHECK(desk.judge_key(key_id, make_error(Errc::upstream_auth, "no")));
  CHECK(!desk.judge_key("another", std::nullopt));
  CHECK(desk.key_refusal());
  REQUIRE(desk.reread(room.config()));
  CHECK(!desk.key_refusal());
  // One model that may not be used, or a provider that does not take a key of its own, says nothing of ours.
  Error of_provider = make_error(Errc::upstream_auth, "Incorrect API key provided");
  of_provider.provider = "OpenAI";
  CHECK(!desk.judge_key(key_id, of_provider));
  CHECK(!desk.judge_key(key_id, make_error(Errc::upstream_permission, "not in this region")));
  CHECK(!desk.key_refusal());
}

TEST_CASE("What is planned with is read once, and never bought with", "[desk]") {
  test::Room room;
  ::setenv("XDG_CACHE_HOME", room.folder.file("cache").c_str(), 1);
  Desk desk(room.config());
  const std::shared_ptr<const Catalogue> planned = desk.catalogue_at_hand();
  CHECK(planned->source == Catalogue::Source::snapshot);
  CHECK(desk.catalogue_at_hand() == planned);
  CHECK(room.simulator->requests().empty());
  const Result<Till> till = desk.open();
  REQUIRE(till);
  CHECK(till->catalogue->source != Catalogue::Source::snapshot);
  CHECK(desk.catalogue_at_hand() == till->catalogue);
  ::unsetenv("XDG_CACHE_HOME");
}

TEST_CASE("While a store to look into is opened, nobody else waits", "[desk]") {
  std::promise<void> asked, let_go;
  std::shared_future<void> released = let_go.get_future().share();
  std::atomic<bool> has_asked{false};
  test::RawServer silent([&](test::Connection&) {
    if (!has_asked.exchange(true)) asked.set_value();
    released.wait();
  });
  test::Room room;
  room.store = "redis://127.0.0.1:" + std::to_string(silent.port());
  Desk desk(room.config());
  std::atomic<bool> is_over{false};
  std::thread looking([&] {
    static_cast<void>(desk.store());
    is_over = true;
  });
  const bool has_come = asked.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  CHECK(has_come);
  CHECK(desk.book_at_hand() == nullptr);
  CHECK(desk.config());
  CHECK(!is_over);
  let_go.set_value();
  looking.join();
}

TEST_CASE("A book is taken in passing only where an existing ledger has open rows", "[desk]") {
  test::Room room;
  room.store = "sqlite:" + room.folder.file("ledger.db");
  Desk desk(room.config());
  Result<std::shared_ptr<Book>> passing = desk.passing_book();
  REQUIRE(passing);
  CHECK(*passing == nullptr);
  CHECK(!std::filesystem::exists(room.folder.file("ledger.db")));
  REQUIRE(open_store(room.store));
  passing = desk.passing_book();
  REQUIRE(passing);
  CHECK(*passing == nullptr);
}

TEST_CASE("Looking into the store opens no book", "[desk]") {
  test::Room room;
  Desk desk(room.config());
  REQUIRE(desk.store());
  CHECK(desk.book_at_hand() == nullptr);
  const Result<Till> till = desk.open();
  REQUIRE(till);
  CHECK(desk.store()->get() == &till->book->store());
}

}  // namespace
}  // namespace orthink
