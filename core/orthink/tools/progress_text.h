// What a running call is doing, in one line.
//
//   "thinking: 1,024 tokens, $0.0123 spent, $0.05 held"
//   "waiting"                                     nothing is held yet
//   "answering: 1,024 thinking and 300 answer tokens, $0.0141 spent, $0.05 held"
//
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orthink/base/money.h"

namespace orthink::tools {

struct Progress {
  std::string_view phase;  // of Exchange
  uint64_t thinking_tokens = 0;
  uint64_t output_tokens = 0;
  Money spent;             // estimated from running tokens
  Money held;
};

std::string progress_message(const Progress& progress);
// The value of a progress notification: rises with every token of any kind.
[[nodiscard]] constexpr uint64_t progress_value(const Progress& progress) { return progress.thinking_tokens + progress.output_tokens; }

}  // namespace orthink::tools
