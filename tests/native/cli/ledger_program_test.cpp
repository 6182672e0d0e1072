// budget, report, ledger, why and doctor as a user meets them: the built program, the simulator, and a ledger in a folder of its own.
#ifdef ORTHINK_PROGRAM

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "native/sim/sim.h"
#include "native/store/store.h"
#include "native/system.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/window.h"
#include "orthink/wire/json.h"
#include "tests/native/cli/program.h"

using namespace orthink;
using test::Home;
using test::orthink_program;
using test::Ran;

namespace {

class Desk {
 public:
  explicit Desk(std::string_view faults = "") {
    sim::SimOptions options;
    options.seed = 11;
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator = std::move(*started);
    environment = {{"ORTHINK_BASE_URL", simulator->url()}, {"OPENROUTER_API_KEY", "sk-test-key"}, {"ORTHINK_RETRY_BASE_S", "0.001"}};
  }
  Ran run(const std::vector<std::string>& arguments) const { return orthink_program(home, arguments, "", environment); }
  [[nodiscard]] std::string ledger() const { return home.path() + "/state/orthink/ledger.db"; }
  [[nodiscard]] std::unique_ptr<Store> open() const {
    Result<std::unique_ptr<Store>> store = open_store("sqlite:" + ledger());
    REQUIRE(store);
    return std::move(*store);
  }

