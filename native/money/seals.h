// Seals the journals of a store (ledger/chain): off the hot path, in batches.
//
//   Result<Sealed> sealed = seal_journals(store, kSealLinesMin);
//
// Every account with at least `lines_min` unsealed lines gets seals of `lines_min` to kSealLinesMax lines each; fewer stay unsealed
// until more have come. A seal is one durable batch: the document, expected to be absent, and the mark that counts the account's seals.
// Of two who seal at once one comes through, the other goes on from there; the chain is the same.
// Thread rule: any thread, while others write to the store.
#pragma once

#include <cstdint>

#include "native/store/store.h"
#include "orthink/base/result.h"

namespace orthink {

inline constexpr uint64_t kSealLinesMin = 256;
inline constexpr uint64_t kSealLinesMax = 4096;

struct Sealed {
  uint64_t accounts = 0;  // that got a seal
  uint64_t seals = 0;
  uint64_t lines = 0;     // that are under them
};
// `lines_min` of 1 seals all there is; it is taken as 1 to kSealLinesMax. Errc::store_unavailable, with what was sealed so far kept;
// Errc::internal when the last seal of an account is gone or cannot be read: the chain is not gone on with, ledger verify names it.
Result<Sealed> seal_journals(Store& store, uint64_t lines_min);

}  // namespace orthink
