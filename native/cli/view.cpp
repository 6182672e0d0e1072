// Below streaming text the line is drawn by moving down and back. IND (ESC D) moves down and scrolls at the bottom but keeps the
// column, which a newline would not; DECSC and DECRC (ESC 7, ESC 8) bring the cursor back.
#include "native/cli/view.h"

#include <algorithm>
#include <vector>

#include "native/cli/answer_text.h"
#include "native/cli/print.h"

namespace orthink::cli {
namespace {

constexpr size_t kBarCells = 10;
constexpr std::string_view kClearLine = "\r\x1b[2K";
constexpr std::string_view kMakeRoomBelow =
    "\x1b"
    "D\x1b[A";
constexpr std::string_view kSave =
    "\x1b"
    "7";
constexpr std::string_view kRestore =
    "\x1b"
    "8";
constexpr std::string_view kDown = "\x1b[B";

std::string bar_text(uint64_t amount, uint64_t whole) {
  const size_t full = whole == 0 ? 0 : static_cast<size_t>(std::min<uint64_t>(kBarCells, amount * kBarCells / whole));
  return "[" + std::string(full, '#') + std::string(kBarCells - full, '.') + "]";
}

std::string seconds_text(Duration elapsed) {
  const int64_t tenths = elapsed.ms() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

std::string view_line(const ViewFacts& facts, size_t columns) {
  std::vector<std::string> parts{std::string(facts.phase)};
  if (facts.budget_tokens && *facts.budget_tokens > 0) {
    parts.push_back(bar_text(facts.thinking_tokens, *facts.budget_tokens) + " " + grouped(facts.thinking_tokens) + " of " +
                    grouped(*facts.budget_tokens) + " thinking tokens");
  } else if (facts.thinking_tokens > 0) {
    parts.push_back(grouped(facts.thinking_tokens) + " thinking tokens");
  }
  if (facts.output_tokens > 0) parts.push_back(grouped(facts.output_tokens) + " answer tokens");
  parts.push_back(dollars(facts.spent) + " of " + dollars(facts.held));
  parts.push_back(seconds_text(facts.elapsed));
  std::string line;
  for (const std::string& part : parts) {
    if (columns_of(line) + columns_of(part) + 2 >= columns) break;
    line += (line.empty() ? "" : "  ") + part;
  }
  return line;
}

std::string View::draw(const ViewFacts& facts, Instant now) {
  if (!is_shown_ || now < next_) return {};
  next_ = now + kPause;
  // At the right margin terminals differ on where the cursor is; the next text will move it.
  const bool is_at_margin = column_ > 0 && column_ % columns_ == 0;
  if (is_at_margin) return {};
  std::string line = view_line(facts, columns_);
  if (has_color_) line = "\x1b[2m" + line + "\x1b[0m";
  is_drawn_ = true;
  if (column_ == 0) return std::string(kClearLine) + line;
  return std::string(kMakeRoomBelow) + std::string(kSave) + std::string(kDown) + std::string(kClearLine) + line + std::string(kRestore);
}

std::string View::make_way(std::string_view text) {
  if (!is_shown_) return {};
  const bool stays_on_line = column_ > 0 && text.find('\n') == std::string_view::npos && column_ % columns_ + columns_of(text) < columns_;
  std::string bytes = stays_on_line ? "" : clear();
  const size_t newline = text.rfind('\n');
  column_ = newline == std::string_view::npos ? column_ + columns_of(text) : columns_of(text.substr(newline + 1));
  return bytes;
}

std::string View::clear() {
  if (!is_drawn_) return {};
  is_drawn_ = false;
  if (column_ == 0) return std::string(kClearLine);
  return std::string(kSave) + std::string(kDown) + std::string(kClearLine) + std::string(kRestore);
}

}  // namespace orthink::cli
