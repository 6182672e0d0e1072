// What a book cost: goldens, calls of several rows, boundaries, hostile names, and sums recomputed the slow way.
#include "orthink/ledger/report.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "orthink/base/utf8.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"

using namespace orthink;

namespace {

const Instant kNoon{1'795'521'600'000'000};  // 2026-11-24T12:00:00Z
constexpr Duration kDay = Duration::seconds(86'400);
const std::string kCsvHead = "key,calls,cost_usd,thinking_tokens,visible_tokens,unknown,held_usd\r\n";

HoldRecord row(const std::string& call, uint32_t number, const std::string& model, int64_t actual, AmountSource source,
               Instant created = kNoon) {
  HoldRecord hold;
  hold.call_id = call;
  hold.row = number;
  hold.scopes = {Scope{}, {ScopeKind::user, "alice"}};
  hold.model = model;
  hold.bound = {1'000};
  hold.actual = {actual};
  hold.source = source;
  hold.created = created;
  return hold;
}

void use(HoldRecord& hold, uint64_t prompt, uint64_t completion, uint64_t thinking) {
  hold.usage.state = UsageState::final_;
  hold.usage.prompt_tokens = prompt;
  hold.usage.completion_tokens = completion;
  hold.usage.thinking_tokens = thinking;
}

std::string text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value == nullptr ? "absent" : value->is_null() ? "null" : value->text();
}

Report small_book() {
  Report report({.since = Instant{kNoon.us - 86'400'000'000}, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  HoldRecord first = row("a", 1, "x/big", 500'000'000, AmountSource::provider);
  use(first, 10, 100, 60);
  report.add(first, HoldState::settled);
  report.add(row("b", 1, "x/small", 0, AmountSource::none), HoldState::released);
  HoldRecord again = row("b", 2, "x/small", 3, AmountSource::computed);
  use(again, 5, 20, 0);
  report.add(again, HoldState::settled);
  report.add(row("c", 1, "x/small", 1'000, AmountSource::bound, Instant{kNoon.us - 86'400'000'000}), HoldState::settled);
  report.add(row("d", 1, "", 0, AmountSource::none), HoldState::unknown);
  report.add(row("old", 1, "x/old", 7, AmountSource::provider, Instant{kNoon.us - 86'400'000'001}), HoldState::settled);
  report.add(row("no", 1, "x/no", 7, AmountSource::provider), HoldState::none);
  return report;
}

}  // namespace

TEST_CASE("a small book as a document, as CSV and for people") {
  const Report report = small_book();
  const std::string json = report.json();
  CHECK(json.substr(0, json.find(R"("trend")")) ==
        R"({"schema":1,"since":"2026-11-23T12:00:00Z","until":null,"totals":{"calls":4,"cost_usd":"0.500001003","held_usd":"0.000001",)"
        R"("prompt_tokens":15,"thinking_tokens":60,"visible_tokens":60,"average_cost_usd":"0.166667001"},)"
        R"("coverage":{"exact":1,"computed":1,"bound":1,"unknown":1},"by":"model","rows":[)"
        R"({"key":"x/big","calls":1,"cost_usd":"0.5","thinking_tokens":60,"visible_tokens":40,"unknown":0,"held_usd":"0"},)"
        R"({"key":"x/small","calls":2,"cost_usd":"0.000001003","thinking_tokens":0,"visible_tokens":20,"unknown":0,"held_usd":"0"},)"
        R"({"key":null,"calls":1,"cost_usd":null,"thinking_tokens":null,"visible_tokens":null,"unknown":1,"held_usd":"0.000001"}],)");
  CHECK(json.find(R"("trend":[{"day":"2026-11-23","cost_usd":"0.000001","unknown":0},)"
                  R"({"day":"2026-11-24","cost_usd":"0.500000003","unknown":1}],"top_models":[{"key":"x/big")") != std::string::npos);
  CHECK(report.csv() == kCsvHead + "x/big,1,0.5,60,40,0,0\r\nx/small,2,0.000001003,0,20,0,0\r\n,1,,,,1,0.000001\r\n");
  CHECK(report.text(80, true) == R"(4 calls, $0.500001003 spent + 1 unknown, $0.000001 held, $0.166667001 a call over 3 known calls
3 of 4 calls estimated; the cost of 1 is not known yet

model    calls       cost $  thinking  answer
x/big        1          0.5        60      40
x/small      2  0.000001003         0      20
(none)       1            ?         ?       ?

thinking 60 ####################-------------------- 60 answer
2 days .# most $0.500000003 a day + 1 unknown
)");
}

TEST_CASE("an empty book: nothing was spent, and no average is known") {
  const Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::user, .now = kNoon});
  const auto document = json::parse(report.json());
  REQUIRE(document);
  const json::Value& totals = *document->find("totals");
  CHECK(text_at(totals, "cost_usd") == "0");
  CHECK(text_at(totals, "thinking_tokens") == "0");
  CHECK(text_at(totals, "average_cost_usd") == "null");
  CHECK(document->find("rows")->members().empty());
  REQUIRE(document->find("trend")->members().size() == 30);
  CHECK(text_at(document->find("trend")->members().front().value, "day") == "2026-10-26");
  CHECK(report.csv() == kCsvHead);
  CHECK(report.text(0).starts_with("0 calls, $0 spent, $0 held\n0 of 0 calls estimated\n\n30 days \u2581"));
}

TEST_CASE("rows of one call are one call in any order; an open row makes its cost unknown and keeps what is settled") {
  for (const bool is_reversed : {false, true}) {
    Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::day, .now = kNoon + kDay});
    const HoldRecord first = row("a", 1, "x/first", 700, AmountSource::provider, window::day_begin(window::day_of(kNoon) + 1) + Duration{-1});
    const HoldRecord second = row("a", 2, "x/second", 0, AmountSource::none, window::day_begin(window::day_of(kNoon) + 1));
    report.add(is_reversed ? second : first, is_reversed ? HoldState::sent : HoldState::settled);
    report.add(is_reversed ? first : second, is_reversed ? HoldState::settled : HoldState::sent);
    const auto document = json::parse(report.json());
    CHECK(text_at(*document->find("totals"), "calls") == "1");
    CHECK(text_at(*document->find("totals"), "cost_usd") == "0.0000007");
    CHECK(text_at(*document->find("totals"), "held_usd") == "0.000001");
    CHECK(text_at(*document->find("totals"), "average_cost_usd") == "null");
    CHECK(text_at(document->find("rows")->members()[0].value, "key") == "2026-11-24");
    CHECK(text_at(document->find("top_models")->members()[0].value, "key") == "x/second");
  }
}

TEST_CASE("since is within and until is not, at the end of a month; the average is rounded half up") {
  const Instant december = window::month_begin(window::month_of(kNoon) + 1);
  Report report({.since = window::month_begin(window::month_of(kNoon)), .until = december, .by = ReportBy::day, .now = december});
  report.add(row("a", 1, "m", 1, AmountSource::provider, window::month_begin(window::month_of(kNoon))), HoldState::settled);
  report.add(row("b", 1, "m", 2, AmountSource::provider, december + Duration{-1}), HoldState::settled);
  report.add(row("c", 1, "m", 100, AmountSource::provider, december), HoldState::settled);
  CHECK(report.csv() == kCsvHead + "2026-11-01,1,0.000000001,,,0,0\r\n2026-11-30,1,0.000000002,,,0,0\r\n");
  CHECK(report.json().find(R"("average_cost_usd":"0.000000002")") != std::string::npos);
  CHECK(report.json().find(R"({"day":"2026-11-30","cost_usd":"0.000000002","unknown":0}])") != std::string::npos);
}

TEST_CASE("hostile names stay in their cell, are no formulas and steer no terminal") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  const std::vector<std::string> names{"=1+1", "+a", "-b", "@c", "a,\"b\"\r\nc", "e\x1b[2J\x07", "\xc2\x9b" "f\xff\u202eg"};
  int64_t cost = 100;
  for (const std::string& name : names) report.add(row("call" + name, 1, name, --cost, AmountSource::provider), HoldState::settled);
  const std::string csv = report.csv();
  for (const char* line : {"\r\n'=1+1,1,", "\r\n'+a,1,", "\r\n'-b,1,", "\r\n'@c,1,", "\r\n\"a,\"\"b\"\"\r\nc\",1,"})
    CHECK(csv.find(line) != std::string::npos);
  const std::string text = report.text(80);
  for (size_t at = 0; at < text.size();) {
    const Character c = character_at(text, at);
    if (!c.is_valid || (c.code != '\n' && (c.code < 0x20 || steers_terminal(c.code)))) FAIL("byte " << at);
    at += c.size;
  }
  CHECK(text.find("e?[2J?") != std::string::npos);
}

TEST_CASE("random books: totals, coverage and rows are what counting by hand says") {
  std::mt19937 dice(20261124);
  const auto pick = [&dice](uint32_t below) { return static_cast<uint32_t>(dice() % below); };
  for (int book = 0; book < 200; ++book) {
    Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::user, .now = kNoon});
    std::vector<std::pair<HoldRecord, HoldState>> rows;
    std::map<std::string, uint32_t> numbers;
    for (uint32_t n = pick(60); n > 0; --n) {
      const std::string call = "c" + std::to_string(pick(25));
      HoldRecord hold = row(call, ++numbers[call], "m" + std::to_string(pick(4)), pick(1'000), static_cast<AmountSource>(1 + pick(3)));
      hold.scopes[1].id = "u" + std::to_string(call.back() % 3);
      if (pick(2) == 0) use(hold, pick(100), 100 + pick(100), pick(100));
      const HoldState state = static_cast<HoldState>(1 + pick(5));
      rows.emplace_back(hold, state);
      report.add(hold, state);
    }
    int64_t cost = 0, held = 0, known = 0, calls_known = 0, users = 0;
    std::map<std::string, int64_t> coverage{{"exact", 0}, {"computed", 0}, {"bound", 0}, {"unknown", 0}};
    std::map<std::string, int64_t> by_user;
    std::map<std::string, bool> has_known;  // by user: a call whose cost is known
    for (const auto& [call, count] : numbers) {
      int64_t sum = 0;
      bool is_open = false, is_bound = false, is_computed = false;
      for (const auto& [hold, state] : rows) {
        if (hold.call_id != call) continue;
        if (state == HoldState::settled) {
          sum += hold.actual.nano;
          by_user[hold.scopes[1].id] += hold.actual.nano;
          is_bound = is_bound || hold.source == AmountSource::bound;
          is_computed = is_computed || hold.source == AmountSource::computed;
        } else if (state != HoldState::released) {
          held += hold.bound.nano;
          is_open = true;
        }
      }
      cost += sum;
      ++coverage[is_open ? "unknown" : is_bound ? "bound" : is_computed ? "computed" : "exact"];
      if (!is_open) known += sum;
      if (!is_open) ++calls_known;
      has_known["u" + std::to_string(call.back() % 3)] |= !is_open;
    }
    const auto document = json::parse(report.json());
    REQUIRE(document);
    const json::Value& totals = *document->find("totals");
    const auto usd = [](int64_t nano) { return NanoUsd{nano}.to_money().to_decimal(); };
    REQUIRE(text_at(totals, "calls") == std::to_string(numbers.size()));
    REQUIRE(text_at(totals, "cost_usd") == (cost == 0 && calls_known == 0 && !numbers.empty() ? "null" : usd(cost)));
    REQUIRE(text_at(totals, "held_usd") == usd(held));
    REQUIRE(text_at(totals, "average_cost_usd") == (calls_known == 0 ? "null" : usd((2 * known + calls_known) / (2 * calls_known))));
    for (const auto& [key, count] : coverage) REQUIRE(text_at(*document->find("coverage"), key) == std::to_string(count));
    for (const json::Member& member : document->find("rows")->members()) {
      const std::string user = text_at(member.value, "key");
      REQUIRE(text_at(member.value, "cost_usd") == (by_user[user] == 0 && !has_known[user] ? "null" : usd(by_user[user])));
      ++users;
    }
    REQUIRE(users <= 3);
  }
}

TEST_CASE("kinds of reports have names and are found by them") {
  for (const ReportBy by : {ReportBy::model, ReportBy::user, ReportBy::day, ReportBy::tenant}) CHECK(report_by(name(by)) == by);
  CHECK_FALSE(report_by("moon"));
}

TEST_CASE("one book by each key") {
  HoldRecord hold = row("a", 1, "x/big", 5, AmountSource::provider);
  hold.scopes.push_back({ScopeKind::tenant, "t"});
  const std::pair<ReportBy, const char*> keys[] = {
      {ReportBy::model, "x/big"}, {ReportBy::user, "alice"}, {ReportBy::day, "2026-11-24"}, {ReportBy::tenant, "t"}};
  for (const auto& [by, key] : keys) {
    Report report({.since = std::nullopt, .until = Instant::never(), .by = by, .now = kNoon});
    report.add(hold, HoldState::settled);
    CHECK(report.csv() == kCsvHead + key + ",1,0.000000005,,,0,0\r\n");
  }
}

TEST_CASE("the ten dearest models are the top ones") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::user, .now = kNoon});
  for (uint32_t i = 0; i < 12; ++i)
    report.add(row("c" + std::to_string(i), 1, "m" + std::to_string(i), 1 + i, AmountSource::provider), HoldState::settled);
  const Result<json::Value> document = json::parse(report.json());
  REQUIRE(document);
  const auto& top = document->find("top_models")->members();
  REQUIRE(top.size() == 10);
  CHECK(text_at(top.front().value, "key") == "m11");
  CHECK(text_at(top.back().value, "key") == "m2");
}

