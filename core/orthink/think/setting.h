// Setting: what the caller asked of the model's thinking.
//
// Text forms: "off"; an effort (minimal low medium high xhigh max); tokens "8000" or "8k"; dollars "0.05usd" or "$0.05".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orthink/base/money.h"
#include "orthink/base/result.h"
#include "orthink/catalog/effort.h"

namespace orthink {

struct Setting {
  enum class Kind : uint8_t { model_default, off, effort, tokens, dollars };
  Kind kind = Kind::model_default;
  Effort effort = Effort::medium;
  uint64_t tokens = 0;
  Money usd;

  // "default", "off", "high", "8000", "0.05usd".
  [[nodiscard]] std::string to_text() const;
};

// Errc::invalid_argument names the forms; a value such as "bash.05" gets the hint that the shell replaced $0.
Result<Setting> parse_setting(std::string_view text);

}  // namespace orthink