  Home home;
  std::unique_ptr<sim::Simulator> simulator;
  std::map<std::string, std::string> environment;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

json::Value document(const std::string& text) {
  CAPTURE(text);
  Result<json::Value> parsed = json::parse(text);
  REQUIRE(parsed.ok());
  CHECK(parsed->members().front().key == "schema");
  return std::move(*parsed);
}

std::string keys_of(const json::Value& object) {
  std::string keys;
  for (const json::Member& member : object.members()) keys += (keys.empty() ? "" : " ") + member.key;
  return keys;
}

const json::Value& at(const json::Value& value, std::initializer_list<const char*> path) {
  const json::Value* here = &value;
  for (const char* key : path) {
    CAPTURE(key);
    here = here->find(key);
    REQUIRE(here != nullptr);
  }
  return *here;
}

// A settled row of its own call, as the exchange leaves it.
HoldRecord settled_record(const std::string& call_id, Instant created, int64_t nano) {
  HoldRecord record;
  record.call_id = call_id;
  record.row = 1;
  record.attempt = 1;
  record.scopes = {Scope{}, {ScopeKind::user, "u" + std::to_string(nano % 50)}};
  record.day = window::day_of(created);
  record.month = window::month_of(created);
  record.bound = {nano * 2};
  record.actual = {nano};
  record.source = AmountSource::provider;
  record.model = "vendor/model-" + std::to_string(nano % 20);
  record.usage.state = UsageState::final_;
  record.usage.prompt_tokens = 10;
  record.usage.completion_tokens = 100;
  record.usage.thinking_tokens = 60;
  record.created = created;
  record.deadline = created + Duration::seconds(900);
  return record;
}

RowWrite row_of(const HoldRecord& record) {
  RowWrite row;
  row.key = record.key();
  row.to = HoldState::settled;
  row.account = record.account();
  row.created = record.created;
  row.record = record.to_json();
  return row;
}

}  // namespace

TEST_CASE("a machine without a ledger: friendly, and nothing is an error", "[ledger]") {
  const Desk desk;
  CHECK(contains(desk.run({"doctor"}).out, "no ledger yet; the first call makes "));
  CHECK_FALSE(std::filesystem::exists(desk.ledger()));
  const Ran report = desk.run({"report"});
  CHECK(report.code == 0);
  CHECK(contains(report.out, "No calls yet. The ledger is sqlite:"));
  const Ran document_only = desk.run({"report", "--json"});
  CHECK(document_only.err.empty());
  CHECK(at(document(document_only.out), {"totals", "calls"}).as_u64() == 0);
  CHECK(desk.run({"report", "--csv"}).out == "key,calls,cost_usd,thinking_tokens,visible_tokens,unknown,held_usd\r\n");
  const Ran budget = desk.run({"budget"});
  CHECK(budget.code == 0);
  CHECK(contains(budget.out, "user:local\n  usd_per_day"));
  CHECK(desk.run({"ledger", "export", "--json"}).out.empty());
  const Ran why = desk.run({"why", "last"});
  CHECK(why.code == 2);
  CHECK(contains(why.err, "no call in the ledger yet"));
}

TEST_CASE("limits are set, met, raised: the whole story", "[ledger]") {
  const Desk desk;
  CHECK(desk.run({"budget", "set", "user:alice", "--usd-per-day", "0.0001", "--requests-per-minute", "20"}).code == 0);
  const Ran refused = desk.run({"ask", "--user", "alice", "--think", "2k", "Why?"});
  CHECK(refused.code == 3);
  CHECK(contains(refused.err, "user:alice may use $0.0001 a day: $0 spent, $0 held"));
  CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') >= 2);
  CHECK(desk.simulator->bill().lines.empty());

  const Ran raised = desk.run({"budget", "set", "user:alice", "--usd-per-day", "1"});
  CHECK(contains(raised.err, "user:alice: set, and heeded by the next call"));
  CHECK(contains(raised.out, "$1 left of $1"));
  CHECK(contains(raised.out, "20 left of 20"));
  const Ran asked = desk.run({"ask", "--json", "--user", "alice", "--think", "2k", "Why?"});
  REQUIRE(asked.code == 0);
  const std::string last_line = asked.out.substr(asked.out.rfind('\n', asked.out.size() - 2) + 1);
  const json::Value complete = *json::parse(last_line);
  const std::string cost = at(complete, {"receipt", "cost", "usd"}).text();
  const std::string call_id = at(complete, {"receipt", "call_id"}).text();

  const json::Value budget = document(desk.run({"budget", "show", "user:alice", "--json"}).out);
  CHECK(keys_of(budget) == "schema scopes");
  const json::Value& scope = at(budget, {"scopes"}).members()[0].value;
  CHECK(keys_of(scope) == "scope id blocked limits");
  const json::Value& limit = at(scope, {"limits"}).members()[0].value;
  CHECK(keys_of(limit) == "what limit spent held left resets_at");
  CHECK(at(limit, {"spent"}).text() == cost);
  CHECK(at(limit, {"held"}).text() == "0");

  const json::Value report = document(desk.run({"report", "--by", "user", "--since", "1d", "--json"}).out);
  CHECK(keys_of(report) == "schema since until totals coverage by rows trend top_models");
  CHECK(keys_of(at(report, {"totals"})) == "calls cost_usd held_usd prompt_tokens thinking_tokens visible_tokens average_cost_usd");
  CHECK(at(report, {"totals", "cost_usd"}).text() == cost);
  CHECK(at(report, {"rows"}).members()[0].value.find("key")->text() == "alice");
  CHECK(at(report, {"trend"}).members().size() == 2);
  CHECK(contains(desk.run({"report"}).out, "0 of 1 calls estimated"));

  const json::Value story = document(desk.run({"why", call_id.substr(0, 13), "--json"}).out);
  CHECK(keys_of(story) == "schema call_id asked decisions complete error rows journal");
  CHECK(at(story, {"call_id"}).text() == call_id);
  CHECK(at(story, {"rows"}).members()[0].value.find("actual_usd")->text() == cost);
  CHECK(at(story, {"journal"}).members().size() == 3);
  CHECK(at(story, {"error"}).is_null());
  for (const std::string& word :
       {std::string("last"), call_id, call_id + "/1", call_id.substr(5, 6), at(complete, {"receipt", "generation_id"}).text()}) {
    CAPTURE(word);
    const Ran why = desk.run({"why", word});
    CHECK(why.code == 0);
    CHECK(why.out.starts_with(call_id + "\n"));
    CHECK(contains(why.out, "reserved -> sent"));
  }
}

TEST_CASE("a refused call can be asked about too", "[ledger]") {
  const Desk desk;
  desk.run({"budget", "set", "user:*", "--requests-per-day", "0"});
  const Ran refused = desk.run({"ask", "--json", "--user", "bob", "Why?"});
  CHECK(refused.code == 3);
  const std::string call_id = at(*json::parse(refused.out), {"receipt", "call_id"}).text();
  const json::Value story = document(desk.run({"why", call_id, "--json"}).out);
  CHECK(at(story, {"error", "error", "code"}).text() == "rate_limited");
  CHECK(at(story, {"rows"}).members().empty());
  CHECK(contains(desk.run({"why", call_id}).out, "refused"));
  const std::string said = desk.run({"ask", "--user", "bob", "Why?"}).err;
  const size_t named = said.find("orthink why call-");
  REQUIRE(named != std::string::npos);
  CHECK(contains(desk.run({"why", said.substr(named + 12, 13)}).out, "refused"));
}

TEST_CASE("defaults of a kind, one's own word over them, and back", "[ledger]") {
  const Desk desk;
  const auto limit_of = [&desk](const char* scope) {
    const json::Value budget = document(desk.run({"budget", scope, "--json"}).out);
    std::string all;
    for (const json::Member& limit : at(at(budget, {"scopes"}).members()[0].value, {"limits"}).members())
      all += limit.value.find("what")->text() + "=" + limit.value.find("limit")->text() + " ";
    return all;
  };
  CHECK(limit_of("user:carol") == "usd_per_day=50 usd_per_month=1000 ");
  CHECK(desk.run({"budget", "set", "user:*", "--usd-per-month", "100", "--tokens-per-minute", "5000"}).code == 0);
  CHECK(limit_of("user:carol") == "usd_per_day=50 usd_per_month=100 tokens_per_minute=5000 ");
  CHECK(desk.run({"budget", "set", "user:carol", "--usd-per-day", "none", "--usd-per-month", "7.5"}).code == 0);
  CHECK(limit_of("user:carol") == "usd_per_month=7.5 tokens_per_minute=5000 ");
  CHECK(contains(desk.run({"budget"}).out, "user:*"));
  CHECK(contains(desk.run({"budget", "reset", "user:carol"}).err, "the defaults hold again"));
  CHECK(limit_of("user:carol") == "usd_per_day=50 usd_per_month=100 tokens_per_minute=5000 ");
}

TEST_CASE("what budget refuses, with advice and as a document", "[ledger]") {
  const Desk desk;
  struct Case {
    std::vector<std::string> arguments;
    const char* says;
  };
  const Case cases[] = {{{"budget", "set", "user:alice"}, "no limit is given"},
                        {{"budget", "set", "--usd-per-day", "5"}, "does not say whose"},
                        {{"budget", "clear"}, "does not say whose"},
                        {{"budget", "set", "alice", "--usd-per-day", "5"}, "there is no scope 'alice'"},
                        {{"budget", "sett", "user:alice"}, "Did you mean orthink budget set?"},
                        {{"budget", "user:a", "user:b"}, "one word too many"},
                        {{"budget", "set", "user:a", "user:b", "--usd-per-day", "5"}, "one word too many"},
                        {{"budget", "set", "user:", "--usd-per-day", "5"}, "there is no scope"},
                        {{"budget", "set", "user:\xff", "--usd-per-day", "5"}, "is not UTF-8"},
                        {{"budget", "set", "user:" + std::string(300, 'x'), "--usd-per-day", "5"}, "at most 256 bytes"},
                        {{"budget", "set", "user:alice", "--tokens-per-minute", "1000000001"}, "up to 1000000000"},
                        {{"budget", "set", "user:alice", "--usd-per-day", "much"}, "--usd-per-day takes dollars"},
                        {{"budget", "set", "user:alice", "--usd-per-day", "-5"}, "--usd-per-day takes dollars"},
                        {{"budget", "set", "user:alice", "--usd-per-day", "0.0000000001"}, "takes 0 or at least 0.000000001 dollars"},
                        {{"budget", "set", "user:alice", "--usd-per-day", "9007200"}, "takes at most 9007199 dollars"},
                        {{"budget", "set", "user:alice", "--usd-per-month", "1000000000000000000000"}, "takes at most 9007199 dollars"},
                        {{"budget", "set", "user:alice", "--requests-per-day", "1000000001"}, "takes at most 1000000000, or none"},
                        {{"budget", "set", "user:alice", "--requests-per-day", "1.5"}, "takes a whole number"},
                        {{"budget", "show", "user:alice", "--usd-per-day", "5"}, "sets none"},
                        {{"ledger"}, "needs"},
                        {{"ledger", "exprot"}, "Did you mean orthink ledger export?"},
                        {{"ledger", "reconcile", "--csv"}, "--csv is not a flag of"},
                        {{"ledger", "export", "--since", "soon"}, "--since: \"soon\" is no time"},
                        {{"report", "--since", "2026-11-02", "--until", "2026-11-01"}, "nothing lies between"},
                        {{"report", "--by", "users"}, "Did you mean user?"},
                        {{"report", "--json", "--csv"}, "contradict"},
                        {{"why"}, "needs CALL_ID"},
                        {{"why", "call-nothing"}, "no call is \"call-nothing\""},
                        {{"why", ""}, "no call is named"}};
  for (const Case& c : cases) {
    CAPTURE(c.arguments, c.says);
    const Ran ran = desk.run(c.arguments);
    CHECK(ran.code == 2);
    CHECK(contains(ran.err, c.says));
    std::vector<std::string> as_json = c.arguments;
    if (std::find(as_json.begin(), as_json.end(), "--json") == as_json.end()) as_json.emplace_back("--json");
    if (std::find(as_json.begin(), as_json.end(), "--csv") != as_json.end()) continue;
    CHECK(keys_of(document(desk.run(as_json).out)) == "schema ok error");
  }
}

TEST_CASE("an API key is no scope's name: it is neither kept nor shown, and what to write is", "[ledger]") {
  const Desk desk;
  const std::string key = "sk-or-v1-0123456789abcdef0123456789abcdef";
  for (const std::string& word : {"key:" + key, "user:" + key, key}) {
    CAPTURE(word);
    for (const std::vector<std::string>& words : {std::vector<std::string>{"budget", "set", word, "--usd-per-day", "5", "--json"},
                                                  {"budget", "clear", word},
                                                  {"budget", word}}) {
      const Ran ran = desk.run(words);
      CHECK(ran.code == 2);
      CHECK(contains(ran.err, "that is an API key"));
      CHECK_FALSE(contains(ran.out + ran.err, "0123456789abcdef"));
    }
  }
  CHECK_FALSE(contains(desk.run({"budget", "set", "user:a", key}).err, "0123456789abcdef"));
  CHECK(contains(desk.run({"budget", "set", "key:sk-test-key", "--usd-per-day", "5"}).err, "write key:0d62f396c131 for this one"));
  CHECK(desk.run({"budget", "set", "key:0d62f396c131", "--usd-per-day", "5"}).code == 0);
  CHECK(desk.run({"budget", "set", "user:sk-eptic", "--usd-per-day", "5"}).code == 0);
  REQUIRE(desk.run({"ask", "--think", "off", "Why?"}).code == 0);
  CHECK(contains(desk.run({"budget"}).out, "key:0d62f396c131\n  usd_per_day "));
}

TEST_CASE("a block is shown, refuses, and is lifted", "[ledger]") {
  const Desk desk;
  REQUIRE(desk.run({"ask", "--user", "mallory", "Why?"}).code == 0);
  StoreBatch batch;
  batch.at = now();
  batch.is_durable = true;
  batch.additions.push_back({ledger::blocked_key({ScopeKind::user, "mallory"}), 1, std::nullopt});
  REQUIRE(desk.open()->apply(batch).verdict == StoreReply::Verdict::applied);
  const Ran shown = desk.run({"budget"});
  CHECK(contains(shown.out, "user:mallory  BLOCKED"));
  CHECK(contains(shown.out, "`orthink budget clear user:mallory`"));
  CHECK(contains(desk.run({"doctor"}).out, "limits      bad"));
  CHECK(desk.run({"ask", "--user", "mallory", "Why?"}).code == 3);
  CHECK(desk.run({"ask", "--user", "alice", "Why?"}).code == 0);
  CHECK(contains(desk.run({"budget", "clear", "user:mallory"}).err, "is not blocked any more"));
  CHECK(contains(desk.run({"budget", "clear", "user:mallory"}).err, "was not blocked"));
  CHECK(desk.run({"ask", "--user", "mallory", "Why?"}).code == 0);
}

TEST_CASE("hostile names are no formulas and steer no terminal", "[ledger]") {
  const Desk desk;
  REQUIRE(desk.run({"ask", "--user", "=cmd|'/c calc'!A1", "Why?"}).code == 0);
  REQUIRE(desk.run({"ask", "--user", "@SUM(1,\"x\")", "Why?"}).code == 0);
  REQUIRE(desk.run({"ask", "--user", "e\x1b[2J", "Why?"}).code == 0);
  const std::string csv = desk.run({"report", "--by", "user", "--csv"}).out;
  CHECK(contains(csv, "\r\n'=cmd|'/c calc'!A1,1,"));
  CHECK(contains(csv, "\r\n\"'@SUM(1,\"\"x\"\")\",1,"));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"report", "--by", "user"}, {"budget"}, {"why", "last"}, {"ledger", "reconcile", "--since", "1d"}}) {
    const Ran ran = desk.run(words);
    CAPTURE(words, ran.out);
    CHECK(ran.code == 0);
    CHECK_FALSE(contains(ran.out + ran.err, "\x1b"));
  }
}

