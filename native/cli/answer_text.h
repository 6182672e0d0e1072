// Receipts, money and counts for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native/cli/print.h"
#include "orthink/base/money.h"
#include "orthink/exchange/receipt.h"
#include "orthink/think/words.h"

namespace orthink::cli {

// "4k", "128k", "1.05M" of tokens.
std::string short_count(uint64_t value);
// "12 s", "3 min", "5 h", "9 days".
std::string age_text(int64_t seconds);

// A bar of `columns` cells; each part takes its share of `whole` (at least one cell when it is not zero), what is left over is light.
struct BarPart {
  uint64_t amount = 0;
  Style style = Style::plain;
  std::string_view cell;  // one column of UTF-8
};
std::string bar(const Printer& printer, const std::vector<BarPart>& parts, uint64_t whole, size_t columns);
inline constexpr std::string_view kFullCell = "\xe2\x96\x88";
inline constexpr std::string_view kDarkCell = "\xe2\x96\x93";
inline constexpr std::string_view kLightCell = "\xe2\x96\x91";

// The receipt on standard error: who served, tokens, cost and where it is from, times, contradictions and warnings.
void print_receipt(Printer& printer, const Receipt& receipt);

}  // namespace orthink::cli