TEST_CASE("sums stop at the largest number, and bars are drawn all the same") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  for (const char* call : {"a", "b"}) {
    HoldRecord hold = row(call, 1, "x", INT64_MAX - 1, AmountSource::provider);
    use(hold, 1, UINT64_MAX, UINT64_MAX / 2);
    report.add(hold, HoldState::settled);
  }
  const std::string blocks = report.text(120);
  CHECK(blocks.find("\u2588\u2588") != std::string::npos);
  CHECK(report.text(120, true).find("##########") != std::string::npos);
  const Result<json::Value> document = json::parse(report.json());
  REQUIRE(document);
  CHECK(text_at(*document->find("totals"), "thinking_tokens") == std::to_string(UINT64_MAX - 1));
  CHECK(report.text(1).find("thinking ") != std::string::npos);
}

TEST_CASE("one call that thought nothing and answered nothing has an empty bar") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  HoldRecord hold = row("a", 1, "a name of a model that is longer than the terminal is wide, and by far, so that it is cut", 5, AmountSource::provider);
  use(hold, 1, 0, 0);
  report.add(hold, HoldState::settled);
  const std::string text = report.text(60, true);
  CHECK(text.starts_with("1 call, $0.000000005 spent"));
  CHECK(text.find("thinking 0 ........") != std::string::npos);
  CHECK(text.find("so that it is cut") == std::string::npos);
}