TEST_CASE("export: a line for each row, and as many cells as the head has", "[ledger]") {
  const Desk desk;
  for (int i = 0; i < 3; ++i) REQUIRE(desk.run({"ask", "Why?"}).code == 0);
  std::istringstream lines(desk.run({"ledger", "export", "--json"}).out);
  std::string keys;
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json::Value row = *json::parse(line);
    CHECK((row.find("schema") != nullptr) == (count == 0));
    CHECK(row.find("state")->text() == "settled");
    if (count == 1) keys = keys_of(row);
    if (count == 2) CHECK(keys_of(row) == keys);
  }
  CHECK(count == 3);
  std::istringstream table(desk.run({"ledger", "export", "--csv"}).out);
  std::string head;
  std::getline(table, head);
  std::replace(keys.begin(), keys.end(), ' ', ',');
  CHECK(head == keys + "\r");
  CHECK(desk.run({"ledger", "export", "--until", "1d"}).out.empty());
}

TEST_CASE("reconcile: unknown outcomes are settled by the upstream's word, settled calls compared with it", "[ledger]") {
  const Desk desk("reset-midstream=:1");
  const Ran torn = desk.run({"ask", "--think", "2k", "Why?"});
  CHECK(torn.code == 1);
  REQUIRE(desk.run({"ask", "Why?"}).code == 0);
  const json::Value first = document(desk.run({"ledger", "reconcile", "--json"}).out);
  CHECK(keys_of(first) == "schema ok outcomes compared disputed interrupted error");
  CHECK(at(first, {"outcomes", "unknown"}).as_u64() == 0);
  const json::Value report = document(desk.run({"report", "--json"}).out);
  CHECK(at(report, {"coverage", "unknown"}).as_u64() == 0);
  CHECK(at(report, {"totals", "cost_usd"}).text() == desk.simulator->bill().total.to_decimal());

  const Ran compared = desk.run({"ledger", "reconcile", "--since", "1d"});
  CHECK(compared.code == 0);
  CHECK(contains(compared.out, "2 settled calls compared: 2 agreed, 0 disputed, 0 unknown"));
  const std::unique_ptr<Store> store = desk.open();
  std::string key;
  StoredRow row;
  REQUIRE(store->rows({}, [&](const std::string& each, const StoredRow& found) {
    key = each;
    row = found;
    return true;
  }));
  HoldRecord record = *HoldRecord::parse(row.record);
  record.actual.nano += 1;
  StoreBatch batch;
  batch.at = now();
  batch.is_durable = true;
  RowWrite write = row_of(record);
  write.from = HoldState::settled;
  batch.rows.push_back(write);
  REQUIRE(store->apply(batch).verdict == StoreReply::Verdict::applied);
  const Ran disputed = desk.run({"ledger", "reconcile", "--since", "1d"});
  CHECK(disputed.code == 1);
  CHECK(contains(disputed.out, "disputed " + key));
  CHECK(contains(disputed.out, "1 agreed, 1 disputed"));
}

