#include "native/cli/answer_text.h"

#include <algorithm>

namespace orthink::cli {
namespace {

std::string one_decimal(uint64_t value, uint64_t unit, char suffix) {
  uint64_t tenths = (value * 10 + unit / 2) / unit;
  std::string out = std::to_string(tenths / 10);
  if (tenths % 10 != 0 && tenths < 100) out += "." + std::to_string(tenths % 10);
  return out + suffix;
}

std::string duration_text(Duration duration) {
  if (duration < Duration::seconds(1)) return std::to_string(duration.ms()) + " ms";
  auto tenths = static_cast<uint64_t>((duration.us + 50'000) / 100'000);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string usage_text(const Usage& usage) {
  std::string out;
  auto add = [&out](const char* what, const std::optional<uint64_t>& count) {
    if (count) out += (out.empty() ? "" : " + ") + grouped(*count) + " " + what;
  };
  add("prompt", usage.prompt_tokens);
  add("thinking", usage.thinking_tokens);
  add("answer", usage.visible_tokens());
  return out.empty() ? "tokens unknown" : out + " tokens";
}

std::string cost_text(const Receipt& receipt) {
  std::string out = dollars(receipt.cost) + " (" + std::string(name(receipt.cost_source)) + ")";
  if (!receipt.cost) out = "cost unknown";
  if (receipt.held && *receipt.held > Money::zero()) out += ", " + dollars(receipt.held) + " held";
  if (receipt.difference_reason) out += "; differs from ours: " + *receipt.difference_reason;
  return out;
}

}  // namespace

std::string short_count(uint64_t value) {
  if (value < 1000) return std::to_string(value);
  if (value < 999'500) return one_decimal(value, 1000, 'k');
  return one_decimal(value, 1'000'000, 'M');
}

std::string age_text(int64_t seconds) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 3600;
  constexpr int64_t kDay = 86'400;
  if (seconds < 2 * kMinute) return std::to_string(seconds) + " s";
  if (seconds < 2 * kHour) return std::to_string(seconds / kMinute) + " min";
  if (seconds < 2 * kDay) return std::to_string(seconds / kHour) + " h";
  return std::to_string(seconds / kDay) + " days";
}

std::string bar(const Printer& printer, const std::vector<BarPart>& parts, uint64_t whole, size_t columns) {
  std::string out;
  size_t drawn = 0;
  uint64_t sum = 0;
  for (const BarPart& part : parts) {
    if (part.amount == 0 || whole == 0) continue;
    sum += part.amount;
    auto end = static_cast<size_t>(static_cast<__uint128_t>(sum) * columns / whole);
    end = std::min(columns, std::max(end, drawn + 1));
    std::string cells;
    for (; drawn < end; ++drawn) cells += part.cell;
    out += printer.styled_out(part.style, cells);
  }
  std::string rest;
  for (; drawn < columns; ++drawn) rest += kLightCell;
  return out + printer.styled_out(Style::dim, rest);
}

void print_receipt(Printer& printer, const Receipt& receipt) {
  const std::string model = receipt.model.value_or(receipt.asked_model.value_or("unknown model"));
  std::string line =
      model + (receipt.provider ? " at " + *receipt.provider : "") + "; " + usage_text(receipt.usage) + "; " + cost_text(receipt);
  if (receipt.first_token) line += "; first token " + duration_text(*receipt.first_token);
  if (receipt.total) line += "; " + duration_text(*receipt.total);
  if (receipt.attempts > 1) line += "; " + std::to_string(receipt.attempts) + " attempts";
  printer.talk(printer.styled_err(Style::dim, harmless(line)));
  if (receipt.contradiction) printer.talk(printer.styled_err(Style::yellow, "contradiction: ") + harmless(*receipt.contradiction));
  for (const Note& reason : receipt.reasons)
    if (reason.code == "fitted") printer.talk(printer.styled_err(Style::yellow, "fitted: ") + harmless(reason.text));
  for (const Note& warning : receipt.warnings) printer.talk(printer.styled_err(Style::yellow, "warning: ") + harmless(warning.text));
}

}  // namespace orthink::cli
