// One paid call and those who wait for it: what each is told, and when.
#include "native/serve/running_call.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "native/system.h"

namespace orthink::serve {
namespace {

constexpr std::string_view kFailed =
    R"({"schema":1,"type":"error","error":{"kind":"CANCELLED","code":"cancelled","message":"it was cancelled","remedy":"","blame":"caller","retry":"no"}})";

struct Waiter {
  std::shared_ptr<Mailbox> to = std::make_shared<Mailbox>();
  Seat seat(bool wants_progress, Instant until = Instant::never()) { return {to, 1, wants_progress, {}, until}; }
  // What is there already.
  std::vector<mcp::News> taken() {
    std::vector<mcp::News> all;
    uint64_t number = 0;
    for (mcp::News news; to->take(number, news);) all.push_back(news);
    return all;
  }
  // The next, waited for at most 20 s.
  mcp::News next() {
    uint64_t number = 0;
    mcp::News news;
    while (!to->take(number, news)) REQUIRE(to->wait(now() + Duration::seconds(20)));
    return news;
  }
};

std::string result_text(const mcp::News& news) {
  const auto* result = std::get_if<mcp::news::Result>(&news);
  REQUIRE(result != nullptr);
  return result->json;
}

std::shared_ptr<RunningCall> call_with(Alarms& alarms, const RunningCall::Pacing& pacing) {
  return std::make_shared<RunningCall>(alarms, "alice", "s1", now(), pacing);
}

TEST_CASE("Progress begins at once, leaves twice a second at most, and rises even without tokens", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {});
  Waiter waiter;
  call->sit(waiter.seat(true));
  const Instant from = now();
  Standing standing{"thinking", 0, 0, {}, {}};
  for (int i = 0; i < 200; ++i) {
    ++standing.thinking_tokens;
    call->tell(standing, from + Duration::millis(10 * i), i == 3);  // two seconds; the first token after 30 ms
  }
  const std::vector<mcp::News> news = waiter.taken();
  CHECK(news.size() == 6);  // the start, the first look, the first token, and then every 500 ms
  uint64_t last = 0;
  for (const mcp::News& each : news) {
    const auto* progress = std::get_if<mcp::news::Progress>(&each);
    REQUIRE(progress != nullptr);
    CHECK(progress->done > last);
    last = progress->done;
  }
}

TEST_CASE("In silence there is a beat", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {.beat_every = Duration::millis(20)});
  Waiter waiter;
  call->sit(waiter.seat(true));
  uint64_t last = 0;
  for (int i = 0; i < 4; ++i) {
    const mcp::News news = waiter.next();
    const auto* progress = std::get_if<mcp::news::Progress>(&news);
    REQUIRE(progress != nullptr);
    CHECK(progress->done > last);
    last = progress->done;
  }
  call->end({std::string(kFailed), {}});
}

TEST_CASE("However often somebody sits down, one alarm sees to the beat", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {.beat_every = Duration::seconds(60)});
  Waiter waiter;
  for (int i = 0; i < 100; ++i) call->leave(call->sit(waiter.seat(true)));
  call->sit(waiter.seat(true));
  CHECK(alarms.waiting() == 1);
}

TEST_CASE("Whoever wants no progress gets none", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {.beat_every = Duration::millis(1)});
  Waiter waiter;
  call->sit(waiter.seat(false, now() + Duration::millis(30)));
  CHECK(result_text(waiter.next()).find("\"state\":\"running\"") != std::string::npos);
  CHECK(waiter.taken().empty());
}

TEST_CASE("Each seat gets one result: the end, or the handle when its time is up", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {});
  Waiter patient, hasty, gone;
  call->sit(patient.seat(false));
  call->sit(hasty.seat(false, now()));
  const RunningCall::SeatId seat = call->sit(gone.seat(false));
  CHECK(call->leave(seat));
  CHECK(!call->leave(seat));
  CHECK(result_text(hasty.next()).find("get_result") != std::string::npos);
  call->end({std::string(kFailed), {}});
  CHECK(result_text(patient.next()).find("CANCELLED") != std::string::npos);
  for (Waiter* each : {&patient, &hasty, &gone}) CHECK(each->taken().empty());
  Waiter late;
  call->sit(late.seat(false));
  CHECK(result_text(late.taken().front()).find("CANCELLED") != std::string::npos);
  CHECK(!call->cancel());
}

TEST_CASE("A cancel that nothing heeds lets go with the handle", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {});
  Waiter waiter;
  call->sit(waiter.seat(false));
  const Instant asked = now();
  CHECK(call->cancel());
  CHECK(call->cancel());
  CHECK(call->cancellation().times() == 1);
  CHECK(result_text(waiter.next()).find("\"state\":\"running\"") != std::string::npos);
  CHECK((now() - asked).ms() < 1'000);
  call->abandon();
  CHECK(call->cancellation().times() == 2);
}

TEST_CASE("A cancel that may take longer leaves its seats waiting for the end", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {.release_after = Duration::millis(1)});
  const auto other = call_with(alarms, {.release_after = Duration::millis(1)});
  Waiter waiter, hasty;
  call->sit(waiter.seat(false));
  other->sit(hasty.seat(false));
  CHECK(call->cancel(Duration::seconds(60)));
  CHECK(other->cancel());
  CHECK(result_text(hasty.next()).find("\"state\":\"running\"") != std::string::npos);  // so its alarm has rung, and none for the first
  CHECK(waiter.taken().empty());
  call->end({std::string(kFailed), {}});
  CHECK(result_text(waiter.next()).find("CANCELLED") != std::string::npos);
}

size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

TEST_CASE("A call that has ended holds no descriptor and cannot be cancelled any more", "[running_call]") {
  Alarms alarms;
  const size_t before = open_descriptors();
  std::vector<std::shared_ptr<RunningCall>> kept;
  for (int i = 0; i < 32; ++i) {
    kept.push_back(call_with(alarms, {}));
    kept.back()->end({std::string(kFailed), {}});
  }
  CHECK(open_descriptors() == before);
  CHECK_FALSE(kept.front()->cancel());
  kept.front()->abandon();
}

TEST_CASE("A call that drains lets its seats go, and keeps its end for who asks later", "[running_call]") {
  Alarms alarms;
  const auto call = call_with(alarms, {});
  Waiter waiter, later;
  call->sit(waiter.seat(false));
  call->drains({std::string(kFailed), {}});
  CHECK(result_text(waiter.next()).find("CANCELLED") != std::string::npos);
  CHECK(!call->is_over());
  call->end({{}, {}, make_error(Errc::key_missing, "no key")});
  call->sit(later.seat(false));
  CHECK(result_text(later.next()).find("key_missing") != std::string::npos);
}

}  // namespace
}  // namespace orthink::serve
