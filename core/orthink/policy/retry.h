// Retry: which failures may be tried again without buying twice, and how long to wait.
#pragma once

#include <cstdint>
#include <optional>

#include "orthink/base/error.h"
#include "orthink/base/instant.h"
#include "orthink/base/limits.h"

namespace orthink {

// What is certain about the bill of a failed leg.
enum class Bill : uint8_t {
  none,     // no byte of the request left, or the upstream refused before work
  insured,  // failed under zero-completion insurance: usage says what it cost
  unknown,  // bytes left and no final usage came back
};

struct Failure {
  Error error;
  Bill bill = Bill::unknown;
  bool delivered_content = false;   // a byte of the answer reached the caller: never retried
};

struct RetryPolicy {
  uint32_t attempts_max = limits::kAttemptsDefault;
  Duration base = limits::kRetryBase;
  Duration cap = limits::kRetryCap;
};

// Nothing when the failure is final. Otherwise how long to wait before attempt number `attempt` + 1 (attempt counts from 1):
// full jitter random(0, min(cap, base*2^(attempt-1))) from `entropy` and `attempt`, on top of Retry-After where the upstream named one (a floor;
// the jitter spreads those who were all told the same). Nothing as well when the wait would reach `deadline`.
// Final whatever the bill: 408, 504, 524 (upstream_timeout), all time-outs but connecting, 4xx but 429 and the in-flight budget.
// 500 and 502 are tried once more, and only after a first attempt.
std::optional<Duration> retry_delay(const RetryPolicy& policy, const Failure& failure, uint32_t attempt, uint64_t entropy, Instant now, Instant deadline);

}  // namespace orthink
