// The terminal view of a running call: one line that is rewritten and cleaned up.
//
//   thinking  [####......]  1,624 of 4,096 thinking tokens  $0.0083 of $0.0412  6.1 s
//
// It stands on the cursor's line where nothing has been written on it, else on the line below the text that is streaming to the same
// terminal. Made of strings alone: the caller writes them. Nothing at all where it is not shown.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"

namespace orthink::cli {

struct ViewFacts {
  std::string_view phase;
  uint64_t thinking_tokens = 0;
  uint64_t output_tokens = 0;
  std::optional<uint64_t> budget_tokens;
  Money spent;
  Money held;
  Duration elapsed;
};

// Fewer than `columns` columns, no escape sequences; parts are left out from the right where it is narrow.
std::string view_line(const ViewFacts& facts, size_t columns);

class View {
 public:
  static constexpr Duration kPause = Duration::millis(100);

  View(bool is_shown, bool has_color, size_t columns) : is_shown_(is_shown), has_color_(has_color), columns_(columns) {}

  // The bytes that draw the line; empty when a tenth of a second has not passed since the last time.
  std::string draw(const ViewFacts& facts, Instant now);
  // When it wants to be drawn again; never() where it is not shown.
  [[nodiscard]] Instant next() const { return is_shown_ ? next_ : Instant::never(); }
  // `text` is about to be written to the same terminal: the bytes that make way for it, where it would run into the line.
  std::string make_way(std::string_view text);
  // The bytes that take the line away.
  std::string clear();

 private:
  bool is_shown_;
  bool has_color_;
  size_t columns_;
  size_t column_ = 0;  // of the cursor, counted from the last line end without wrapping
  bool is_drawn_ = false;
  Instant next_ = Instant::zero();
};

}  // namespace orthink::cli
