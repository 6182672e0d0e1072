#include "orthink/think/setting.h"

#include <algorithm>

#include "orthink/base/limits.h"

namespace orthink {

namespace {

constexpr std::string_view kForms =
    "Write off, an effort (minimal, low, medium, high, xhigh, max), tokens (8000 or 8k) or dollars (0.05usd, or '$0.05' in quotes).";
// Above every context window there is; keeps sums of tokens far from overflow.
constexpr uint64_t kTokensMax = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// "bash.05" and the like: in double quotes the shell put its own name in place of $0.
bool is_shell_name(std::string_view text) {
  const size_t dot = text.rfind('.');
  if (dot == text.npos || dot == 0 || dot + 1 == text.size()) return false;
  const std::string_view digits = text.substr(dot + 1);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return false;
  std::string_view shell = text.substr(0, dot);
  shell = shell.substr(shell.rfind('/') + 1);
  if (shell.starts_with('-')) shell.remove_prefix(1);
  return shell.ends_with("sh");
}

Error not_a_setting(std::string_view text) {
  if (is_shell_name(text)) {
    const std::string cents(text.substr(text.rfind('.')));
    return make_error(Errc::invalid_argument,
                      "'" + std::string(text) + "' is no thinking setting: the shell has put its own name in place of $0.",
                      "Write 0" + cents + "usd, or put the dollars in single quotes: '$0" + cents + "'.");
  }
  return make_error(Errc::invalid_argument, "'" + std::string(text.substr(0, 60)) + "' is no thinking setting.", std::string(kForms));
}

Result<Setting> parse_dollars(std::string_view whole, std::string_view digits) {
  const Result<Money> usd = Money::parse(digits);
  if (!usd || digits.find_first_of("eE") != digits.npos || *usd == Money::zero()) return not_a_setting(whole);
  Setting setting;
  setting.kind = Setting::Kind::dollars;
  setting.usd = *usd;
  return setting;
}

Result<Setting> parse_tokens(std::string_view whole, std::string_view digits) {
  uint64_t unit = 1;
  if (digits.ends_with('k')) unit = 1000;
  if (unit != 1) digits.remove_suffix(1);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return not_a_setting(whole);
  uint64_t tokens = 0;
  for (char c : digits) {
    tokens = tokens * 10 + static_cast<uint64_t>(c - '0');
    if (tokens > kTokensMax) break;
  }
  tokens *= unit;
  if (tokens > kTokensMax) {
    return make_error(Errc::invalid_argument, "'" + std::string(whole.substr(0, 60)) + "' is more thinking tokens than any model has.", std::string(kForms));
  }
  Setting setting;
  setting.kind = tokens == 0 ? Setting::Kind::off : Setting::Kind::tokens;
  setting.tokens = tokens;
  return setting;
}

}  // namespace

std::string Setting::to_text() const {
  switch (kind) {
    case Kind::model_default: return "default";
    case Kind::off: return "off";
    case Kind::effort: return std::string(name(effort));
    case Kind::tokens: return std::to_string(tokens);
    case Kind::dollars: return usd.to_decimal() + "usd";
  }
  return "default";
}

Result<Setting> parse_setting(std::string_view text) {
  const std::string word = lower(text);
  Setting setting;
  if (word == "default") return setting;
  if (word == "off" || word == "none") {
    setting.kind = Setting::Kind::off;
    return setting;
  }
  if (const std::optional<Effort> effort = parse_effort(word)) {
    setting.kind = Setting::Kind::effort;
    setting.effort = *effort;
    return setting;
  }
  if (word.starts_with('$')) return parse_dollars(text, std::string_view(word).substr(1));
  if (word.ends_with("usd")) return parse_dollars(text, std::string_view(word).substr(0, word.size() - 3));
  return parse_tokens(text, word);
}

}  // namespace orthink
