// Where limits stand: keys, windows, rates, the document and the bars.
#include "orthink/ledger/budget.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "orthink/ledger/memory_table.h"
#include "orthink/ledger/window.h"

using namespace orthink;

namespace {

const Instant kNoon{1'795'521'600'000'000};  // 2026-11-24T12:00:00Z
const Scope kAlice{ScopeKind::user, "alice"};

}  // namespace

TEST_CASE("a document and bars of a book with money spent and held") {
  const ledger::ScopeList limits{{Scope{}, *Limits::parse(R"({"usd_per_month":"10"})")},
                                 {kAlice, *Limits::parse(R"({"usd_per_day":"1","requests_per_minute":6,"requests_per_day":100})")}};
  const int64_t day = window::day_of(kNoon), month = window::month_of(kNoon);
  const budget::Values counters{{ledger::committed_key({}, true, month), 2'500'000'000},
                                {ledger::committed_key(kAlice, false, day), 750'000'000},
                                {ledger::held_key(kAlice, false, day), 250'000'000},
                                {ledger::requests_key(kAlice, day), 7},
                                {ledger::blocked_key(kAlice), 1}};
  const budget::Values arrivals{{ledger::requests_rate_key(kAlice), kNoon.us + 10'000'001}};
  const auto states = budget::states(limits, counters, arrivals, kNoon);
  CHECK(budget::json(states) ==
        R"({"schema":1,"scopes":[{"scope":"global","id":null,"blocked":false,"limits":[{"what":"usd_per_month","limit":"10","spent":"2.5",)"
        R"("held":"0","left":"7.5","resets_at":"2026-12-01T00:00:00Z"}]},{"scope":"user","id":"alice","blocked":true,"limits":[)"
        R"({"what":"usd_per_day","limit":"1","spent":"0.5","held":"0.25","left":"0.25","resets_at":"2026-11-25T00:00:00Z"},)"
        R"({"what":"requests_per_minute","limit":6,"spent":2,"held":0,"left":4,"resets_at":"2026-11-24T12:00:10Z"},)"
        R"({"what":"requests_per_day","limit":100,"spent":7,"held":0,"left":93,"resets_at":"2026-11-25T00:00:00Z"}]}]})");
  CHECK(budget::text(states, 80) == R"(global
  usd_per_month        [#####...............] $7.5 left of $10
                       $2.5 spent, $0 held, resets 2026-12-01T00:00:00Z
user:alice  BLOCKED
  usd_per_day          [##########=====.....] $0.25 left of $1
                       $0.5 spent, $0.25 held, resets 2026-11-25T00:00:00Z
  requests_per_minute  [######..............] 4 left of 6
                       2 used, resets 2026-11-24T12:00:10Z
  requests_per_day     [#...................] 93 left of 100
                       7 used, resets 2026-11-25T00:00:00Z
)");
  CHECK(budget::text({states[0]}, 120) ==
        "global\n  usd_per_month        [#####...............] $7.5 left of $10; $2.5 spent, $0 held, resets 2026-12-01T00:00:00Z\n");
  CHECK(budget::text({states[0]}, 40) ==
        "global\n  usd_per_month        $7.5 left of $10\n                       $2.5 spent, $0 held, resets 2026-12-01T00:00:00Z\n");
  const auto marked = [](Ink ink, std::string_view text) { return std::to_string(static_cast<int>(ink)) + "<" + std::string(text) + ">"; };
  CHECK(budget::text({states[0]}, 120, marked) ==
        "0<global>\n  usd_per_month        [1<#####>2<>...............] $7.5 left of $10; 4<$2.5 spent, $0 held, resets "
        "2026-12-01T00:00:00Z>\n");
}

TEST_CASE("the keys are those that a reservation moves, in both windows of a month's last day") {
  const auto all =
      *Limits::parse(R"({"usd_per_day":"1","usd_per_month":"1","requests_per_minute":1,"requests_per_day":1,"tokens_per_minute":100})");
  const ledger::ScopeList limits{{Scope{}, all}, {kAlice, all}};
  const Instant last{window::month_begin(window::month_of(kNoon) + 1).us - 1};
  HoldRecord hold;
  hold.call_id = "c";
  hold.row = 1;
  hold.scopes = {Scope{}, kAlice};
  hold.day = window::day_of(last);
  hold.month = window::month_of(last);
  hold.bound = {5};
  hold.tokens_bound = 50;
  MemoryTable table;
  REQUIRE(table.apply(ledger::reserve(hold, limits, "e", last)).verdict == StoreReply::Verdict::applied);
  for (const auto& state : budget::states(limits, table.counters(), table.rates(), last)) {
    REQUIRE(state.limits.size() == kLimitKinds.size());
    CHECK(state.limits[0].held == 5);
    CHECK(state.limits[1].held == 5);
    CHECK(state.limits[2].spent == 1);
    CHECK(state.limits[3].spent == 1);
    CHECK(state.limits[4].spent == 50);
    CHECK(state.limits[1].resets == Instant{last.us + 1});
  }
  const budget::Keys keys = budget::keys(limits, last);
  CHECK(keys.counters.size() == 12);
  for (const std::string& key : keys.rates) CHECK(table.rates().contains(key));
  const auto next = budget::states(limits, table.counters(), table.rates(), Instant{last.us + 60'000'001});
  for (const ledger::LimitState& state : next[0].limits) CHECK(state.spent + state.held == 0);
}

TEST_CASE("bars are of one width and rates within 0 and their limit, whatever the numbers") {
  std::mt19937_64 dice(20261124);
  for (int i = 0; i < 5'000; ++i) {
    const auto pick = [&] { return static_cast<int64_t>(dice() >> (11 + dice() % 53)); };
    Limits limits;
    limits.set(LimitKind::usd_per_day, pick());
    limits.set(LimitKind::tokens_per_minute, pick() % 1'000'000'001);
    const int64_t day = window::day_of(kNoon), held = pick();
    const budget::Values counters{{ledger::held_key(kAlice, false, day), held}, {ledger::committed_key(kAlice, false, day), held + pick()}};
    const auto states =
        budget::states({{kAlice, limits}}, counters, {{ledger::tokens_rate_key(kAlice), kNoon.us - 100 + pick() % 200'000'000}}, kNoon);
    const ledger::LimitState& rate = states[0].limits[1];
    if (rate.spent < 0 || rate.spent > rate.limit) FAIL(rate.spent << " of " << rate.limit);
    const std::string text = budget::text(states, 80);
    const size_t open = text.find('[');
    if (text.find(']') != open + 21) FAIL(text);
  }
}

TEST_CASE("no scopes, no limits, no control characters") {
  CHECK(budget::json({}) == R"({"schema":1,"scopes":[]})");
  CHECK(budget::text({}, 80).empty());
  const auto states = budget::states({{{ScopeKind::user, "a\x1b[2J\n\xff"}, {}}}, {}, {}, kNoon);
  CHECK(budget::text(states, 10) == "user:a?[2J??\n  no limit of money; this month $0 spent, $0 held\n");
  const auto turned = budget::states({{{ScopeKind::user, "a\u202eb\u009bc"}, {}}}, {}, {}, kNoon);
  CHECK(budget::text(turned, 80).starts_with("user:a?b?c\n"));
  const auto wide = budget::states({{{ScopeKind::user, std::string(200, 'x')}, {}}}, {}, {}, kNoon);
  CHECK(budget::text(wide, 50).starts_with("user:" + std::string(33, 'x') + "\n"));
  CHECK(budget::text(budget::states({{{ScopeKind::user, "*"}, {}}}, {}, {}, kNoon), 80).starts_with("user:*  default of the kind\n"));
  const auto spending = budget::states({{kAlice, {}}},
                                       {{ledger::committed_key(kAlice, true, window::month_of(kNoon)), 7'500'000'000},
                                        {ledger::held_key(kAlice, true, window::month_of(kNoon)), 500'000'000}},
                                       {}, kNoon);
  CHECK(budget::text(spending, 80) == "user:alice\n  no limit of money; this month $7 spent, $0.5 held\n");
}

TEST_CASE("a scope without limits has the keys of its month and its block alone") {
  const ledger::ScopeList limits{{kAlice, Limits{}}};
  const int64_t month = window::month_of(kNoon);
  const budget::Keys keys = budget::keys(limits, kNoon);
  CHECK(keys.counters == std::vector<std::string>{ledger::blocked_key(kAlice), ledger::committed_key(kAlice, true, month),
                                                  ledger::held_key(kAlice, true, month)});
  CHECK(keys.rates.empty());
}

TEST_CASE("a bar that what is held fills, and one of the largest limit") {
  ledger::LimitState state;
  state.scope = kAlice;
  state.kind = LimitKind::usd_per_day;
  state.limit = 10;
  state.held = 10;
  const auto bar = [&state] { return budget::text({{kAlice, false, {state}, 0, 0}}, 80); };
  CHECK(bar().find("[====================]") != std::string::npos);
  state.spent = 1;
  CHECK(bar().find("[#===================]") != std::string::npos);
  state.limit = INT64_MAX;
  state.held = 0;
  state.spent = INT64_MAX / 2;
  CHECK(bar().find("[##########..........]") != std::string::npos);
}