TEST_CASE("what costs the same comes by its name") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  for (const char* model : {"m/c", "m/a", "m/b"}) report.add(row(model, 1, model, 5, AmountSource::provider), HoldState::settled);
  CHECK(report.csv() == kCsvHead + "m/a,1,0.000000005,,,0,0\r\nm/b,1,0.000000005,,,0,0\r\nm/c,1,0.000000005,,,0,0\r\n");
}

TEST_CASE("an end that never comes is no end, as a document says it") {
  const Report report({.since = Instant::zero(), .until = Instant::never(), .by = ReportBy::model, .now = kNoon});
  CHECK(report.json().starts_with(R"({"schema":1,"since":"1970-01-01T00:00:00Z","until":null,)"));
}

TEST_CASE("for people, tokens of a kind that nobody counted are not none") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  HoldRecord hold = row("a", 1, "m", 5, AmountSource::provider);
  SECTION("thinking") {
    hold.usage.completion_tokens = 20;
    report.add(hold, HoldState::settled);
    CHECK(report.text(80, true).find("\nthinking ? ---------------------------------------- 20 answer\n") != std::string::npos);
  }
  SECTION("the answer") {
    hold.usage.thinking_tokens = 20;
    report.add(hold, HoldState::settled);
    CHECK(report.text(80, true).find("\nthinking 20 ######################################## ? answer\n") != std::string::npos);
  }
}

