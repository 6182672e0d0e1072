// Money: integer pico-dollars (1e-12 USD) from the first digit parsed to the last printed.
//
//   Result<Money> price = Money::parse("0.0000006");          // 600,000 pico-dollars a token
//   Money cost = price->times(1200);                          // saturates, never wraps
//   cost.to_decimal();                                        // "0.00072"
//
// int64 pico-dollars reach 9.2 million dollars. Amounts that enter the ledger are nano-dollars (NanoUsd, at most
// 2^53 - 1, so that JavaScript, Lua and SQL hold the same integer), rounded up.
// Thread rule: plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/result.h"

namespace orthink {

struct Money {
  int64_t pico = 0;

  static constexpr Money zero() { return {0}; }
  static constexpr Money max() { return {INT64_MAX}; }

  enum class Rounding : uint8_t {
    up,         // prices and bounds: more than 12 decimals round up
    half_even,  // floats seen on the wire (usage.cost): to 12 decimals, half to even
  };
  // A decimal or JSON number text: digits, optional '.', optional exponent. Negative, empty, "inf" or out of range is
  // Errc::invalid_argument. No double is involved.
  static Result<Money> parse(std::string_view text, Rounding rounding = Rounding::up);

  [[nodiscard]] Money plus(Money other) const;   // saturates at max()
  [[nodiscard]] Money minus(Money other) const;  // not below zero
  [[nodiscard]] Money times(uint64_t count) const;  // saturates at max()
  [[nodiscard]] bool is_saturated() const { return pico == INT64_MAX; }

  // Decimal USD without exponent, trailing zeros cut: "0.00072", "12", "0".
  [[nodiscard]] std::string to_decimal() const;

  constexpr auto operator<=>(const Money&) const = default;
};

// Dollars for people, with the digits that matter: "$0.0301", "$12.50", "$0". Rounded up at the fourth significant digit; "unknown" when
// there is none.
std::string dollars(const std::optional<Money>& money);

// A signed difference as decimal USD: "-0.0001".
std::string difference_decimal(Money ours, Money theirs);

struct NanoUsd {
  int64_t nano = 0;
  static constexpr int64_t kMax = (int64_t{1} << 53) - 1;

  static NanoUsd ceil(Money money);  // rounded up, capped at kMax
  [[nodiscard]] Money to_money() const;
  constexpr auto operator<=>(const NanoUsd&) const = default;
};

}  // namespace orthink
