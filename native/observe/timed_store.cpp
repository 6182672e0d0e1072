#include "native/observe/timed_store.h"

#include "native/system.h"

namespace orthink::observe {

StoreReply TimedStore::apply(const StoreBatch& batch) {
  const Instant began = orthink::now();
  StoreReply reply = store_.apply(batch);
  telemetry_.ledger_took(orthink::now() - began);
  return reply;
}

}  // namespace orthink::observe
