// The terminal view of a running call: one line on stderr that is rewritten and cleaned up.
//
//   thinking  [####......] 1,624 / 4,096 tok   $0.0083 of $0.0412 held   6.1 s
//
// Plain (nothing at all) when stderr is no terminal. Redrawn at most ten times a second. Colours only where taken.
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"

namespace orthink {

struct ViewFacts {
  std::string_view phase;
  uint64_t thinking_tokens = 0;
  uint64_t output_tokens = 0;
  std::optional<uint64_t> budget_tokens;
  Money spent;
  Money held;
  Duration elapsed;
};

// The line for `columns` (never longer, no escape sequences); parts are left out from the right where it is narrow.
std::string view_line(const ViewFacts& facts, int columns);

class View {
 public:
  View(int fd, bool is_shown, bool takes_colour) : fd_(fd), is_shown_(is_shown), takes_colour_(takes_colour) {}
  ~View() { clear(); }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  // Draws if a tenth of a second has passed since the last time; returns when it wants to be called next.
  Instant draw(const ViewFacts& facts, Instant now);
  // Takes the line away, before anything else is written to the terminal.
  void clear();

 private:
  int fd_;
  bool is_shown_;
  bool takes_colour_;
  bool is_drawn_ = false;
  Instant next_ = Instant::zero();
};

}  // namespace orthink
