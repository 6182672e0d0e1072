#include "orthink/policy/retry.h"

#include <algorithm>

namespace orthink {
namespace {

__extension__ using Wide = unsigned __int128;

// What a failure of this name allows, before the bill is looked at.
enum class Verdict : uint8_t {
  final_,
  if_unbilled,  // only when it is certain that nothing was bought
  once,         // the bill is probably none: one more try
  if_insured,   // under status 200 without a completion: usage settles the leg
};

Verdict verdict(const Error& error) {
  switch (error.errc) {
    case Errc::connect_failed:
    case Errc::connect_timeout:
    case Errc::tls_failed:
    case Errc::connection_lost:
    case Errc::upstream_in_flight_budget:
      return Verdict::if_unbilled;
    case Errc::upstream_rate_limited:
    case Errc::upstream_unavailable:
    case Errc::upstream_overloaded:
      return Verdict::if_insured;
    case Errc::upstream_internal:
      return Verdict::once;
    case Errc::midstream_error:
    case Errc::stream_truncated:
    case Errc::empty_response:
    case Errc::malformed_function_call:
      return Verdict::if_insured;
    default:
      return Verdict::final_;
  }
}

bool allows_another(const Failure& failure, uint32_t attempt) {
  if (failure.delivered_content) return false;
  switch (verdict(failure.error)) {
    case Verdict::final_:
      return false;
    case Verdict::if_unbilled:
      return failure.bill == Bill::none;
    case Verdict::once:
      return attempt == 1;
    case Verdict::if_insured:
      return failure.bill != Bill::unknown;
  }
  return false;
}

// splitmix64: neighbouring seeds and attempts give unrelated numbers.
uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

int64_t backoff_bound_us(const RetryPolicy& policy, uint32_t attempt) {
  int64_t bound = std::min(policy.base.us, policy.cap.us);
  for (uint32_t k = 1; k < attempt && bound < policy.cap.us; ++k) bound = bound > policy.cap.us / 2 ? policy.cap.us : bound * 2;
  return std::max<int64_t>(bound, 0);
}

Duration jitter(const RetryPolicy& policy, uint32_t attempt, uint64_t entropy) {
  auto values = static_cast<uint64_t>(backoff_bound_us(policy, attempt)) + 1;
  uint64_t random = mixed(entropy ^ mixed(attempt));
  return Duration::micros(static_cast<int64_t>(static_cast<uint64_t>(static_cast<Wide>(random) * values >> 64)));
}

}  // namespace

std::optional<Duration> retry_delay(const RetryPolicy& policy, const Failure& failure, uint32_t attempt, uint64_t entropy, Instant now,
                                    Instant deadline) {
  if (attempt >= policy.attempts_max || !allows_another(failure, attempt)) return std::nullopt;
  Duration room = deadline.is_never() ? Duration::micros(INT64_MAX) : deadline - now;
  Duration floor = std::max(failure.error.retry_after.value_or(Duration{}), Duration{});
  Duration spread = jitter(policy, attempt, entropy);
  if (floor.us > room.us - spread.us) return std::nullopt;
  Duration wait = floor + spread;
  if (wait >= room) return std::nullopt;
  return wait;
}

}  // namespace orthink
