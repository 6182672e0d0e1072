#include "orthink/tools/progress_text.h"

#include "orthink/think/words.h"

namespace orthink::tools {

std::string progress_message(const Progress& progress) {
  const uint64_t thinking = progress.thinking_tokens;
  const uint64_t output = progress.output_tokens;
  std::string tokens;
  if (thinking > 0 && output > 0) tokens = grouped(thinking) + " thinking and " + grouped(output) + " answer tokens";
  else if (thinking > 0 || output > 0) tokens = tokens_text(thinking + output);
  std::string out(progress.phase);
  const bool is_money_known = progress.held > Money::zero() || progress.spent > Money::zero();
  if (!tokens.empty()) out += ": " + tokens;
  if (!is_money_known) return out;
  return out + (tokens.empty() ? ": " : ", ") + dollars(progress.spent) + " spent, " + dollars(progress.held) + " held";
}

}  // namespace orthink::tools
