#include "native/money/clock_guard.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <utility>

#include "native/money/book.h"
#include "native/system.h"
#include "tests/native/money/money.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink {
namespace {

using clock_guard::Anchor;
using clock_guard::Reading;

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;

Reading reading(const test::StillStore& store, int64_t up_s, const std::string& boot = "boot-1") {
  return {store.time, Duration::seconds(up_s), boot, "machine-1"};
}

TEST_CASE("a clock that keeps pace with the time since boot is believed") {
  test::StillStore store;
  const Result<Anchor> first = clock_guard::check(store, reading(store, 100));
  REQUIRE(first);
  CHECK(*store.document("clock/boot-1", store.time));
  store.time = store.time + Duration::seconds(40 * kDay);
  const Result<Anchor> later = clock_guard::check(store, reading(store, 100 + 40 * kDay));
  REQUIRE(later);
  CHECK(later->wall == first->wall);
}

TEST_CASE("a clock that was set is refused, by an hour and either way") {
  test::StillStore store;
  REQUIRE(clock_guard::check(store, reading(store, 100)));
  const Instant begun = store.time;
  const auto refused = [&](int64_t wall_s, int64_t up_s) {
    store.time = begun + Duration::seconds(wall_s);
    const Result<Anchor> anchor = clock_guard::check(store, reading(store, 100 + up_s));
    if (!anchor) {
      CHECK(anchor.error().errc == Errc::clock_refused);
      CHECK_FALSE(anchor.error().remedy.empty());
    }
    return !anchor;
  };
  CHECK_FALSE(refused(kHour, 0));
  CHECK(refused(kHour + 1, 0));
  CHECK_FALSE(refused(-kHour, 0));
  CHECK(refused(-kHour - 1, 0));
  CHECK(refused(31 * kDay, kHour));
  CHECK(refused(10 * kDay, 12 * kDay));
  CHECK_FALSE(refused(10 * kDay, 10 * kDay + 1800));
}

TEST_CASE("the refusal says by how much, and where the clock stands") {
  test::StillStore store;
  store.time = window::day_begin(20'700);
  REQUIRE(clock_guard::check(store, reading(store, 0)));
  store.time = window::day_begin(20'731);
  const Result<Anchor> anchor = clock_guard::check(store, reading(store, 0));
  REQUIRE_FALSE(anchor);
  CHECK(anchor.error().message == "the clock was set 31 days forward since this machine started, to " + window::iso_text(store.time));
  store.time = window::day_begin(20'700) + Duration::seconds(-3 * kHour);
  const Result<Anchor> back = clock_guard::check(store, reading(store, 0));
  REQUIRE_FALSE(back);
  CHECK(back.error().message == "the clock was set 3 hours back since this machine started, to " + window::iso_text(store.time));
}

TEST_CASE("a new boot makes a new anchor, and the machine's old one goes") {
  test::StillStore store;
  REQUIRE(clock_guard::check(store, reading(store, 100)));
  Reading other = reading(store, 5, "boot-9");
  other.machine = "machine-2";
  REQUIRE(clock_guard::check(store, other));
  store.time = store.time + Duration::seconds(90 * kDay);
  REQUIRE(clock_guard::check(store, reading(store, 7, "boot-2")));
  CHECK(*store.document("clock/boot-2", store.time));
  CHECK_FALSE(*store.document("clock/boot-1", store.time));
  CHECK(*store.document("clock/boot-9", store.time));
}

TEST_CASE("where the boot cannot be told nothing is checked or kept") {
  test::StillStore store;
  REQUIRE(clock_guard::check(store, reading(store, 100, "")));
  store.time = store.time + Duration::seconds(90 * kDay);
  CHECK(clock_guard::check(store, reading(store, 100, "")));
  CHECK(clock_guard::anchor_anew(store, reading(store, 100, ""))->wall == store.time);
  CHECK(store.documents("clock/", store.time)->empty());
}

TEST_CASE("where the machine cannot be told no other anchor is taken for its own") {
  test::StillStore store;
  Reading nameless = reading(store, 100);
  nameless.machine.clear();
  REQUIRE(clock_guard::check(store, nameless));
  nameless.boot = "boot-2";
  REQUIRE(clock_guard::check(store, nameless));
  CHECK(store.documents("clock/", store.time)->size() == 2);
}

// Another process of this boot keeps its anchor between this one's look and its write.
class Overtaken : public test::StillStore {
 public:
  StoreReply apply(const StoreBatch& batch) override {
    if (anchor) {
      StoreBatch first = batch;
      first.documents.front().text = std::exchange(anchor, std::nullopt);
      MemoryStore::apply(first);
    }
    return MemoryStore::apply(batch);
  }
  std::optional<std::string> anchor;
};

TEST_CASE("of two who keep the first anchor at once, the second is held against the first's") {
  Overtaken store;
  const std::string wall = std::to_string((store.time + Duration::seconds(-10)).us);
  SECTION("it agrees") {
    store.anchor = R"({"wall":)" + wall + R"(,"boot":90000000,"machine":"machine-1"})";
    const Result<Anchor> anchor = clock_guard::check(store, reading(store, 100));
    REQUIRE(anchor);
    CHECK(anchor->since_boot == Duration::seconds(90));
  }
  SECTION("it does not") {
    store.anchor = R"({"wall":)" + wall + R"(,"boot":7300000000,"machine":"machine-1"})";
    const Result<Anchor> anchor = clock_guard::check(store, reading(store, 100));
    REQUIRE_FALSE(anchor);
    CHECK(anchor.error().errc == Errc::clock_refused);
  }
}

TEST_CASE("documents of others are left alone, whatever they say") {
  test::StillStore store;
  StoreBatch batch;
  const std::vector<std::string> texts{"{", "[]", R"({"machine":7})", R"({"wall":1})", R"({"machine":"machine-2"})"};
  for (size_t i = 0; i < texts.size(); ++i)
    batch.documents.push_back({"clock/other-" + std::to_string(i), DocumentWrite::Expects::anything, {}, texts[i], Instant::never()});
  store.apply(batch);
  REQUIRE(clock_guard::check(store, reading(store, 100)));
  CHECK(store.documents("clock/", store.time)->size() == texts.size() + 1);
}

TEST_CASE("an anchor that cannot be read refuses") {
  test::StillStore store;
  StoreBatch batch;
  const std::string text = GENERATE("{", "[]", R"({"wall":"x"})", R"({"wall":1})", R"({"boot":1})", R"({"wall":1,"boot":"2"})",
                                    R"({"wall":1,"boot":2.5})", R"({"wall":99999999999999999999,"boot":2})");
  CAPTURE(text);
  batch.documents.push_back({"clock/boot-1", DocumentWrite::Expects::anything, {}, text, Instant::never()});
  store.apply(batch);
  const Result<Anchor> anchor = clock_guard::check(store, reading(store, 100));
  REQUIRE_FALSE(anchor);
  CHECK(anchor.error().errc == Errc::store_unavailable);
}

TEST_CASE("five minutes from the upstream are borne, not more") {
  for (const int64_t seconds : {int64_t{0}, int64_t{300}, int64_t{-300}}) CHECK(clock_guard::check_upstream(Duration::seconds(seconds)));
  for (const int64_t seconds : {int64_t{301}, int64_t{-301}, 40 * kDay}) {
    const Result<void> ok = clock_guard::check_upstream(Duration::seconds(seconds));
    REQUIRE_FALSE(ok);
    CHECK(ok.error().errc == Errc::clock_refused);
    CHECK(ok.error().message.find(seconds > 0 ? "ahead of" : "behind") != std::string::npos);
  }
}

// The store's clock is the wall clock of this test; the time since boot is the machine's.
struct Jumping : test::StillStore {
  Jumping() { time = wall_now(); }
};

TEST_CASE("a clock pushed forward a month opens no fresh budget") {
  auto owned = std::make_unique<Jumping>();
  Jumping& store = *owned;
  const Config config = test::config();
  const Result<std::unique_ptr<Book>> book = Book::open(config, std::move(owned), {.ahead_of_upstream = Duration{}});
  REQUIRE(book);
  const std::vector<Scope> payers{Scope{}};
  CHECK((*book)->options_for(payers));
  store.time = store.time + Duration::seconds(31 * kDay);
  const Result<LedgerOptions> options = (*book)->options_for(payers);  // a book that was open before
  REQUIRE_FALSE(options);
  CHECK(options.error().errc == Errc::clock_refused);

  const auto reopen = [&](std::optional<Duration> ahead) {
    auto copy = std::make_unique<Jumping>();
    copy->time = store.time;
    const Store::Texts documents = *store.documents("", store.time);
    for (const auto& [key, text] : documents) {
      StoreBatch batch;
      batch.documents.push_back({key, DocumentWrite::Expects::anything, {}, text, Instant::never()});
      copy->apply(batch);
    }
    Result<std::unique_ptr<Book>> opened = Book::open(config, std::move(copy), {.ahead_of_upstream = ahead});
    return opened ? Errc::internal : opened.error().errc;
  };
  CHECK(reopen({}) == Errc::clock_refused);
  CHECK(reopen(Duration::seconds(31 * kDay)) == Errc::clock_refused);
  CHECK(reopen(Duration::seconds(2)) == Errc::internal);  // the upstream agrees: it was set right
}

// The machine was off while its clock was set, or is new: only the upstream can tell.
TEST_CASE("a clock that nobody has looked at since boot is compared before anything is bought") {
  const Config config = test::config();
  test::StillStore kept;
  kept.time = wall_now();
  using Clock = BookOptions::Clock;
  const auto open = [&](const BookOptions& options) {
    Result<std::unique_ptr<Book>> book = Book::open(config, std::make_unique<test::WrappedStore>(kept), options);
    return book ? Errc::internal : book.error().errc;
  };
  CHECK(open({.ahead_of_upstream = {}, .clock = Clock::must_be_proven}) == Errc::clock_refused);
  CHECK(open({.ahead_of_upstream = {}, .clock = Clock::must_be_proven}) == Errc::clock_refused);  // being refused once is no proof
  CHECK(open({}) == Errc::internal);  // who buys nothing proves nothing
  CHECK(open({.ahead_of_upstream = Duration::seconds(3600), .clock = Clock::must_be_proven}) == Errc::clock_refused);
  CHECK(open({.ahead_of_upstream = {}, .clock = Clock::must_be_proven}) == Errc::clock_refused);
  CHECK(open({.ahead_of_upstream = Duration::seconds(1), .clock = Clock::must_be_proven}) == Errc::internal);
  CHECK(open({.ahead_of_upstream = {}, .clock = Clock::must_be_proven}) == Errc::internal);  // once a boot is enough
}

TEST_CASE("an upstream that tells no time leaves the clock as it is found, once a boot") {
  test::StillStore kept;
  kept.time = wall_now();
  using Clock = BookOptions::Clock;
  REQUIRE(Book::open(test::config(), std::make_unique<test::WrappedStore>(kept), {.ahead_of_upstream = {}, .clock = Clock::cannot_be_proven}));
  CHECK(Book::open(test::config(), std::make_unique<test::WrappedStore>(kept), {.ahead_of_upstream = {}, .clock = Clock::must_be_proven}));
  kept.time = kept.time + Duration::seconds(2 * 3600);
  const auto later = Book::open(test::config(), std::make_unique<test::WrappedStore>(kept), {.ahead_of_upstream = {}, .clock = Clock::cannot_be_proven});
  REQUIRE_FALSE(later);
  CHECK(later.error().errc == Errc::clock_refused);
}

TEST_CASE("windows are taken from the store's clock, and never from before the latest reservation") {
  auto owned = std::make_unique<Jumping>();
  Jumping& store = *owned;
  const Result<std::unique_ptr<Book>> book = Book::open(test::config(), std::move(owned));
  REQUIRE(book);
  const auto time_of_calls = [&] { return now() + *(*book)->clock_ahead(); };
  const auto is_near = [](Instant a, Instant b) { return (a - b).us < 1'000'000 && (b - a).us < 1'000'000; };
  store.time = now() + Duration::seconds(1800);
  CHECK(is_near(time_of_calls(), store.time));
  StoreBatch batch;
  batch.marks.push_back({"clock", (store.time + Duration::seconds(200)).us, 0});
  store.apply(batch);
  CHECK(is_near(time_of_calls(), store.time + Duration::seconds(200)));
  // A clock that fell behind by more than the slack is the reservation's to refuse.
  batch.marks.front().value = (store.time + Duration::seconds(400)).us;
  store.apply(batch);
  CHECK(is_near(time_of_calls(), store.time));
  const HoldRecord record = test::record("call-1", {Scope{}}, store.time);
  CHECK(store.apply(ledger::reserve(record, test::unlimited({Scope{}}), "e", store.time)).verdict == StoreReply::Verdict::clock_behind);
}

}  // namespace
}  // namespace orthink
