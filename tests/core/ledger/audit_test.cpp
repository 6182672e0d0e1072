// The audit: nothing is found in what the ledger writes, and each thing that does not hold is found by its code.
#include "orthink/ledger/audit.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/core/ledger/histories.h"
#include "tests/core/ledger/records.h"

using namespace orthink;
using test::Books;
using test::changed;

namespace {

const Instant kNoon{1'795'521'600'000'000};  // 2026-11-24T12:00:00Z
const Scope kAlice{ScopeKind::user, "alice"};
const Scope kAcme{ScopeKind::tenant, "acme"};

// One call of alice's: reserved with 800, sent; with `is_settled` it cost 300.
Books one_call(bool is_settled, const std::vector<Scope>& scopes = {Scope{}, kAlice}) {
  HoldRecord hold;
  hold.call_id = "call-1";
  hold.row = 1;
  hold.scopes = scopes;
  hold.day = window::day_of(kNoon);
  hold.month = window::month_of(kNoon);
  hold.bound = {800};
  hold.model = "vendor/model";
  hold.created = kNoon;
  ledger::ScopeList limits;
  for (const Scope& scope : scopes) limits.push_back({scope, Limits{}});
  MemoryTable table;
  REQUIRE(table.apply(ledger::reserve(hold, limits, "e", kNoon)).verdict == StoreReply::Verdict::applied);
  REQUIRE(table.apply(ledger::mark_sent(hold, "e", kNoon)).verdict == StoreReply::Verdict::applied);
  hold.actual = {300};
  hold.source = AmountSource::provider;
  if (is_settled) REQUIRE(table.apply(ledger::settle(hold, HoldState::sent, limits, kNoon)).verdict == StoreReply::Verdict::applied);
  return {table.rows(), table.counters(), table.journals(), {}, {}};
}

// "code key" of each finding, in their order.
std::vector<std::string> found(const Books& books) {
  std::vector<std::string> all;
  for (const Finding& each : test::audit(books).list) all.push_back(std::string(each.code) + " " + each.key);
  return all;
}
using Codes = std::vector<std::string>;
bool has(const Codes& codes, const std::string& one) { return std::find(codes.begin(), codes.end(), one) != codes.end(); }

StoredRow& row_of(Books& books) { return books.rows.at("call-1/1"); }
std::vector<std::string>& lines_of(Books& books) { return books.journals.at("global"); }

}  // namespace

TEST_CASE("audit: one call holds in every state") {
  CHECK(found(one_call(false)).empty());
  CHECK(found(one_call(true)).empty());
  CHECK(found(one_call(true, {Scope{}, kAcme, kAlice})).empty());
  CHECK(found(Books{}).empty());
}

TEST_CASE("audit: a row that is not what its lines made of it") {
  Books books = one_call(true);
  StoredRow& row = row_of(books);
  SECTION("state") {
    row.state = HoldState::released;
    CHECK(has(found(books), "row_state call-1/1"));
    CHECK(has(found(books), "committed_wrong c/global/d20781"));
  }
  SECTION("bound") {
    row.record = changed(row.record, "\"bound\":800", "\"bound\":801");
    CHECK(found(books) == Codes{"row_bound call-1/1"});
    CHECK(test::audit(books).list.front().text == "the row's bound is 801; its lines say 800");
  }
  SECTION("actual") {
    row.record = changed(row.record, "\"actual\":300", "\"actual\":299");
    CHECK(found(books) == Codes{"row_actual call-1/1", "committed_wrong c/global/d20781", "committed_wrong c/global/m682",
                                "committed_wrong c/user:alice/d20781", "committed_wrong c/user:alice/m682"});
    CHECK(test::audit(books).list[1].text == "the counter is 300; its rows make it 299");
  }
  SECTION("source") {
    row.record = changed(row.record, "\"provider\"", "\"computed\"");
    CHECK(found(books) == Codes{"row_source call-1/1"});
  }
  SECTION("no source") {
    row.record = changed(row.record, ",\"actual\":300,\"source\":\"provider\"", "");
    CHECK(has(found(books), "settled_without_source call-1/1"));
  }
  SECTION("scopes") {
    row.record = changed(row.record, "user:alice", "user:bob");
    CHECK(has(found(books), "row_scopes call-1/1"));
    CHECK(has(found(books), "requests_wrong n/user:bob/d20781"));
  }
  SECTION("day") {
    row.record = changed(row.record, "\"day\":20781", "\"day\":20782");
    CHECK(has(found(books), "row_window call-1/1"));
  }
  SECTION("month") {
    row.record = changed(row.record, "\"month\":682", "\"month\":681");
    CHECK(has(found(books), "row_window call-1/1"));
  }
  SECTION("account") {
    row.account = "tenant:acme";
    CHECK(found(books) == Codes{"row_account call-1/1"});
  }
  SECTION("key") {
    row.record = changed(row.record, "\"call\":\"call-1\"", "\"call\":\"call-2\"");
    CHECK(found(books) == Codes{"row_key call-1/1"});
  }
  SECTION("not a record") {
    row.record = "{}";
    CHECK(has(found(books), "row_unreadable call-1/1"));
  }
  SECTION("gone") {
    books.rows.clear();
    CHECK(has(found(books), "lines_without_row call-1/1"));
  }
  SECTION("without lines") {
    books.journals.clear();
    CHECK(found(books) == Codes{"row_without_lines call-1/1"});
  }
}

TEST_CASE("audit: a row whose record is not the one it ended with") {
  Books books = one_call(true);
  StoredRow& row = row_of(books);
  SECTION("what only the sum holds") {
    row.record = changed(row.record, "vendor/model", "vendor/other");
    CHECK(found(books) == Codes{"row_changed call-1/1"});
    CHECK(test::audit(books).list.front().text == "the row's record is not the one that it ended with");
  }
  SECTION("a ledger of before there were sums") {
    row.record = changed(row.record, "vendor/model", "vendor/other");
    std::string& last = lines_of(books).back();
    last = last.substr(0, last.find(",\"sum\"")) + "}";
    CHECK(found(books).empty());
  }
  SECTION("time") {
    row.created.us += 1;
    CHECK(found(books) == Codes{"row_changed call-1/1"});
    CHECK(test::audit(books).list.front().text == "the row's time is not that of its record");
  }
}

TEST_CASE("audit: lines that the ledger does not write") {
  Books books = one_call(true);
  std::vector<std::string>& lines = lines_of(books);
  SECTION("unreadable") {
    lines[1] += "x";
    CHECK(has(found(books), "line_unreadable global#2"));
    lines[1] = R"({"row":"call-1/1","from":"reserved","to":"sent","at":1,"bound":800,"more":1})";
    CHECK(has(found(books), "line_unreadable global#2"));
  }
  SECTION("a state is left out") {
    lines.erase(lines.begin() + 1);
    CHECK(found(books) == Codes{"line_illegal global#2"});
    CHECK(test::audit(books).list.front().text == "call-1/1 is reserved and cannot go from sent to settled");
  }
  SECTION("never reserved") {
    lines.erase(lines.begin());
    CHECK(found(books) == Codes{"line_illegal global#1"});
  }
  SECTION("reserved twice") {
    lines.push_back(lines.front());
    CHECK(found(books) == Codes{"line_illegal global#4"});
  }
  SECTION("begun in a state that no row begins in") {
    lines[0] = changed(lines[0], "\"to\":\"reserved\"", "\"to\":\"sent\"");
    CHECK(found(books).front() == "line_illegal global#1");
    CHECK(test::audit(books).list.front().text == "call-1/1 cannot go from none to sent: it is none");
  }
  SECTION("back to where it was") {
    lines.insert(lines.begin() + 2, changed(changed(lines[1], "reserved", "sent"), "\"to\":\"sent\"", "\"to\":\"reserved\""));
    CHECK(has(found(books), "line_illegal global#3"));
  }
  SECTION("a move that is none of the machine's") {
    lines[2] = changed(changed(lines[2], "\"sent\"", "\"unknown\""), "\"settled\"", "\"sent\"");
    lines[2] = lines[2].substr(0, lines[2].find(",\"actual\"")) + "}";
    CHECK(has(found(books), "line_illegal global#3"));
  }
  SECTION("a move that is none of the machine's, from the state the row is in") {
    lines[1] = changed(lines[1], "\"sent\"", "\"unknown\"");
    lines[2] = changed(lines[2], "\"sent\"", "\"unknown\"");
    CHECK(found(books) == Codes{"line_illegal global#2"});
  }
  SECTION("on from an end, or back from where nothing is known") {
    const std::string sent = lines[1];
    lines.push_back(changed(sent, "reserved", "settled"));
    CHECK(found(books).front() == "line_illegal global#4");
    CHECK(test::audit(books).list.front().text == "call-1/1 is settled and cannot go from settled to sent");
    lines = {lines[0], sent, changed(changed(sent, "sent", "unknown"), "reserved", "sent"), changed(sent, "reserved", "unknown")};
    CHECK(found(books).front() == "line_illegal global#4");
    CHECK(test::audit(books).list.front().text == "call-1/1 is unknown and cannot go from unknown to sent");
  }
  SECTION("closed twice") {
    lines.push_back(lines.back());
    CHECK(found(books) == Codes{"closed_twice global#4"});
  }
}

TEST_CASE("audit: lines that say other things than their row") {
  Books books = one_call(true);
  std::vector<std::string>& lines = lines_of(books);
  SECTION("another bound") {
    lines[1] = changed(lines[1], "800", "700");
    CHECK(has(found(books), "line_bound global#2"));
  }
  SECTION("a change of the bound that is none") {
    lines.insert(lines.begin() + 2, changed(lines[1], "reserved", "sent"));
    CHECK(found(books) == Codes{"line_bound global#3"});
  }
  SECTION("settled without a source") {
    lines[2] = changed(lines[2], "provider", "none");
    CHECK(has(found(books), "settled_without_source global#3"));
  }
  SECTION("in another account's journal") {
    books.journals["tenant:acme"] = lines;
    books.journals.erase("global");
    CHECK(has(found(books), "line_account tenant:acme#1"));
  }
  SECTION("split over two journals") {
    books.journals["tenant:acme"].push_back(lines.back());
    lines.pop_back();
    CHECK(found(books) == Codes{"line_account tenant:acme#1"});
  }
}

TEST_CASE("audit: numbers of lines without a gap") {
  const Books books = one_call(true);
  Audit audit;
  const std::vector<std::string>& lines = books.journals.at("global");
  audit.line("global", 1, lines[0]);
  audit.line("global", 3, lines[1]);
  audit.line("global", 3, lines[2]);
  const Findings findings = audit.finish();
  REQUIRE(findings.total >= 2);
  CHECK(findings.list[0] == Finding{finding::journal_gap, "global#3", "line 3 follows line 1"});
  CHECK(findings.list[1] == Finding{finding::journal_gap, "global#3", "line 3 follows line 3"});
}

TEST_CASE("audit: counters that are not what the rows make them") {
  Books books = one_call(false);
  SECTION("committed") {
    ++books.counters.at("c/user:alice/m682");
    CHECK(found(books) == Codes{"committed_wrong c/user:alice/m682"});
  }
  SECTION("held, and gone") {
    books.counters.erase("h/global/d20781");
    CHECK(found(books) == Codes{"held_wrong h/global/d20781"});
  }
  SECTION("held by retries that are none") {
    books.counters["x/global/d20781"] = 1;
    CHECK(found(books) == Codes{"retries_wrong x/global/d20781"});
  }
  SECTION("requests") {
    books.counters.at("n/user:alice/d20781") = 0;
    CHECK(found(books) == Codes{"requests_wrong n/user:alice/d20781"});
  }
  SECTION("of a window without rows") {
    books.counters["c/user:bob/d20781"] = -1;
    CHECK(found(books) == Codes{"committed_wrong c/user:bob/d20781"});
  }
  SECTION("blocked for nothing, or less than not at all") {
    books.counters["b/user:alice"] = 1;
    CHECK(found(books) == Codes{"blocked_wrong b/user:alice"});
    books.counters["b/user:alice"] = -1;
    CHECK(found(books) == Codes{"blocked_wrong b/user:alice"});
  }
  SECTION("zeros and other keys are nothing") {
    books.counters["c/user:bob/d1"] = 0;
    books.counters["b/user:bob"] = 0;
    books.counters["other/thing"] = 7;
    books.counters["z/global/d20781"] = 7;
    books.counters["y"] = 7;
    CHECK(found(books).empty());
  }
}

TEST_CASE("audit: a scope that is over its limit (I1)") {
  const Books books = one_call(false);
  Limits limits;
  limits.set(LimitKind::usd_per_day, 800);
  limits.set(LimitKind::requests_per_day, 1);
  const auto against = [&books, &limits]() {
    Audit audit;
    for (const auto& [key, value] : books.counters) audit.counter(key, value);
    Codes over;
    const ledger::ScopeList all{{kAlice, limits}, {{ScopeKind::user, "nobody"}, limits}};  // one of them never called
    for (const Finding& each : audit.finish({}, all, 20'781, 682).list)
      if (each.code == finding::over_limit) over.push_back(each.key);
    return over;
  };
  CHECK(against().empty());
  limits.set(LimitKind::usd_per_day, 799);
  limits.set(LimitKind::requests_per_day, 0);
  limits.set(LimitKind::usd_per_month, 799);
  CHECK(against() == Codes{"c/user:alice/d20781", "c/user:alice/m682", "n/user:alice/d20781"});
}

TEST_CASE("audit: what moved between two readings is asked for again") {
  const Books before = one_call(false);
  const Books after = one_call(true);
  const std::vector<std::string>& lines = after.journals.at("global");
  const StoredRow& row = after.rows.at("call-1/1");
  Audit audit;
  audit.line("global", 1, lines[0]);
  audit.line("global", 2, lines[1]);
  audit.begin_rows();
  audit.row("call-1/1", &row);  // settled already
  for (const auto& [key, value] : before.counters) audit.counter(key, value);
  audit.line("global", 3, lines[2]);
  const Audit::Again again = audit.again();
  CHECK(again.rows == Codes{"call-1/1"});
  CHECK(again.counters.size() == 8);
  SECTION("and holds when it is read again") {
    audit.row("call-1/1", &row);
    for (const auto& [key, value] : after.counters) audit.counter(key, value);
    CHECK(audit.again().empty());
    CHECK(audit.finish().total == 0);
  }
  SECTION("and is left out when it never stood still") { CHECK(audit.finish(again).total == 0); }
  SECTION("and is found when it does not hold") {
    audit.row("call-1/1", nullptr);
    for (const auto& [key, value] : after.counters) audit.counter(key, value + (key == "c/global/d20781" ? 1 : 0));
    CHECK(audit.again().empty());
    const Findings findings = audit.finish();
    REQUIRE(findings.total == 2);
    CHECK(findings.list[0].code == finding::lines_without_row);
    CHECK(findings.list[1] == Finding{finding::committed_wrong, "c/global/d20781", "the counter is 301; its lines make it 300"});
  }
}

TEST_CASE("audit: a row that is begun while rows are read is asked for, and left out when it is not there to the last") {
  const Books books = one_call(false);
  Audit audit;
  audit.begin_rows();
  audit.line("global", 1, books.journals.at("global")[0]);
  const Audit::Again again = audit.again();
  CHECK(again.rows == Codes{"call-1/1"});
  const auto is_of_rows = [](const Finding& each) { return each.code == finding::lines_without_row; };
  SECTION("it moves on") {
    const Findings findings = audit.finish(again);
    CHECK(std::none_of(findings.list.begin(), findings.list.end(), is_of_rows));
  }
  SECTION("it stands still") {
    const Findings findings = audit.finish();
    CHECK(std::count_if(findings.list.begin(), findings.list.end(), is_of_rows) == 1);
  }
}

TEST_CASE("audit: a request that was given back between two readings") {
  const HoldRecord record = *HoldRecord::parse(one_call(false).rows.at("call-1/1").record);
  const ledger::ScopeList limits{{Scope{}, Limits{}}, {kAlice, Limits{}}};
  MemoryTable table;
  Audit audit;
  table.apply(ledger::reserve(record, limits, "e", kNoon));
  audit.line("global", 1, table.journal("global")[0]);
  audit.begin_rows();
  audit.row("call-1/1", &table.rows().at("call-1/1"));
  table.apply(ledger::release(record, HoldState::reserved, limits, kNoon));
  for (const auto& [key, value] : table.counters()) audit.counter(key, value);
  audit.line("global", 2, table.journal("global")[1]);
  const Audit::Again again = audit.again();  // the row was what its lines said when it was read
  CHECK(again.rows.empty());
  CHECK_FALSE(again.empty());
  for (const std::string& key : again.counters) audit.counter(key, table.counter(key));
  CHECK(audit.again().empty());
  CHECK(audit.finish().total == 0);
}

TEST_CASE("audit: of many findings the first are kept and all are counted") {
  Audit audit;
  for (uint64_t i = 0; i < kFindingsMax + 5; ++i) audit.line("global", 2 * i + 1, "x");
  const Findings findings = audit.finish();
  CHECK(findings.list.size() == kFindingsMax);
  CHECK(findings.total == 2 * kFindingsMax + 9);
}
