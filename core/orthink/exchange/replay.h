// Replay: a recorded response body decoded as if it had just arrived: the same events and receipt as a live call, with
// null times.
//
//   Replay replay({.model = "openai/gpt-5-mini"}, catalog);
//   replay.feed(bytes);  while (replay.poll(line)) print(line);
//   replay.finish();     while (replay.poll(line)) print(line);
//   return replay.exit_code();
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "orthink/catalog/catalog.h"
#include "orthink/chat/stream.h"
#include "orthink/exchange/receipt.h"

namespace orthink {

struct ReplayOptions {
  std::string model;       // prices: this row; empty = the row of the model the body names
  Instant when;            // for time-of-day prices; zero = outside every window
};

class Replay {
 public:
  // `catalog` must outlive the Replay.
  Replay(ReplayOptions options, const Catalog& catalog);
  void feed(std::string_view bytes);
  void finish();
  // The next event as a JSON line; false when there is none for now.
  bool poll(std::string& line);
  // REQUIRES: finish() was called.
  [[nodiscard]] int exit_code() const { return exit_code_; }
  [[nodiscard]] const Answer& answer() const { return reader_.answer(); }
  [[nodiscard]] const Receipt& receipt() const { return receipt_; }
  [[nodiscard]] const Ending& ending() const { return ending_; }

 private:
  void queue_deltas();
  ReplayOptions options_;
  const Catalog& catalog_;
  ResponseReader reader_;
  Receipt receipt_;
  Ending ending_;
  std::vector<std::string> lines_;
  size_t next_ = 0;
  bool is_first_ = true;
  int exit_code_ = 1;
};

}  // namespace orthink
