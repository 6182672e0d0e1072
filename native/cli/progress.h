// Progress: one line on standard error that is rewritten while something long goes on, and gone at its end. Nothing where standard error
// is no terminal.
// Thread rule: one thread at a time. Lifetime: the printer outlives it.
#pragma once

#include <string>

#include "native/cli/print.h"
#include "native/system.h"

namespace orthink::cli {

class Progress {
 public:
  explicit Progress(Printer& printer) : printer_(printer) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // At most ten times a second.
  void show(const std::string& text) {
    if (!printer_.streams().err_is_terminal || now() < next_) return;
    next_ = now() + Duration::millis(100);
    is_shown_ = true;
    printer_.talk_raw("\r\x1b[K" + text.substr(0, printer_.streams().columns - 1));
  }
  void clear() {
    if (is_shown_) printer_.talk_raw("\r\x1b[K");
    is_shown_ = false;
  }

 private:
  Printer& printer_;
  Instant next_ = Instant::zero();
  bool is_shown_ = false;
};

}  // namespace orthink::cli
