#include "native/serve/work.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "native/system.h"
#include "native/wait_piece.h"

using namespace orthink;
using serve::Mailbox;

namespace {

mcp::News progress(uint64_t done) { return mcp::news::Progress{done, std::nullopt, {}}; }

std::vector<std::string> take_all(Mailbox& mailbox) {
  std::vector<std::string> seen;
  uint64_t call = 0;
  mcp::News news;
  while (mailbox.take(call, news)) {
    std::string text = std::to_string(call) + ":";
    if (const auto* p = std::get_if<mcp::news::Progress>(&news)) text += "progress " + std::to_string(p->done);
    if (const auto* r = std::get_if<mcp::news::Result>(&news)) text += "result " + r->json;
    if (std::holds_alternative<mcp::news::Log>(news)) text += "log";
    seen.push_back(text);
  }
  return seen;
}

}  // namespace

TEST_CASE("news come out in the order they were posted") {
  Mailbox mailbox;
  mailbox.post(1, progress(1));
  mailbox.post(2, progress(7));
  mailbox.post(1, mcp::news::Result{"{}"});
  CHECK(take_all(mailbox) == std::vector<std::string>{"1:progress 1", "2:progress 7", "1:result {}"});
  CHECK(take_all(mailbox).empty());
}

TEST_CASE("a crowd of news is thinned, but for what ends a call") {
  Mailbox mailbox;
  for (uint64_t i = 1; i <= 10'000; ++i) mailbox.post(1, progress(i));
  for (int i = 0; i < 10'000; ++i) mailbox.post(2, mcp::news::Log{});
  mailbox.post(1, progress(10'001));
  mailbox.post(2, mcp::news::Result{"{}"});
  mailbox.post(1, mcp::news::Result{"{}"});
  const std::vector<std::string> seen = take_all(mailbox);
  CHECK(seen.size() < 1'100);
  CHECK(seen.front() == "1:progress 1");
  CHECK(seen[seen.size() - 2] == "2:result {}");
  CHECK(seen.back() == "1:result {}");
  uint64_t logs = 0, last = 0;
  for (const std::string& text : seen) {
    if (text == "2:log") ++logs;
    if (text.starts_with("1:progress ")) {
      const uint64_t done = std::stoull(text.substr(11));
      CHECK(done > last);
      last = done;
    }
  }
  CHECK(logs >= 900);
  CHECK(last == 10'001);
}

TEST_CASE("a waiting reader is woken by news and by a call, and by its time") {
  Mailbox mailbox;
  CHECK(!mailbox.wait(now()));
  std::thread poster([&] { mailbox.post(1, mcp::news::Result{"{}"}); });
  CHECK(mailbox.wait(now() + Duration::seconds(20)));
  poster.join();
  CHECK(take_all(mailbox).size() == 1);
  std::thread waker([&] { mailbox.wake(); });
  CHECK(mailbox.wait(Instant::never()));
  waker.join();
  CHECK(!mailbox.wait(now() + Duration::millis(1)));
}

TEST_CASE("no news is lost between many posters and one reader") {
  Mailbox mailbox;
  constexpr uint64_t kPosters = 8;
  constexpr uint64_t kEach = 2'000;
  std::vector<std::thread> posters;
  for (uint64_t p = 1; p <= kPosters; ++p) {
    posters.emplace_back([&mailbox, p] {
      for (uint64_t i = 0; i < kEach; ++i) mailbox.post(p, mcp::news::Result{"{}"});
    });
  }
  uint64_t seen = 0;
  while (seen < kPosters * kEach) {
    REQUIRE(mailbox.wait(now() + Duration::seconds(20)));
    seen += take_all(mailbox).size();
  }
  for (std::thread& poster : posters) poster.join();
  CHECK(take_all(mailbox).empty());
}

TEST_CASE("whoever posts may be told to look") {
  int told = 0;
  Mailbox mailbox([&] {
    ++told;
    return false;
  });
  mailbox.post(1, progress(1));
  mailbox.wake();
  CHECK(told == 2);
}

TEST_CASE("whoever waits is let wait on while the poster sees to the news") {
  Mailbox* box = nullptr;
  bool sees_to_it = true;
  std::vector<std::string> seen;
  Mailbox mailbox([&] {
    if (sees_to_it) seen = take_all(*box);
    return sees_to_it;
  });
  box = &mailbox;
  mailbox.post(1, progress(1));
  CHECK(seen.size() == 1);
  CHECK_FALSE(mailbox.wait(Instant::zero()));
  sees_to_it = false;
  mailbox.post(1, progress(2));
  CHECK(mailbox.wait(Instant::zero()));
  CHECK(take_all(mailbox).size() == 1);
}

// The microseconds of never() overflow as nanoseconds: the wait returned at once, and whoever waited so kept a core busy.
TEST_CASE("a wait without end is taken in pieces") {
  CHECK(wait_piece(Instant::never()) == std::chrono::hours(1));
  CHECK(wait_piece(now() + Duration::seconds(1'000'000'000)) == std::chrono::hours(1));
  CHECK(wait_piece(Instant::zero()).count() == 0);
  const auto soon = wait_piece(now() + Duration::seconds(60));
  CHECK((soon > std::chrono::seconds(1) && soon <= std::chrono::seconds(60)));
}
