// Small words for the sentences of a plan.
#pragma once

#include <cstdint>
#include <string>

#include "orthink/base/money.h"

namespace orthink {

// 16384 -> "16,384".
std::string grouped(uint64_t n);
// 16384 -> "16,384 tokens", 1 -> "1 token".
std::string tokens_text(uint64_t n);
// A price per token as USD per million: "5 USD per million tokens".
std::string per_million_text(Money per_token);

}  // namespace orthink
