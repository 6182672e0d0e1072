// Token estimates of text before sending: one upper bound, one unbiased, and the running count of a stream.
//
// Bound: a class-weight estimate, U, times the family's factor, never above the UTF-8 byte count (which
// no byte-level tokenizer exceeds). Expected: the linear model over eleven character classes of design 6. All integers.
#pragma once

#include <cstdint>
#include <string_view>

namespace orthink {

// Upper bound for one text. `permille` is the family's factor; 0 = unknown family: the byte count.
uint64_t tokens_bound(std::string_view utf8, uint16_t permille);
// Unbiased estimate for one text.
uint64_t tokens_expected(std::string_view utf8);

// The unbiased estimate over a text that comes in pieces; the sum does not depend on where it is cut between code points.
class RunningTokens {
 public:
  void add(std::string_view utf8);                // hot path: no allocation
  [[nodiscard]] uint64_t tokens() const;          // rounded up, so that text is never shown as 0 tokens

 private:
  uint64_t weight_ = 0;   // in ten-thousandths of a token
  uint8_t last_ = 0;      // class of the last character
};

}  // namespace orthink
