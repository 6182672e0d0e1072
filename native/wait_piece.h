// wait_piece: how long a condition variable may wait at a time.
#pragma once

#include <algorithm>
#include <chrono>

#include "native/system.h"

namespace orthink {

// From now to `until`, never less than nothing and at most an hour: the clock that the kernel waits by is not ours, and the nanoseconds of
// Instant::never() would overflow. Whoever waits looks again afterwards.
inline std::chrono::microseconds wait_piece(Instant until) {
  constexpr Duration kLongest = Duration::seconds(3'600);
  if (until.is_never()) return std::chrono::microseconds(kLongest.us);
  return std::chrono::microseconds(std::clamp(until - now(), Duration{}, kLongest).us);
}

}  // namespace orthink