TEST_CASE("a cost that nobody knows is unknown in every form, never 0") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::user, .now = kNoon});
  report.add(row("a", 1, "m", 0, AmountSource::none), HoldState::unknown);
  Result<json::Value> document = json::parse(report.json());
  REQUIRE(document);
  CHECK(text_at(*document->find("totals"), "cost_usd") == "null");
  CHECK(text_at(*document->find("totals"), "held_usd") == "0.000001");
  CHECK(text_at(document->find("rows")->members()[0].value, "cost_usd") == "null");
  CHECK(text_at(document->find("trend")->members().back().value, "cost_usd") == "null");
  CHECK(text_at(document->find("trend")->members().front().value, "cost_usd") == "0");
  CHECK(text_at(document->find("top_models")->members()[0].value, "cost_usd") == "null");
  CHECK(report.csv() == kCsvHead + "alice,1,,,,1,0.000001\r\n");
  CHECK(report.text(80, true) == R"(1 call, ? spent, $0.000001 held
1 of 1 calls estimated; the cost of 1 is not known yet

user   calls  cost $  thinking  answer
alice      1       ?         ?       ?

30 days _____________________________? most ? a day
)");
}

TEST_CASE("beside what is known stands how many calls it leaves out") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::user, .now = kNoon});
  report.add(row("a", 1, "m", 0, AmountSource::none), HoldState::unknown);
  report.add(row("b", 1, "m", 1'200'000, AmountSource::provider), HoldState::settled);
  HoldRecord other = row("c", 1, "m", 7, AmountSource::provider);
  other.scopes[1].id = "bob";
  report.add(other, HoldState::settled);
  CHECK(report.csv() == kCsvHead + "alice,2,0.0012,,,1,0.000001\r\nbob,1,0.000000007,,,0,0\r\n");
  CHECK(report.text(80, true) == R"(3 calls, $0.001200007 spent + 1 unknown, $0.000001 held, $0.000600004 a call over 2 known calls
1 of 3 calls estimated; the cost of 1 is not known yet

)"
        R"(user   calls       cost $              thinking  answer
