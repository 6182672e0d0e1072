// Whatever the ledger writes holds; whatever is then changed in one place is found. ORTHINK_AUDIT_SEED=n replays one seed,
// ORTHINK_AUDIT_CASES=n runs more.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>

#include "tests/core/ledger/histories.h"

using namespace orthink;
using test::Books;
using test::History;

namespace {

enum class Damage : uint8_t { row_amount, row_state, row_gone, counter, line_changed, line_gone, lines_swapped, line_added, seal_gone, seal_changed };
constexpr std::array<const char*, 10> kDamages{"row_amount", "row_state",     "row_gone",   "counter",   "line_changed",
                                               "line_gone",  "lines_swapped", "line_added", "seal_gone", "seal_changed"};

template <class All>
auto& any(History& history, All& all) {
  return *std::next(all.begin(), history.pick(static_cast<uint32_t>(all.size())));
}

// Changes one digit of the number after `member`, if there is one.
bool change_number(History& history, std::string& text, std::string_view member) {
  const std::string start = "\"" + std::string(member) + "\":";
  const size_t at = text.find(start);
  if (at == std::string::npos) return false;
  char& digit = text[at + start.size()];
  digit = static_cast<char>('1' + (digit - '1' + 1 + static_cast<int>(history.pick(8))) % 9);
  return true;
}

uint64_t sealed_to(const Books& books, const std::string& account) {
  const auto seals = books.seals.find(account);
  return seals == books.seals.end() || seals->second.empty() ? 0 : chain::Seal::parse(seals->second.rbegin()->second)->to;
}

// A bound that a later line changed once more leaves no trace but its line.
bool is_rebound(const std::string& line) {
  const JournalMove move = *JournalMove::parse(line);
  return move.from == HoldState::sent && move.to == HoldState::sent;
}

std::string row_in(const std::string& line) { return JournalMove::parse(line)->row; }

// Under a seal any character; else what the rows bear out: a time is bound by nothing yet.
bool change_line(History& history, const Books& books, const std::string& account, std::vector<std::string>& lines) {
  const size_t at = history.pick(static_cast<uint32_t>(lines.size()));
  if (at < sealed_to(books, account)) {
    char& character = any(history, lines[at]);
    character = character == 'x' ? 'y' : 'x';
    return true;
  }
  return !is_rebound(lines[at]) && change_number(history, lines[at], "bound");
}

bool remove_line(History& history, const Books& books, const std::string& account, std::vector<std::string>& lines) {
  const size_t at = history.pick(static_cast<uint32_t>(lines.size()));
  if (at >= sealed_to(books, account) && is_rebound(lines[at])) return false;
  lines.erase(lines.begin() + static_cast<ptrdiff_t>(at));
  return true;
}

// Of lines of different rows only a seal binds the order.
bool swap_lines(History& history, const Books& books, const std::string& account, std::vector<std::string>& lines) {
  const size_t a = history.pick(static_cast<uint32_t>(lines.size()));
  const size_t b = history.pick(static_cast<uint32_t>(lines.size()));
  const bool is_told = row_in(lines[a]) == row_in(lines[b]) && !is_rebound(lines[a]) && !is_rebound(lines[b]);
  const bool is_bound = std::min(a, b) < sealed_to(books, account) || is_told;
  if (!is_bound || lines[a] == lines[b]) return false;
  std::swap(lines[a], lines[b]);
  return true;
}

bool add_line(History& history, const Books& books, const std::string& account, std::vector<std::string>& lines) {
  const std::string line = any(history, lines);
  const size_t at = history.pick(static_cast<uint32_t>(lines.size() + 1));
  if (at >= sealed_to(books, account) && is_rebound(line)) return false;
  lines.insert(lines.begin() + static_cast<ptrdiff_t>(at), line);
  return true;
}

bool damage_seal(History& history, Books& books, bool is_removed) {
  if (books.seals.empty()) return false;
  auto& seals = any(history, books.seals).second;
  auto& [number, seal] = any(history, seals);
  if (is_removed) {
    seals.erase(number);
    return true;
  }
  char& character = any(history, seal);
  character = character == '7' ? '8' : '7';
  return true;
}

bool damage_row(History& history, Books& books, Damage damage) {
  auto& [key, stored] = any(history, books.rows);
  if (damage == Damage::row_gone) {
    books.rows.erase(key);
    return true;
  }
  if (damage == Damage::row_amount)
    return (stored.state == HoldState::settled && history.pick(2) == 0 && change_number(history, stored.record, "actual")) ||
           change_number(history, stored.record, "bound");
  const auto state = static_cast<HoldState>(history.pick(6));
  if (state == stored.state) return false;
  stored.state = state;
  return true;
}

bool damage_lines(History& history, Books& books, Damage damage) {
  auto& [account, lines] = any(history, books.journals);
  switch (damage) {
    case Damage::line_changed:
      return change_line(history, books, account, lines);
    case Damage::line_gone:
      return remove_line(history, books, account, lines);
    case Damage::lines_swapped:
      return swap_lines(history, books, account, lines);
    default:
      return add_line(history, books, account, lines);
  }
}

// False: this history has nothing to do it to.
bool do_damage(History& history, Books& books, Damage damage) {
  switch (damage) {
    case Damage::row_amount:
    case Damage::row_state:
    case Damage::row_gone:
      return damage_row(history, books, damage);
    case Damage::counter: {
      auto& [key, value] = any(history, books.counters);
      const int64_t up = 1 + static_cast<int64_t>(history.pick(1'000'000));
      // A block that was lowered may have been cleared, and more than were allowed is found however many.
      value += key.starts_with("b/") ? 1'000 : history.pick(2) == 0 ? up : -up;
      return true;
    }
    case Damage::line_changed:
    case Damage::line_gone:
    case Damage::lines_swapped:
    case Damage::line_added:
      return damage_lines(history, books, damage);
    case Damage::seal_gone:
    case Damage::seal_changed:
      return damage_seal(history, books, damage == Damage::seal_gone);
  }
  return false;
}

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("audit: nothing is found in legal histories, and any one change of them is") {
  const uint64_t first = number_from("ORTHINK_AUDIT_SEED", 1);
  const uint64_t cases = std::getenv("ORTHINK_AUDIT_SEED") != nullptr ? 1 : number_from("ORTHINK_AUDIT_CASES", 5'000);
  std::array<uint64_t, kDamages.size()> done{};
  for (uint64_t seed = first; seed < first + cases; ++seed) {
    History history(seed);
    Books books = history.books();
    if (const Findings none = test::audit(books); none.total != 0)
      FAIL("ORTHINK_AUDIT_SEED=" << seed << ": " << none.list.front().code << " " << none.list.front().key << ": " << none.list.front().text);
    const auto damage = static_cast<Damage>(seed % kDamages.size());
    if (!do_damage(history, books, damage)) continue;
    ++done[static_cast<size_t>(damage)];
    if (test::audit(books).total == 0) FAIL("ORTHINK_AUDIT_SEED=" << seed << ": " << kDamages[static_cast<size_t>(damage)] << " is not found");
  }
  uint64_t all = 0;
  for (size_t i = 0; i < done.size(); ++i) {
    all += done[i];
    std::printf("%s%s %llu", i == 0 ? "audit: seeds found: " : ", ", kDamages[i], static_cast<unsigned long long>(done[i]));
    if (cases > 1'000) CHECK(done[i] > cases / 30);
  }
  std::printf("; %llu in all of seeds %llu to %llu\n", static_cast<unsigned long long>(all), static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + cases - 1));
}

TEST_CASE("audit: a row whose outcome is not known holds its bound, by its rows and by lines that come meanwhile") {
  const Instant noon{1'795'521'600'000'000};
  HoldRecord record;
  record.call_id = "call-1";
  record.row = 1;
  record.scopes = {Scope{}};
  record.day = window::day_of(noon);
  record.month = window::month_of(noon);
  record.bound = {800};
  record.created = noon;
  MemoryTable table;
  const auto is_applied = [&table](const StoreBatch& batch) { return table.apply(batch).verdict == StoreReply::Verdict::applied; };
  REQUIRE(is_applied(ledger::reserve(record, {{Scope{}, Limits{}}}, "e", noon)));
  REQUIRE(is_applied(ledger::mark_sent(record, "e", noon)));
  Audit audit;
  audit.line("global", 1, table.journal("global")[0]);
  audit.line("global", 2, table.journal("global")[1]);
  const auto look = [&audit, &table] {
    audit.row("call-1/1", &table.rows().at("call-1/1"));
    for (const auto& [key, value] : table.counters()) audit.counter(key, value);
  };
  REQUIRE(is_applied(ledger::leave_unknown(record, noon, noon)));
  SECTION("it was left so before") {
    audit.line("global", 3, table.journal("global")[2]);
    audit.begin_rows();
    look();
  }
  SECTION("it is left so between two looks") {
    audit.begin_rows();
    look();
    audit.line("global", 3, table.journal("global")[2]);
    CHECK(audit.again().rows == std::vector<std::string>{"call-1/1"});
    look();
  }
  SECTION("it is settled between two looks") {
    audit.line("global", 3, table.journal("global")[2]);
    audit.begin_rows();
    record.actual = {300};
    record.source = AmountSource::provider;
    REQUIRE(is_applied(ledger::settle(record, HoldState::unknown, {}, noon)));
    look();
    audit.line("global", 4, table.journal("global")[3]);
    CHECK(audit.again().rows == std::vector<std::string>{"call-1/1"});
    look();
  }
  CHECK(audit.again().empty());
  CHECK(audit.finish().total == 0);
}
