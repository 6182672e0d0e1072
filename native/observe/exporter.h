// Exporter: sends spans and metrics to a collector, on a thread of its own.
//
//   Exporter exporter(options, sources);
//   exporter.offer(call_facts);                 // a call or a request that is over
//   exporter.flush(deadline);                   // when the program drains
//
// Spans wait in a queue of OTEL_BSP_MAX_QUEUE_SIZE; what finds it full is dropped and counted. A batch leaves when enough wait or the
// schedule's delay is over, metrics at their interval. An export that fails with 429, 502, 503, 504 or without an answer is tried again
// within its timeout (as Retry-After says, else after pauses that double); then it is dropped and counted. At most one export is under
// way, and nothing but flush() waits for it.
// It goes out through HTTP clients of its own, which do not have the upstream's key.
// Thread rule: any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "native/observe/facts.h"
#include "native/observe/metrics.h"
#include "native/observe/otel_options.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink::observe {

class Log;

struct ExporterSources {
  std::function<std::vector<Metric>()> collect;  // called on the exporter's thread; outlives it
  CounterFamily* dropped = nullptr;              // {signal, reason}; both outlive it
  CounterFamily* exports = nullptr;              // {signal, result}
  Log* log = nullptr;                            // may be null, else outlives it
};

class Exporter {
 public:
  // Errc::invalid_config or insecure_url for an endpoint that cannot be used. Plain http goes anywhere as long as no header is sent
  // along, else to loopback alone.
  static Result<std::unique_ptr<Exporter>> create(const OtelOptions& options, const ExporterSources& sources);
  ~Exporter();  // drops what waits; call flush() before
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // Never blocks on the network. REQUIRES: the facts' trace is valid and sampled.
  void offer(CallFacts facts);
  void offer(RequestFacts facts);
  // Sends what waits, and the metrics as they stand; a collector that does not answer is not asked again. False when not all of it was
  // taken by `until`.
  bool flush(Instant until);

 private:
  struct State;
  explicit Exporter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orthink::observe
