#include "orthink/think/words.h"

namespace orthink {

std::string grouped(uint64_t n) {
  std::string out = std::to_string(n);
  for (size_t at = out.size(); at > 3;) out.insert(at -= 3, 1, ',');
  return out;
}

std::string tokens_text(uint64_t n) { return grouped(n) + (n == 1 ? " token" : " tokens"); }

std::string per_million_text(Money per_token) { return per_token.times(1'000'000).to_decimal() + " USD per million tokens"; }

}  // namespace orthink