TEST_CASE("a call that may have been billed has no cost until it is known", "[ledger]") {
  const Desk desk("reset-billed");
  REQUIRE(desk.run({"ask", "--user", "alice", "--think", "off", "Why?"}).code == 1);
  const auto only_row = [&desk] {
    const json::Value report = document(desk.run({"report", "--by", "user", "--json"}).out);
    return at(report, {"rows"}).members().at(0).value;
  };
  const json::Value open = only_row();
  CHECK(at(open, {"cost_usd"}).is_null());
  CHECK(at(open, {"unknown"}).as_u64() == 1);
  CHECK(at(open, {"held_usd"}).text() != "0");
  CHECK(contains(desk.run({"report", "--by", "user", "--csv"}).out, "\r\nalice,1,,,,1,0.0"));
  CHECK(contains(desk.run({"report"}).out, "1 call, ? spent, $0.0"));
}

TEST_CASE("verify and doctor: a book that agrees, and one that somebody changed", "[ledger]") {
  const Desk desk;
  for (int i = 0; i < 2; ++i) REQUIRE(desk.run({"ask", "--user", "alice", "Why?"}).code == 0);
  const Ran good = desk.run({"ledger", "verify"});
  CHECK(good.code == 0);
  CHECK(good.out.starts_with("all agree: 2 rows, 6 lines"));
  CHECK(good.err.empty());
  const Ran well = desk.run({"doctor"});
  CHECK(contains(well.out, "ledger      good    2 rows and 6 lines agree with every balance"));
  CHECK(contains(well.out, "outcomes    good"));

  const std::unique_ptr<Store> store = desk.open();
  std::string key;
  StoredRow row;
  REQUIRE(store->rows({}, [&](const std::string& each, const StoredRow& found) {
    key = each;
    row = found;
    return false;
  }));
  HoldRecord record = *HoldRecord::parse(row.record);
  record.actual.nano -= 100;
  StoreBatch batch;
  batch.at = now();
  batch.is_durable = true;
  RowWrite write = row_of(record);
  write.from = HoldState::settled;
  batch.rows.push_back(write);
  REQUIRE(store->apply(batch).verdict == StoreReply::Verdict::applied);
  const Ran bad = desk.run({"ledger", "verify"});
  CHECK(bad.code == 1);
  CHECK(contains(bad.out, "row_actual  " + key));
  CHECK(contains(bad.out, " findings in 2 rows, 6 lines"));
  const Ran as_json = desk.run({"ledger", "verify", "--json"});
  CHECK(as_json.code == 1);
  const json::Value verified = document(as_json.out);
  CHECK(keys_of(verified) == "schema ok accounts rows lines lines_sealed seals counters moving duration_ms findings_total findings");
  CHECK_FALSE(at(verified, {"ok"}).as_bool());
  CHECK(keys_of(at(verified, {"findings"}).members()[0].value) == "code key text");
  const Ran ill = desk.run({"doctor"});
  CHECK(ill.code == 1);
  CHECK(contains(ill.out, "ledger      bad"));
  CHECK(contains(ill.out, "`orthink ledger verify`"));
  CHECK(desk.run({"ledger", "verify", "--since", "1d"}).code == 2);
}

