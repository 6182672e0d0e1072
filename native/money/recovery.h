// Recovery: what processes that are gone have left open is put where it belongs.
//
//   Result<Recovered> found = recover(store, epoch::Epoch::own());
//
// A row is lost when its epoch is dead or was given back, or when its call must have been over for ten minutes. A lost row that was
// reserved was never sent: it is released, and if nothing else of its call was, its idempotency key is free. One that was sent becomes
// unknown, due at once: time frees nothing that may be billed, and no key of it.
// Whoever was wrongly taken for dead cannot send any more, since mark_sent expects `reserved`, and settles its row from `unknown`.
// Thread rule: any thread; several may recover at once.
#pragma once

#include <cstdint>
#include <vector>

#include "native/money/epoch.h"
#include "native/store/store.h"
#include "orthink/ledger/record.h"

namespace orthink {

struct Recovered {
  uint64_t released = 0;
  uint64_t unknown = 0;
  uint64_t epochs = 0;  // documents of dead processes that were removed
};
// `self`: who looks. One query each for rows and epochs when there is nothing to do.
Result<Recovered> recover(Store& store, const epoch::Epoch& self);

// The lost rows that were sent, whose outcome nobody knows, as a recovery would find them. Writes nothing.
Result<std::vector<HoldRecord>> lost_in_flight(Store& store, const epoch::Epoch& self);

}  // namespace orthink
