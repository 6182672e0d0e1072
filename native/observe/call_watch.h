// CallWatch: tells telemetry of one paid call while it is driven: its time in this program, its batches, what it holds, the faults of the
// upstream, and how it ended.
//
//   CallWatch watch(telemetry, parent, config.carries_traceparent());
//   drive(exchange, watch.over(world, exchange), watch.over(store), audience);
//   watch.ended(exchange);
//
// What it spends waiting in World::wait() is the upstream's time (or the caller's); the rest is this program's own.
// Thread rule: one thread at a time. Without telemetry (null, or off) world and store are handed back as they are.
#pragma once

#include <memory>
#include <optional>

#include "native/driver.h"
#include "native/observe/telemetry.h"
#include "native/observe/trace_context.h"
#include "native/store/store.h"
#include "orthink/exchange/exchange.h"

namespace orthink::observe {

class CallWatch {
 public:
  // `telemetry` may be null, else outlives it. `parent`: of the request the call is made for; may be not valid.
  CallWatch(Telemetry* telemetry, const TraceContext& parent, bool carries_traceparent);
  // A call that was begun and not ended (it is asked again with less) is counted as neither.
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  // What they are over must outlive it.
  World& over(World& world, const Exchange& exchange);
  Store& over(Store& store);
  // The call is over. REQUIRES: its last output was polled.
  void ended(const Exchange& exchange);

 private:
  class WatchedWorld;
  struct State;
  std::unique_ptr<State> state_;  // null: nobody is told
};

}  // namespace orthink::observe