alice      2       0.0012 + 1 unknown         ?       ?
bob        1  0.000000007                     ?       ?

30 days _____________________________# most $0.001200007 a day + 1 unknown
)");
}

TEST_CASE("the trend shows the days that were asked for, at most the last 30 of them") {
  const auto first_and_last = [](std::optional<Instant> since, std::optional<Instant> until) {
    Report report({.since = since, .until = until, .by = ReportBy::day, .now = kNoon});
    report.add(row("a", 1, "m", 5, AmountSource::provider, kNoon + Duration{-1}), HoldState::settled);
    const Result<json::Value> document = json::parse(report.json());
    REQUIRE(document);
    const auto& days = document->find("trend")->members();
    return text_at(days.front().value, "day") + " " + text_at(days.back().value, "day") + " " + text_at(days.back().value, "cost_usd");
  };
  const Instant today = window::day_begin(window::day_of(kNoon));
  CHECK(first_and_last(std::nullopt, std::nullopt) == "2026-10-26 2026-11-24 0.000000005");
  CHECK(first_and_last(today, std::nullopt) == "2026-11-24 2026-11-24 0.000000005");
  CHECK(first_and_last(Instant{today.us - kDay.us}, today) == "2026-11-23 2026-11-23 0");
  CHECK(first_and_last(std::nullopt, today) == "2026-10-25 2026-11-23 0");
  CHECK(first_and_last(std::nullopt, Instant::never()) == "2026-10-26 2026-11-24 0.000000005");
  CHECK(first_and_last(kNoon, std::nullopt) == "2026-11-24 2026-11-24 0");
  CHECK(first_and_last(kNoon + kDay, std::nullopt) == "2026-11-24 2026-11-24 0");
  CHECK(first_and_last(std::nullopt, Instant::zero()) == "1969-12-03 1970-01-01 0");
  const Report past({.since = Instant{today.us - kDay.us}, .until = today, .by = ReportBy::day, .now = kNoon});
  CHECK(past.text(80, true).ends_with("\n1 day to 2026-11-23 _ most $0 a day\n"));
}

TEST_CASE("long names that differ at their end differ when they are shortened") {
  Report report({.since = std::nullopt, .until = std::nullopt, .by = ReportBy::model, .now = kNoon});
  for (const char* model : {"vendor/a-model-with-a-very-long-name-20260101", "vendor/a-model-with-a-very-long-name-\u00e420260202"})
    report.add(row(model, 1, model, 5, AmountSource::provider), HoldState::settled);
  const std::string text = report.text(60, true);
  CHECK(text.find("...") != std::string::npos);
  CHECK(text.find("0260101  ") != std::string::npos);
  CHECK(text.find("0260202  ") != std::string::npos);
}
