// Instant and Duration: integers handed in by the host; no clock can be reached from core.
//
// An Instant counts microseconds since 1970-01-01T00:00:00Z. The host promises that the instants it hands to one
// machine never go back (wall clock at its start plus a steady clock since).
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace orthink {

struct Duration {
  int64_t us = 0;

  static constexpr Duration micros(int64_t n) { return {n}; }
  static constexpr Duration millis(int64_t n) { return {n * 1000}; }
  static constexpr Duration seconds(int64_t n) { return {n * 1'000'000}; }
  [[nodiscard]] constexpr int64_t ms() const { return us / 1000; }

  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration other) const { return {us + other.us}; }
  constexpr Duration operator-(Duration other) const { return {us - other.us}; }
};

struct Instant {
  int64_t us = 0;

  static constexpr Instant zero() { return {0}; }
  static constexpr Instant never() { return {std::numeric_limits<int64_t>::max()}; }
  static constexpr Instant from_ms(int64_t ms) { return {ms * 1000}; }
  [[nodiscard]] constexpr bool is_never() const { return us == std::numeric_limits<int64_t>::max(); }
  [[nodiscard]] constexpr int64_t ms() const { return us / 1000; }

  constexpr auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration d) const { return is_never() ? *this : Instant{us + d.us}; }
  constexpr Duration operator-(Instant other) const { return {us - other.us}; }
};

}  // namespace orthink
