// The moves of the ledger on the reference table: invariants after every step, refusals in words.
#include "orthink/ledger/ledger.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "orthink/ledger/memory_table.h"
#include "orthink/ledger/window.h"

using namespace orthink;
using Verdict = StoreReply::Verdict;

namespace {

const Instant kNoon{1'795'521'600'000'000};  // 2026-11-24T12:00:00Z
const Scope kAlice{ScopeKind::user, "alice"};

ledger::ScopeList scopes(const char* global, const char* alice) {
  return {{Scope{}, *Limits::parse(global)}, {kAlice, *Limits::parse(alice)}};
}

HoldRecord record(const ledger::ScopeList& limits, uint32_t number, int64_t bound, Instant at = kNoon) {
  HoldRecord hold;
  hold.call_id = "call-" + std::to_string(number);
  hold.row = 1;
  hold.attempt = 1;
  for (const ScopeLimits& each : limits) hold.scopes.push_back(each.scope);
  hold.day = window::day_of(at);
  hold.month = window::month_of(at);
  hold.bound = {bound};
  hold.tokens_bound = 100;
  hold.created = at;
  return hold;
}

int64_t committed(const MemoryTable& table, const HoldRecord& hold) {
  return table.counter(ledger::committed_key(kAlice, false, hold.day));
}
int64_t held(const MemoryTable& table, const HoldRecord& hold) { return table.counter(ledger::held_key(kAlice, false, hold.day)); }

}  // namespace

TEST_CASE("a hold is reserved, sent and settled, and both books follow") {
  MemoryTable table;
  const auto limits = scopes("{}", R"({"usd_per_day":"0.000001"})");
  HoldRecord hold = record(limits, 1, 800);
  REQUIRE(table.apply(ledger::reserve(hold, limits, "e1", kNoon)).verdict == Verdict::applied);
  CHECK(committed(table, hold) == 800);
  CHECK(held(table, hold) == 800);
  REQUIRE(table.apply(ledger::mark_sent(hold, "e1", kNoon)).verdict == Verdict::applied);
  hold.actual = {300};
  hold.source = AmountSource::provider;
  REQUIRE(table.apply(ledger::settle(hold, HoldState::sent, limits, kNoon)).verdict == Verdict::applied);
  CHECK(committed(table, hold) == 300);
  CHECK(held(table, hold) == 0);
  CHECK(table.apply(ledger::settle(hold, HoldState::sent, limits, kNoon)).verdict == Verdict::row_conflict);
  CHECK(committed(table, hold) == 300);
  CHECK(table.journal("global").size() == 3);
  CHECK(table.rows().at("call-1/1").state == HoldState::settled);
}

TEST_CASE("the last nano-dollar is allowed, one more is refused in words, and what is left is named") {
  MemoryTable table;
  const auto limits = scopes(R"({"usd_per_month":"1"})", R"({"usd_per_day":"0.000001"})");
  REQUIRE(table.apply(ledger::reserve(record(limits, 1, 600), limits, "e1", kNoon)).verdict == Verdict::applied);
  const HoldRecord second = record(limits, 2, 401);
  const StoreReply reply = table.apply(ledger::reserve(second, limits, "e1", kNoon));
  REQUIRE(reply.verdict == Verdict::guard_failed);
  const Error error = ledger::refusal(second, limits, reply, kNoon);
  CHECK(error.errc == Errc::budget_refused);
  CHECK(error.message ==
        "user:alice may use $0.000001 a day: $0 spent, $0.0000006 held; this call may cost up to $0.000000401");
  CHECK(error.scope == "user:alice");
  CHECK(error.resets_at == "2026-11-25T00:00:00Z");
  CHECK(error.retry_after == Duration::seconds(12 * 3600));
  REQUIRE(ledger::affordable(second, limits, reply));
  CHECK(ledger::affordable(second, limits, reply)->nano == 400);
  CHECK(table.apply(ledger::reserve(record(limits, 3, 400), limits, "e1", kNoon)).verdict == Verdict::applied);
}

TEST_CASE("a refused reservation leaves nothing in any scope") {
  MemoryTable table;
  const auto limits = scopes(R"({"requests_per_day":10})", R"({"usd_per_day":"0"})");
  const MemoryTable before = table;
  CHECK(table.apply(ledger::reserve(record(limits, 1, 1), limits, "e1", kNoon)).verdict == Verdict::guard_failed);
  CHECK(table == before);
}

TEST_CASE("retries hold at most a tenth of what the tightest limit has left, all calls together") {
  MemoryTable table;
  const auto limits = scopes(R"({"usd_per_month":"1"})", R"({"usd_per_day":"0.000001"})");
  HoldRecord first = record(limits, 1, 100);
  REQUIRE(table.apply(ledger::reserve(first, limits, "e1", kNoon)).verdict == Verdict::applied);
  StoreBatch release = ledger::release(first, HoldState::reserved, limits, kNoon);
  ledger::read_standing(release, first);
  const std::vector<ledger::LimitState> standing = ledger::limit_states(first, limits, table.apply(release));
  REQUIRE(standing.size() == 2);
  CHECK(standing[1].left() == 1'000);

  HoldRecord retry = first;
  retry.row = 2;
  retry.bound = {60};
  REQUIRE(table.apply(ledger::reserve_retry(retry, limits, standing, "e1", kNoon)).verdict == Verdict::applied);
  HoldRecord other = record(limits, 2, 41);
  other.row = 2;
  const MemoryTable before = table;
  StoreReply reply = table.apply(ledger::reserve_retry(other, limits, standing, "e1", kNoon));
  REQUIRE(reply.verdict == Verdict::guard_failed);
  CHECK(table == before);
  REQUIRE(ledger::stands_against_retry(other, standing, reply));
  CHECK(ledger::stands_against_retry(other, standing, reply)->scope == limits[1].scope);
  // A first row of the same size passes; and when the retry is over, so does the next one.
  const HoldRecord plain = record(limits, 3, 41);
  CHECK(table.apply(ledger::reserve(plain, limits, "e1", kNoon)).verdict == Verdict::applied);
  REQUIRE(table.apply(ledger::release(retry, HoldState::reserved, limits, kNoon)).verdict == Verdict::applied);
  CHECK(table.counter(ledger::retries_key(limits[1].scope, false, retry.day)) == 0);
  CHECK(table.apply(ledger::reserve_retry(other, limits, standing, "e1", kNoon)).verdict == Verdict::applied);
  // What the limit itself refuses is said in its words.
  HoldRecord dear = record(limits, 4, 919);
  dear.row = 2;
  reply = table.apply(ledger::reserve_retry(dear, limits, standing, "e1", kNoon));
  CHECK_FALSE(ledger::stands_against_retry(dear, standing, reply));
  CHECK(ledger::refusal(dear, limits, reply, kNoon).errc == Errc::budget_refused);
}

TEST_CASE("a release of what was never sent gives the request back; an unknown keeps the hold until it is settled") {
  MemoryTable table;
  const auto limits = scopes("{}", R"({"requests_per_day":1})");
  HoldRecord first = record(limits, 1, 5);
  REQUIRE(table.apply(ledger::reserve(first, limits, "e1", kNoon)).verdict == Verdict::applied);
  CHECK(table.apply(ledger::reserve(record(limits, 2, 5), limits, "e1", kNoon)).verdict == Verdict::guard_failed);
  REQUIRE(table.apply(ledger::release(first, HoldState::reserved, limits, kNoon)).verdict == Verdict::applied);
  HoldRecord third = record(limits, 3, 5);
  REQUIRE(table.apply(ledger::reserve(third, limits, "e1", kNoon)).verdict == Verdict::applied);
  REQUIRE(table.apply(ledger::mark_sent(third, "e1", kNoon)).verdict == Verdict::applied);
  REQUIRE(table.apply(ledger::leave_unknown(third, kNoon, kNoon)).verdict == Verdict::applied);
  CHECK(held(table, third) == 5);
  third.actual = third.bound;
  third.source = AmountSource::bound;
  REQUIRE(table.apply(ledger::settle(third, HoldState::unknown, {}, kNoon)).verdict == Verdict::applied);
  CHECK(held(table, third) == 0);
  CHECK(committed(table, third) == 5);
}

TEST_CASE("rates let a burst of the limit pass, then one at a time") {
  MemoryTable table;
  const auto limits = scopes("{}", R"({"requests_per_minute":7})");
  for (uint32_t i = 0; i < 7; ++i)
    REQUIRE(table.apply(ledger::reserve(record(limits, i, 1), limits, "e1", kNoon)).verdict == Verdict::applied);
  const HoldRecord eighth = record(limits, 8, 1);
  const StoreReply reply = table.apply(ledger::reserve(eighth, limits, "e1", kNoon));
  REQUIRE(reply.verdict == Verdict::rate_limited);
  const Error error = ledger::refusal(eighth, limits, reply, kNoon);
  CHECK(error.errc == Errc::rate_limited);
  CHECK(error.message == "user:alice may use 7 requests a minute: 7 used; it would pass in 9 s");
  REQUIRE(error.retry_after);
  CHECK(error.retry_after->us == 8'571'429);
  const Instant later = kNoon + *error.retry_after;
  CHECK(table.apply(ledger::reserve(eighth, limits, "e1", Instant{later.us - 1})).verdict == Verdict::rate_limited);
  CHECK(table.apply(ledger::reserve(eighth, limits, "e1", later)).verdict == Verdict::applied);
}

TEST_CASE("tokens that were not used go back to their rate; a limit of none lets nothing pass") {
  MemoryTable table;
  const auto limits = scopes("{}", R"({"tokens_per_minute":100})");
  HoldRecord hold = record(limits, 1, 1);
  REQUIRE(table.apply(ledger::reserve(hold, limits, "e1", kNoon)).verdict == Verdict::applied);
  REQUIRE(table.apply(ledger::mark_sent(hold, "e1", kNoon)).verdict == Verdict::applied);
  HoldRecord second = record(limits, 2, 1);
  second.tokens_bound = 60;
  CHECK(table.apply(ledger::reserve(second, limits, "e1", kNoon)).verdict == Verdict::rate_limited);
  hold.usage.state = UsageState::final_;
  hold.usage.prompt_tokens = 10;
  hold.usage.completion_tokens = 30;
  hold.source = AmountSource::provider;
  REQUIRE(table.apply(ledger::settle(hold, HoldState::sent, limits, kNoon)).verdict == Verdict::applied);
  CHECK(table.apply(ledger::reserve(second, limits, "e1", kNoon)).verdict == Verdict::applied);
  const auto none = scopes("{}", R"({"requests_per_minute":0})");
  CHECK(table.apply(ledger::reserve(record(none, 9, 1), none, "e1", kNoon)).verdict == Verdict::rate_limited);
}

TEST_CASE("above its bound a call is booked in full and its account blocked until cleared") {
  MemoryTable table;
  const auto limits = scopes("{}", "{}");
  HoldRecord hold = record(limits, 1, 10);
  REQUIRE(table.apply(ledger::reserve(hold, limits, "e1", kNoon)).verdict == Verdict::applied);
  REQUIRE(table.apply(ledger::mark_sent(hold, "e1", kNoon)).verdict == Verdict::applied);
  hold.actual = {11};
  hold.source = AmountSource::provider;
  REQUIRE(table.apply(ledger::settle(hold, HoldState::sent, limits, kNoon)).verdict == Verdict::applied);
  CHECK(committed(table, hold) == 11);
  const HoldRecord next = record(limits, 2, 1);
  const StoreReply reply = table.apply(ledger::reserve(next, limits, "e1", kNoon));
  REQUIRE(reply.verdict == Verdict::guard_failed);
  CHECK(ledger::refusal(next, limits, reply, kNoon).errc == Errc::account_blocked);
}

TEST_CASE("a clock that went back further than machines may differ is refused") {
  MemoryTable table;
  const auto limits = scopes("{}", "{}");
  REQUIRE(table.apply(ledger::reserve(record(limits, 1, 1), limits, "e1", kNoon)).verdict == Verdict::applied);
  const Instant slack{kNoon.us - 300'000'000};
  CHECK(table.apply(ledger::reserve(record(limits, 2, 1, slack), limits, "e1", slack)).verdict == Verdict::applied);
  const Instant back{kNoon.us - 300'000'001};
  const HoldRecord late = record(limits, 3, 1, back);
  const StoreReply reply = table.apply(ledger::reserve(late, limits, "e1", back));
  REQUIRE(reply.verdict == Verdict::clock_behind);
  CHECK(ledger::refusal(late, limits, reply, back).errc == Errc::clock_refused);
}

TEST_CASE("limits that are nearly used are named") {
  MemoryTable table;
  const auto limits = scopes(R"({"usd_per_month":"1"})", R"({"usd_per_day":"0.000001"})");
  const HoldRecord first = record(limits, 1, 799);
  CHECK(ledger::near_limits(first, limits, table.apply(ledger::reserve(first, limits, "e1", kNoon)), 80).empty());
  const HoldRecord second = record(limits, 2, 1);
  const auto near = ledger::near_limits(second, limits, table.apply(ledger::reserve(second, limits, "e1", kNoon)), 80);
  REQUIRE(near.size() == 1);
  CHECK(near[0].scope == kAlice);
  CHECK(near[0].held == 800);
  CHECK(near[0].left() == 200);
}

TEST_CASE("random calls: no limit is passed, and the counters are the sums of the rows after every step") {
  const uint32_t seed = 20261124;
  INFO("seed " << seed);
  std::mt19937 dice(seed);
  const auto pick = [&dice](uint32_t below) { return static_cast<uint32_t>(dice() % below); };
  MemoryTable table;
  const auto limits = scopes(R"({"usd_per_month":"0.00002"})", R"({"usd_per_day":"0.000005"})");
  Instant now = kNoon;
  uint32_t refused = 0;
  for (uint32_t i = 0; i < 20'000; ++i) {
    now = now + Duration::seconds(pick(200));
    if (pick(3) == 0) {
      const HoldRecord hold = record(limits, i, 1 + pick(1'000), now);
      refused += table.apply(ledger::reserve(hold, limits, "e1", now)).verdict == Verdict::applied ? 0 : 1;
    } else if (!table.rows().empty()) {
      auto it = table.rows().lower_bound("call-" + std::to_string(pick(i + 1)));
      if (it == table.rows().end()) it = table.rows().begin();
      HoldRecord hold = *HoldRecord::parse(it->second.record);
      const HoldState found = it->second.state;
      hold.actual = {pick(static_cast<uint32_t>(hold.bound.nano) + 1)};
      hold.source = AmountSource::provider;
      const uint32_t what = pick(4);
      if (found == HoldState::reserved)
        table.apply(what == 0 ? ledger::release(hold, found, limits, now) : ledger::mark_sent(hold, "e1", now));
      else
        table.apply(what == 0   ? ledger::leave_unknown(hold, now, now)
                    : what == 1 ? ledger::release(hold, HoldState::sent, limits, now)
                                : ledger::settle(hold, pick(2) == 0 ? HoldState::unknown : HoldState::sent, limits, now));
    }
    if (i % 50 != 0) continue;
    std::map<std::string, int64_t> sums;
    for (const auto& [key, row] : table.rows()) {
      const HoldRecord hold = *HoldRecord::parse(row.record);
      const bool is_open = row.state == HoldState::reserved || row.state == HoldState::sent || row.state == HoldState::unknown;
      for (const Scope& scope : hold.scopes)
        for (const bool is_month : {false, true}) {
          const int64_t window = is_month ? hold.month : hold.day;
          sums[ledger::held_key(scope, is_month, window)] += is_open ? hold.bound.nano : 0;
          sums[ledger::committed_key(scope, is_month, window)] +=
              is_open ? hold.bound.nano : row.state == HoldState::settled ? hold.actual.nano : 0;
        }
    }
    for (const auto& [key, sum] : sums) {
      if (table.counter(key) != sum) FAIL(key << " is " << table.counter(key) << ", its rows say " << sum);
      if (key.starts_with("c/user:alice/d") && sum > 5'000) FAIL(key << " is " << sum);
      if (key.starts_with("c/global/m") && sum > 20'000) FAIL(key << " is " << sum);
    }
  }
  CHECK(refused > 100);
  CHECK(table.rows().size() > 100);
}

TEST_CASE("every refusal has its own words and names its scope") {
  const auto limits = scopes(R"({"usd_per_month":"1","requests_per_day":2})", R"({"requests_per_minute":3,"tokens_per_minute":600})");
  const HoldRecord hold = record(limits, 1, 1);
  const StoreReply applied = MemoryTable().apply(ledger::reserve(hold, limits, "e1", kNoon));
  const auto refused = [&](Verdict verdict, std::string key, int64_t found = 0) {
    StoreReply reply = applied;
    reply.verdict = verdict;
    reply.failed_key = std::move(key);
    reply.found_value = found;
    return ledger::refusal(hold, limits, reply, kNoon);
  };
  const Error requests = refused(Verdict::guard_failed, ledger::requests_key(Scope{}, hold.day));
  CHECK(requests.errc == Errc::rate_limited);
  CHECK(requests.message == "global may use 2 requests a day: 1 spent");
  CHECK(refused(Verdict::guard_failed, ledger::committed_key(Scope{}, true, hold.month)).message ==
        "global may use $1 a month: $0 spent, $0.000000001 held; this call may cost up to $0.000000001");
  CHECK(refused(Verdict::guard_failed, ledger::blocked_key(kAlice)).scope == "user:alice");
  CHECK(refused(Verdict::guard_failed, "c/nobody/d1").errc == Errc::budget_refused);
  const Error minute = refused(Verdict::rate_limited, ledger::requests_rate_key(kAlice), 20'000'000);
  CHECK(minute.message == "user:alice may use 3 requests a minute: 3 used; it would pass in 20 s");
  CHECK(minute.retry_after == Duration::seconds(20));
  CHECK(minute.resets_at == "2026-11-24T12:00:20Z");
  const Error tokens = refused(Verdict::rate_limited, ledger::tokens_rate_key(kAlice), 4'500'000);
  CHECK(tokens.message == "user:alice may use 600 tokens a minute: 545 used; this call may need up to 100; it would pass in 5 s");
  CHECK(tokens.retry_after == Duration::millis(4'500));
  CHECK(refused(Verdict::rate_limited, ledger::tokens_rate_key(Scope{})).retry_after == std::nullopt);
  CHECK(refused(Verdict::rate_limited, "r/nobody").scope == std::nullopt);
  CHECK(refused(Verdict::clock_behind, "clock").errc == Errc::clock_refused);
  CHECK(refused(Verdict::row_conflict, hold.key()).errc == Errc::internal);
  StoreReply away;
  away.verdict = Verdict::unavailable;
  CHECK(ledger::refusal(hold, limits, away, kNoon).message == "the store did not take the reservation");
  away.found_text = "gone";
  CHECK(ledger::refusal(hold, limits, away, kNoon).message == "gone");
  away.verdict = Verdict::document_conflict;
  CHECK(ledger::refusal(hold, limits, away, kNoon).errc == Errc::store_unavailable);
}

TEST_CASE("what a limit can never let pass is no matter of time") {
  const auto limits = scopes(R"({"tokens_per_minute":0})", R"({"tokens_per_minute":5000,"usd_per_day":"0","requests_per_day":0})");
  HoldRecord hold = record(limits, 1, 1);
  hold.tokens_bound = 9'250;
  StoreReply reply = MemoryTable().apply(ledger::reserve(hold, scopes("{}", R"({"tokens_per_minute":5000})"), "e1", kNoon));
  REQUIRE(reply.verdict == Verdict::rate_limited);
  const Error never = ledger::refusal(hold, limits, reply, kNoon);
  CHECK(never.message == "user:alice may use 5000 tokens a minute: 0 used; this call may need up to 9250, so it can never pass as it is");
  CHECK(never.remedy == "Ask for less, or raise the limit: `orthink budget set user:alice --tokens-per-minute N`.");
  CHECK(never.retry == Retry::changed);
  CHECK_FALSE(never.retry_after);
  CHECK_FALSE(never.resets_at);
  REQUIRE(ledger::short_of(hold, limits, reply));
  CHECK(ledger::short_of(hold, limits, reply)->left() == 5'000);
  reply.failed_key = ledger::tokens_rate_key(Scope{});
  CHECK(ledger::refusal(hold, limits, reply, kNoon).message ==
        "global may use 0 tokens a minute: 0 used; this call may need up to 9250; nothing may pass");
  reply.failed_key = "t/nobody";
  CHECK_FALSE(ledger::short_of(hold, limits, reply));
  reply = MemoryTable().apply(ledger::reserve(hold, scopes("{}", "{}"), "e1", kNoon));
  CHECK_FALSE(ledger::short_of(hold, limits, reply));
  reply.verdict = Verdict::guard_failed;
  for (const std::string& key : {ledger::committed_key(kAlice, false, hold.day), ledger::requests_key(kAlice, hold.day)}) {
    reply.failed_key = key;
    const Error zero = ledger::refusal(hold, limits, reply, kNoon);
    CHECK(zero.message.ends_with("; nothing may pass"));
    CHECK(zero.remedy.starts_with("Waiting does not help; raise the limit: `orthink budget set user:alice --"));
    CHECK(zero.retry == Retry::changed);
    CHECK_FALSE(zero.retry_after);
    CHECK(ledger::short_of(hold, limits, reply)->limit == 0);
  }
  reply.failed_key = "b/nobody";
  CHECK_FALSE(ledger::short_of(hold, limits, reply));
}

TEST_CASE("what money would pass is known where money stands against a call, and nowhere else") {
  const auto limits = scopes(R"({"usd_per_day":"0.000000005","requests_per_day":9})", R"({"usd_per_month":"0.000000003"})");
  const HoldRecord hold = record(limits, 1, 2);
  StoreReply reply = MemoryTable().apply(ledger::reserve(hold, limits, "e1", kNoon));
  CHECK_FALSE(ledger::affordable(hold, limits, reply));
  reply.verdict = Verdict::guard_failed;
  reply.failed_key = ledger::requests_key(Scope{}, hold.day);
  CHECK_FALSE(ledger::affordable(hold, limits, reply));
  reply.failed_key = ledger::committed_key(Scope{}, false, hold.day);
  CHECK(ledger::affordable(hold, limits, reply)->nano == 1);
  const auto used_up = scopes(R"({"usd_per_day":"0.000000005"})", R"({"usd_per_month":"0.000000002"})");
  CHECK_FALSE(ledger::affordable(hold, used_up, reply));
  CHECK_FALSE(ledger::affordable(hold, scopes("{}", "{}"), reply));
  reply.values.resize(7);  // a store that answers for one scope alone
  CHECK(ledger::limit_states(hold, limits, reply).size() == 2);
}

TEST_CASE("who is blocked: the user, else the key, else everyone") {
  HoldRecord hold;
  hold.scopes = {Scope{}, {ScopeKind::tenant, "t"}, {ScopeKind::key, "k"}, kAlice};
  CHECK(ledger::blocked_scope(hold) == kAlice);
  hold.scopes.pop_back();
  CHECK(ledger::blocked_scope(hold) == Scope{ScopeKind::key, "k"});
  hold.scopes.pop_back();
  CHECK(ledger::blocked_scope(hold) == Scope{});
}

TEST_CASE("tokens go back only by a count that is final and whole, and where something is left of them") {
  const auto limits = scopes(R"({"tokens_per_minute":0})", R"({"tokens_per_minute":6000})");
  HoldRecord hold = record(limits, 1, 5);
  hold.source = AmountSource::provider;
  const auto rates_of = [&](UsageState state, std::optional<uint64_t> prompt, std::optional<uint64_t> completion) {
    hold.usage = {};
    hold.usage.state = state;
    hold.usage.prompt_tokens = prompt;
    hold.usage.completion_tokens = completion;
    return ledger::settle(hold, HoldState::sent, limits, kNoon).rates;
  };
  CHECK(rates_of(UsageState::partial, 1, 1).empty());
  CHECK(rates_of(UsageState::final_, std::nullopt, 1).empty());
  CHECK(rates_of(UsageState::final_, 1, std::nullopt).empty());
  CHECK(rates_of(UsageState::final_, 60, 40).empty());
  CHECK(rates_of(UsageState::final_, 900, 1).empty());
  REQUIRE(rates_of(UsageState::final_, 60, 39).size() == 1);
  CHECK(rates_of(UsageState::final_, 60, 39).front().cost_us == -10'000);
}

TEST_CASE("only money that a retry may hold stands against a retry") {
  const auto limits = scopes(R"({"usd_per_month":"1","requests_per_day":9})", "{}");
  HoldRecord hold = record(limits, 1, 5);
  StoreBatch asked = ledger::reserve(hold, limits, "e1", kNoon);
  const StoreReply applied = MemoryTable().apply(asked);
  const std::vector<ledger::LimitState> standing = ledger::limit_states(hold, limits, applied);
  REQUIRE(standing.size() == 2);
  hold.row = 2;
  CHECK_FALSE(ledger::reserve_retry(hold, limits, standing, "e1", kNoon).additions.empty());
  CHECK_FALSE(ledger::stands_against_retry(hold, standing, applied));
  StoreReply refused = applied;
  refused.verdict = Verdict::guard_failed;
  refused.failed_key = ledger::requests_key(Scope{}, hold.day);
  CHECK_FALSE(ledger::stands_against_retry(hold, standing, refused));
}
