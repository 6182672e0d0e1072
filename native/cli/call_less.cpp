#include "native/cli/call_less.h"

#include <algorithm>

#include "native/cli/options.h"
#include "orthink/chat/fit.h"
#include "orthink/ledger/window.h"

namespace orthink::cli {
namespace {

std::string day_words(Instant at, Instant now) {
  const std::string text = window::iso_text(at);
  const int64_t days = window::day_of(at) - window::day_of(now);
  const std::string day = days == 0 ? "today" : days == 1 ? "tomorrow" : "on " + text.substr(0, 10);
  return text.substr(11, 5) + " UTC " + day;
}

}  // namespace

std::string flags_of(const json::Value& difference) {
  struct Name {
    std::string_view field;
    Flag flag;
  };
  constexpr Name kNames[] = {{"model", Flag::model},           {"think", Flag::think},           {"answer_tokens", Flag::answer},
                             {"max_tokens", Flag::max_tokens}, {"max_cost_usd", Flag::max_cost}, {"lenient", Flag::lenient}};
  std::string out;
  for (const json::Member& member : difference.members()) {
    const auto* name = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& each) { return each.field == member.key; });
    if (name == std::end(kNames)) continue;
    out += (out.empty() ? "" : " ") + std::string(row(name->flag).name);
    if (row(name->flag).takes != Takes::nothing) out += " " + member.value.text();
  }
  return out;
}

std::string flags_of(const Ask& ask, const Ask& lower) {
  const Result<json::Value> difference = json::parse(difference_json(ask, lower));
  return difference ? flags_of(*difference) : std::string();
}

Error as_spoken(Error error, Instant now) {
  if (!error.resets_at) return error;
  for (int64_t day = window::day_of(now); day <= window::day_of(now) + 31; ++day) {
    if (window::iso_text(window::day_begin(day)) != *error.resets_at) continue;
    error.message += "; resets at " + day_words(window::day_begin(day), now);
    break;
  }
  return error;
}

const Spelling kTyped{[](const Ask& ask, const Ask& lower) { return flags_of(ask, lower); }, "--fit", "--max-cost"};

}  // namespace orthink::cli