TEST_CASE("a store that is away: exit 1, a remedy, a document", "[ledger]") {
  Desk desk;
  std::ofstream(desk.home.path() + "/file") << "x";
  desk.environment["ORTHINK_STORE"] = "sqlite:" + desk.home.path() + "/file/ledger.db";
  for (const std::vector<std::string>& words : {std::vector<std::string>{"budget"},
                                                {"budget", "set", "global", "--usd-per-day", "1"},
                                                {"report"},
                                                {"ledger", "export"},
                                                {"ledger", "reconcile"},
                                                {"why", "last"}}) {
    CAPTURE(words);
    const Ran ran = desk.run(words);
    CHECK(ran.code == 1);
    CHECK(ran.out.empty());
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 2);
    std::vector<std::string> as_json = words;
    as_json.emplace_back("--json");
    CHECK(at(document(desk.run(as_json).out), {"error", "code"}).text() == "store_unavailable");
  }
  desk.environment["ORTHINK_STORE"] = "memory:";
  CHECK(desk.run({"budget", "set", "global", "--usd-per-day", "1"}).code == 2);
  CHECK(contains(desk.run({"report"}).out, "the store is memory:"));
}

TEST_CASE("a call belongs to the time of its first row, and the trend shows the days that were asked for", "[ledger]") {
  const Desk desk;
  desk.run({"budget"});
  const auto day = [](int64_t ago) { return window::day_begin(window::day_of(now()) - ago); };
  const Instant since = day(40);
  HoldRecord early = settled_record("call-early", Instant{since.us - 1'000'000}, 100);
  HoldRecord late = early;  // its second attempt
  late.row = 2;
  late.created = since + Duration::seconds(1);
  const HoldRecord within = settled_record("call-within", since + Duration::seconds(2), 7);
  const HoldRecord recent = settled_record("call-recent", day(10), 1'000);
  StoreBatch batch;
  batch.at = now();
  for (const HoldRecord& record : {early, late, within, recent}) batch.rows.push_back(row_of(record));
  REQUIRE(desk.open()->apply(batch).verdict == StoreReply::Verdict::applied);
  const auto report = [&desk](const char* flag, Instant when) {
    return document(desk.run({"report", "--json", flag, window::iso_text(when)}).out);
  };
  CHECK(at(report("--since", since), {"totals", "calls"}).as_u64() == 2);
  CHECK(at(report("--since", since), {"totals", "cost_usd"}).text() == "0.000001007");
  CHECK(at(report("--until", since), {"totals", "cost_usd"}).text() == "0.0000002");
  const json::Value today = report("--since", day(0));
  CHECK(at(today, {"totals", "calls"}).as_u64() == 0);
  CHECK(at(today, {"trend"}).members().size() == 1);
  const json::Value whole = document(desk.run({"report", "--json"}).out);
  CHECK(at(whole, {"trend"}).members()[19].value.find("cost_usd")->text() == "0.000001");
}

TEST_CASE("a full disk under standard output is an error, a reader that has gone is none", "[ledger]") {
  const Desk desk;
  REQUIRE(desk.run({"ask", "Why?"}).code == 0);
  const auto shell = [&desk](const std::string& words) {
    return test::run_command(desk.home, {"bash", "-c", "set -o pipefail; " + words}, "", desk.environment);
  };
  const std::string program = std::string("'") + ORTHINK_PROGRAM + "' ";
  if (std::filesystem::exists("/dev/full")) {
    const Ran full = shell(program + "ledger export >/dev/full");
    CHECK(full.code == 1);
    CHECK(contains(full.err, "standard output cannot be written: No space left on device"));
  }
  CHECK(shell(program + "ledger export | true").code == 0);
  CHECK(shell(program + "report --json >&-").code == 0);
}

TEST_CASE("a report and an export of 100,000 calls", "[ledger]") {
  const Desk desk;
  desk.run({"budget"});
  {
    const std::unique_ptr<Store> store = desk.open();
    const Instant end = now();
    for (int64_t i = 0; i < 100'000;) {
      StoreBatch batch;
      batch.at = end;
      for (int64_t stop = i + 2'000; i < stop; ++i)
        batch.rows.push_back(row_of(settled_record("call-" + std::to_string(1'000'000 + i), Instant{end.us - i * 20'000'000}, i + 1)));
      REQUIRE(store->apply(batch).verdict == StoreReply::Verdict::applied);
    }
  }
  struct Case {
    std::vector<std::string> words;
    int64_t kilobytes_max;
  };
  for (const Case& c : {Case{{"ledger", "export"}, 40'000}, Case{{"report", "--json"}, 120'000}}) {
    const Instant begin = now();
    const Ran ran = desk.run(c.words);
    const Duration took = now() - begin;
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);  // the greatest of all so far
    std::cout << c.words[0] << " " << c.words[1] << " of 100,000 calls: " << took.ms() << " ms, at most " << usage.ru_maxrss / 1024
              << " MB\n";
    CHECK(ran.code == 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(usage.ru_maxrss < c.kilobytes_max);
#endif
    if (c.words[0] == "report")
      CHECK(at(document(ran.out), {"totals", "cost_usd"}).text() == NanoUsd{int64_t{100'000} * 100'001 / 2}.to_money().to_decimal());
    else
      CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 100'000);
  }
}

#endif
