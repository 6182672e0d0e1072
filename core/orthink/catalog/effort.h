// The effort levels of the wire, in ascending order, and sets of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orthink {

enum class Effort : uint8_t { none, minimal, low, medium, high, xhigh, max };
inline constexpr size_t kEfforts = 7;
std::string_view name(Effort effort);
std::optional<Effort> parse_effort(std::string_view text);

class EffortSet {
 public:
  constexpr EffortSet() = default;
  constexpr void add(Effort e) { bits_ = static_cast<uint8_t>(bits_ | (1U << static_cast<unsigned>(e))); }
  [[nodiscard]] constexpr bool has(Effort e) const { return (bits_ >> static_cast<unsigned>(e) & 1U) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr uint8_t bits() const { return bits_; }
  static constexpr EffortSet from_bits(uint8_t bits) { EffortSet s; s.bits_ = bits; return s; }
  // The highest member that is not above `e` and not `none`; nothing when there is none.
  [[nodiscard]] std::optional<Effort> nearest_lower(Effort e) const;
  // "low, medium, high" ascending, without none.
  [[nodiscard]] std::string to_text() const;
  constexpr bool operator==(const EffortSet&) const = default;

 private:
  uint8_t bits_ = 0;
};

// Thousandths of the total cap that OpenRouter turns an effort into on a budget model (OpenRouter's documentation):
// max and xhigh 950, high 800, medium 500, low 200, minimal 100, none 0.
uint64_t effort_permille(Effort effort);
// max(min(total_cap * ratio, 128000), 1024).
uint64_t effort_budget_tokens(Effort effort, uint64_t total_cap_tokens);

}  // namespace orthink
