// Store: where holds and counters live. It applies a batch all or nothing and knows no rule about money.
//
// The contract, checked by tests/golden/store on every store: rows are tested first, in order (a row that is not in its `from` state:
// row_conflict with its key), then additions, in order, each against the sum with those before it (guard_failed with its key);
// nothing of a refused batch is kept. A batch marked durable is on disk before apply() returns, where there is a disk.
// Thread rule: any thread.
#pragma once

#include "orthink/exchange/store.h"

namespace orthink {

class Store {
 public:
  virtual ~Store() = default;
  // The reply carries the batch's ticket.
  virtual StoreReply apply(const StoreBatch& batch) = 0;
};

}  // namespace orthink
