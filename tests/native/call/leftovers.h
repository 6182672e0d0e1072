// What a process that was killed leaves in a ledger.
#pragma once

#include <catch2/catch_test_macros.hpp>

#include "native/system.h"
#include "tests/native/money/money.h"

namespace orthink::test {

// A row that was reserved and never sent, of an epoch that nobody answers for.
inline void leave_reserved(Store& store) {
  const std::vector<Scope> payers(1);
  const Instant at = *store.now();
  const HoldRecord lost = record("call-of-the-dead", payers, at);
  REQUIRE(store.apply(ledger::reserve(lost, unlimited(payers), "gone", at)).verdict == StoreReply::Verdict::applied);
}

}  // namespace orthink::test
