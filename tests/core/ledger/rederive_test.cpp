// Counters recomputed from rows: by hand, and against what the moves of the ledger left in a table.
#include "orthink/ledger/rederive.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "orthink/base/money.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/memory_table.h"

using namespace orthink;
using ledger::Counters;
using ledger::Rederived;

namespace {

constexpr Instant kNoon{1'795'521'600'000'000};

HoldRecord record(const std::string& call, int64_t bound, int64_t actual = 0) {
  HoldRecord hold;
  hold.call_id = call;
  hold.row = 1;
  hold.scopes = {Scope{}, {ScopeKind::user, "alice"}};
  hold.day = 20'781;
  hold.month = 682;
  hold.bound = {bound};
  hold.actual = {actual};
  if (actual > 0) hold.source = AmountSource::provider;
  hold.created = kNoon;
  return hold;
}

Rederived of(const MemoryTable& table) {
  Rederived rederived;
  for (const auto& [key, row] : table.rows()) REQUIRE(rederived.add(row.state, row.record));
  return rederived;
}

}  // namespace

TEST_CASE("open rows count with their bound, settled ones with their cost, released ones not at all") {
  Rederived rederived;
  CHECK(rederived.add(HoldState::reserved, record("a", 1).to_json()));
  CHECK(rederived.add(HoldState::sent, record("b", 20).to_json()));
  CHECK(rederived.add(HoldState::unknown, record("c", 300).to_json()));
  CHECK(rederived.add(HoldState::settled, record("d", 9'999, 4'000).to_json()));
  CHECK(rederived.add(HoldState::released, record("e", 50'000).to_json()));
  Counters expected;
  for (const char* window : {"global/d20781", "global/m682", "user:alice/d20781", "user:alice/m682"}) {
    expected["c/" + std::string(window)] = 4'321;
    expected["h/" + std::string(window)] = 321;
  }
  CHECK(rederived.counters() == expected);
}

TEST_CASE("an open row after its call's first counts as held by retries too") {
  HoldRecord retry = record("a", 7);
  retry.row = 2;
  Rederived rederived;
  CHECK(rederived.add(HoldState::unknown, retry.to_json()));
  CHECK(rederived.counters().at("x/user:alice/d20781") == 7);
  CHECK(rederived.counters().size() == 12);
  CHECK(rederived.corrections({{"x/global/d1", 5}}).at("x/global/d1") == 0);
}

TEST_CASE("corrections name what differs, and leave requests and blocks alone") {
  Rederived rederived;
  CHECK(rederived.add(HoldState::sent, record("a", 7).to_json()));
  Counters found = rederived.counters();
  CHECK(rederived.corrections(found).empty());
  found["n/global/d20781"] = 5;
  found["b/user:alice"] = 1;
  found["c/global/d1"] = 0;
  CHECK(rederived.corrections(found).empty());
  found["h/global/d20781"] = 8;
  found["c/user:gone/d20781"] = 3;
  found.erase("c/global/m682");
  CHECK(rederived.corrections(found) == Counters{{"h/global/d20781", 7}, {"c/user:gone/d20781", 0}, {"c/global/m682", 7}});
}

TEST_CASE("a record that cannot be read is an error, unless its row counts for nothing") {
  Rederived rederived;
  CHECK_FALSE(rederived.add(HoldState::sent, "{}"));
  CHECK_FALSE(rederived.add(HoldState::settled, R"({"v":2})"));
  CHECK(rederived.add(HoldState::released, "{}"));
  CHECK(rederived.counters().empty());
}

TEST_CASE("a sum past the largest amount stays there") {
  Rederived rederived;
  CHECK(rederived.add(HoldState::sent, record("a", NanoUsd::kMax - 1).to_json()));
  CHECK(rederived.add(HoldState::sent, record("b", 2).to_json()));
  CHECK(rederived.counters().at("c/global/d20781") == NanoUsd::kMax);
}

TEST_CASE("after any moves of the ledger nothing is to be corrected") {
  const uint32_t seed = 20261124;
  INFO("seed " << seed);
  std::mt19937 dice(seed);
  MemoryTable table;
  std::vector<std::pair<HoldRecord, HoldState>> open;
  for (uint32_t i = 0; i < 3'000; ++i) {
    const Instant at{kNoon.us + int64_t{i} * 1'000};
    if (open.empty() || dice() % 3 == 0) {
      HoldRecord made = record("call-" + std::to_string(i), 1 + static_cast<int64_t>(dice() % 1'000));
      made.day += static_cast<int64_t>(dice() % 3);
      REQUIRE(table.apply(ledger::reserve(made, {{made.scopes[0], {}}, {made.scopes[1], {}}}, "e", at)).verdict ==
              StoreReply::Verdict::applied);
      open.emplace_back(made, HoldState::reserved);
      continue;
    }
    const size_t at_index = dice() % open.size();
    auto& [hold, state] = open[at_index];
    StoreBatch batch;
    bool is_over = false;
    if (state == HoldState::reserved) {
      is_over = dice() % 4 == 0;
      batch = is_over ? ledger::release(hold, state, {}, at) : ledger::mark_sent(hold, "e", at);
      state = HoldState::sent;
    } else if (state == HoldState::sent && dice() % 3 == 0) {
      batch = ledger::leave_unknown(hold, at, at);
      state = HoldState::unknown;
    } else if (state == HoldState::sent && dice() % 3 == 0) {
      const NanoUsd bound{1 + static_cast<int64_t>(dice() % 1'000)};
      batch = ledger::rebound(hold, bound, {{hold.scopes[0], {}}, {hold.scopes[1], {}}}, "e", at);
      hold.bound = bound;
    } else {
      is_over = true;
      hold.actual = {static_cast<int64_t>(dice() % 1'500)};
      hold.source = AmountSource::provider;
      batch = ledger::settle(hold, state, {}, at);
      if (hold.actual > hold.bound) batch.additions.push_back({ledger::blocked_key(ledger::blocked_scope(hold)), -1, std::nullopt});
    }
    REQUIRE(table.apply(batch).verdict == StoreReply::Verdict::applied);
    if (is_over) open.erase(open.begin() + static_cast<ptrdiff_t>(at_index));
    if (i % 100 == 0) CHECK(of(table).corrections(table.counters()) == Counters{});
  }
  CHECK(of(table).corrections(table.counters()) == Counters{});
}
