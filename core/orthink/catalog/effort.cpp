#include "orthink/catalog/effort.h"

#include <algorithm>
#include <array>

#include "orthink/base/limits.h"

namespace orthink {

namespace {

constexpr std::array<std::string_view, kEfforts> kNames = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};
constexpr std::array<uint64_t, kEfforts> kPermille = {0, 100, 200, 500, 800, 950, 950};

}  // namespace

std::string_view name(Effort effort) { return kNames[static_cast<size_t>(effort)]; }

std::optional<Effort> parse_effort(std::string_view text) {
  for (size_t i = 0; i < kEfforts; ++i) {
    if (kNames[i] == text) return static_cast<Effort>(i);
  }
  return std::nullopt;
}

std::optional<Effort> EffortSet::nearest_lower(Effort e) const {
  for (int i = static_cast<int>(e); i > 0; --i) {
    if (has(static_cast<Effort>(i))) return static_cast<Effort>(i);
  }
  return std::nullopt;
}

std::string EffortSet::to_text() const {
  std::string out;
  for (size_t i = 1; i < kEfforts; ++i) {
    if (!has(static_cast<Effort>(i))) continue;
    if (!out.empty()) out += ", ";
    out += kNames[i];
  }
  return out;
}

uint64_t effort_permille(Effort effort) { return kPermille[static_cast<size_t>(effort)]; }

uint64_t effort_budget_tokens(Effort effort, uint64_t total_cap_tokens) {
  constexpr uint64_t kCapMax = uint64_t{1} << 40;  // far above every context; keeps the product in 64 bits
  const uint64_t share = std::min(total_cap_tokens, kCapMax) * effort_permille(effort) / 1000;
  return std::max(std::min(share, limits::kEffortBudgetMaxTokens), limits::kVendorBudgetMinTokens);
}

}  // namespace orthink
