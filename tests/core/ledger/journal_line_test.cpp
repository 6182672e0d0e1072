// Lines of the journal, read back: what ledger/ledger writes, and nothing else.
#include "orthink/ledger/journal_line.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/core/ledger/records.h"

using namespace orthink;
using test::changed;

namespace {

constexpr std::string_view kFirst =
    R"({"row":"c/1","from":"none","to":"reserved","at":17955,"bound":800,"scopes":["global","user:a"],"day":20781,"month":682})";
constexpr std::string_view kLast =
    R"({"row":"c/1","from":"sent","to":"settled","at":17960,"bound":800,"actual":300,"source":"provider"})";

}  // namespace

TEST_CASE("a first and a last line say what they know") {
  const Result<JournalMove> first = JournalMove::parse(kFirst);
  REQUIRE(first);
  CHECK(first->row == "c/1");
  CHECK(first->to == HoldState::reserved);
  CHECK(first->bound.nano == 800);
  CHECK(first->scopes == std::vector<Scope>{Scope{}, {ScopeKind::user, "a"}});
  CHECK(first->day == 20'781);
  CHECK(first->month == 682);
  const Result<JournalMove> last = JournalMove::parse(kLast);
  REQUIRE(last);
  CHECK(last->from == HoldState::sent);
  CHECK(last->actual.nano == 300);
  CHECK(last->source == AmountSource::provider);
  CHECK(last->at.us == 17'960);
}

TEST_CASE("a line that ends a row may sum its record up") {
  CHECK(record_sum("") == "e3b0c44298fc1c14");
  CHECK(JournalMove::parse(kLast)->sum.empty());
  const std::string summed = changed(kLast, "\"provider\"", "\"provider\",\"sum\":\"9f86d081884c7d65\"");
  CHECK(JournalMove::parse(summed)->sum == "9f86d081884c7d65");
  CHECK(JournalMove::parse(R"({"row":"c/1","from":"sent","to":"released","at":1,"bound":8,"sum":"9f86d081884c7d65"})"));
  CHECK_FALSE(JournalMove::parse(R"({"row":"c/1","from":"reserved","to":"sent","at":1,"bound":8,"sum":"9f86d081884c7d65"})"));
  for (const char* wrong : {"9f86d081884c7d6", "9F86D081884C7D65", ""}) CHECK_FALSE(JournalMove::parse(changed(summed, "9f86d081884c7d65", wrong)));
}

TEST_CASE("what is no such line is refused") {
  for (const std::string_view line : {"", "[]", "{}", "7"}) CHECK_FALSE(JournalMove::parse(line));
  const std::pair<const char*, const char*> changes_of_first[] = {
      {"\"c/1\"", "\"\""},           {"\"c/1\"", "1"},           {"\"none\"", "\"nowhere\""}, {"\"reserved\"", "\"none\""},
      {"\"reserved\"", "\"gone\""},  {"17955", "-1"},            {"17955", "\"x\""},          {"800", "9007199254740992"},
      {",\"month\":682", ""},        {"\"month\":682", "\"month\":-1"}, {"20781", "0.5"},     {"[\"global\",\"user:a\"]", "[]"},
      {"[\"global\",\"user:a\"]", "5"}, {"\"user:a\"", "5"},     {"\"user:a\"", "\"who\""},   {"\"scopes\"", "\"skopes\""},
      {"682}", "682,\"actual\":1}"}};
  for (const auto& [from, to] : changes_of_first) {
    INFO(from << " -> " << to);
    CHECK_FALSE(JournalMove::parse(changed(kFirst, from, to)));
  }
  const std::pair<const char*, const char*> changes_of_last[] = {
      {"300", "-300"}, {"\"provider\"", "\"hearsay\""}, {"\"provider\"", "5"}, {"\"actual\"", "\"aktual\""}, {"\"source\"", "\"sauce\""}};
  for (const auto& [from, to] : changes_of_last) {
    INFO(from << " -> " << to);
    CHECK_FALSE(JournalMove::parse(changed(kLast, from, to)));
  }
}
