// Candidates in place of a refused setting, closest first; the first that plan_thinking accepts is taken.
#include <algorithm>

#include "orthink/think/plan.h"

namespace orthink {

namespace {

Setting effort_setting(Effort effort) {
  Setting setting;
  setting.kind = Setting::Kind::effort;
  setting.effort = effort;
  return setting;
}

Setting tokens_setting(uint64_t tokens) {
  Setting setting;
  setting.kind = Setting::Kind::tokens;
  setting.tokens = tokens;
  return setting;
}

Setting plain(Setting::Kind kind) {
  Setting setting;
  setting.kind = kind;
  return setting;
}

void add_efforts(std::vector<Setting>& out, const ThinkingTraits& traits, Effort around) {
  for (int i = static_cast<int>(around); i > 0; --i) {
    if (traits.efforts.has(static_cast<Effort>(i))) out.push_back(effort_setting(static_cast<Effort>(i)));
  }
  for (size_t i = static_cast<size_t>(around) + 1; i < kEfforts; ++i) {
    if (traits.efforts.has(static_cast<Effort>(i))) out.push_back(effort_setting(static_cast<Effort>(i)));
  }
}

// The numbers a budget model may take in place of `wanted`: as near as its range, the configuration and the cap allow.
void add_budgets(std::vector<Setting>& out, const ModelCard& card, const ThinkRequest& request, uint64_t wanted) {
  const ThinkingTraits& t = card.thinking;
  if (!t.takes_budget) return;
  uint64_t most = t.budget_max_tokens != 0 ? t.budget_max_tokens : UINT64_MAX;
  if (request.thinking_tokens_max != 0) most = std::min(most, request.thinking_tokens_max);
  const std::optional<uint64_t> cap = request.max_tokens ? request.max_tokens : card.output_max_tokens;
  const uint64_t floor = request.answer_tokens.value_or(limits::kAnswerFloorDefaultTokens);
  if (cap) most = std::min(most, *cap > floor + 1 ? *cap - floor - 1 : 0);
  if (most >= t.budget_min_tokens) out.push_back(tokens_setting(std::clamp(wanted, t.budget_min_tokens, most)));
  out.push_back(tokens_setting(t.budget_min_tokens));
}

// The level that a number of tokens is nearest to, of a total of that number and the usual room.
Effort level_of(uint64_t tokens) {
  const uint64_t permille = tokens >= 1'000'000 ? 950 : tokens * 1000 / (tokens + limits::kAnswerRoomDefaultTokens);
  Effort best = Effort::minimal;
  for (Effort e : {Effort::minimal, Effort::low, Effort::medium, Effort::high, Effort::xhigh}) {
    if (effort_permille(e) <= permille) best = e;
  }
  return best;
}

// Other settings that still make it think, closest first.
std::vector<Setting> other_settings(const ModelCard& card, const ThinkRequest& request) {
  std::vector<Setting> out;
  switch (request.setting.kind) {
    case Setting::Kind::model_default: break;
    case Setting::Kind::off:
      add_efforts(out, card.thinking, Effort::none);
      add_budgets(out, card, request, 0);
      break;
    case Setting::Kind::effort:
      add_efforts(out, card.thinking, request.setting.effort);
      add_budgets(out, card, request, limits::kThinkingDefaultTokens);
      break;
    case Setting::Kind::tokens:
      add_budgets(out, card, request, request.setting.tokens);
      add_efforts(out, card.thinking, level_of(request.setting.tokens));
      break;
    case Setting::Kind::dollars:
      add_budgets(out, card, request, 0);
      add_efforts(out, card.thinking, Effort::low);
      break;
  }
  return out;
}

bool is_off(const Setting& setting) { return setting.kind == Setting::Kind::off || setting.kind == Setting::Kind::model_default; }

bool passes(const ModelCard& card, const ThinkRequest& request) { return plan_thinking(card, request).ok(); }

// The same ask under other total caps: the most that row and context allow, then the least that could do.
std::vector<ThinkRequest> other_caps(const ModelCard& card, const ThinkRequest& request) {
  std::vector<ThinkRequest> out;
  auto add = [&](uint64_t cap, uint64_t floor) {
    ThinkRequest other = request;
    other.max_tokens = cap;
    if (request.answer_tokens) other.answer_tokens = std::min(floor, cap);
    out.push_back(other);
  };
  constexpr uint64_t kUnbounded = 1'000'000'000;
  const uint64_t floor = std::min(request.answer_tokens.value_or(limits::kAnswerFloorDefaultTokens), kUnbounded);
  uint64_t ceiling = card.output_max_tokens.value_or(kUnbounded);
  if (card.context_tokens && *card.context_tokens > request.prompt_tokens_bound) {
    ceiling = std::min(ceiling, *card.context_tokens - request.prompt_tokens_bound);
  }
  const uint64_t fixed = request.max_tokens.value_or(ceiling);
  if (fixed > ceiling && ceiling < kUnbounded) add(ceiling, floor);
  const uint64_t least = card.thinking.budget_min_tokens;
  const uint64_t asked = request.setting.kind == Setting::Kind::tokens ? std::clamp(request.setting.tokens, least, kUnbounded) : least;
  for (const uint64_t more : {uint64_t{0}, uint64_t{1}, least + 1, asked + 1}) {
    if (fixed < floor + more && floor + more <= ceiling) add(floor + more, floor);
  }
  if (ceiling >= kUnbounded) ceiling = limits::kThinkingMaxDefaultTokens + limits::kAnswerRoomDefaultTokens;
  add(ceiling, std::min(floor, ceiling / 2));
  return out;
}

std::vector<Setting> last_resort(const ModelCard& card) {
  if (card.thinking.control == Control::none) return {plain(Setting::Kind::off), plain(Setting::Kind::model_default)};
  return {plain(Setting::Kind::model_default), plain(Setting::Kind::off)};
}

}  // namespace

std::optional<ThinkRequest> nearest_thinking(const ModelCard& card, const ThinkRequest& request) {
  const std::vector<Setting> same{request.setting};
  const std::vector<Setting> thinking = other_settings(card, request);
  const std::vector<Setting> resort = last_resort(card);
  const std::vector<ThinkRequest> recapped = other_caps(card, request);
  std::optional<ThinkRequest> found;
  auto seek = [&](ThinkRequest tried, const std::vector<Setting>& settings) {
    for (const Setting& setting : settings) {
      tried.setting = setting;
      if (!found && passes(card, tried)) found = tried;
    }
  };
  // The caller's own cap and floor are kept as long as the model thinks under them; lenient is the last resort.
  seek(request, thinking);
  for (const ThinkRequest& other : recapped) seek(other, same);
  for (const ThinkRequest& other : recapped) seek(other, thinking);
  ThinkRequest lenient = request;
  lenient.is_lenient = true;
  // A switch that is off by default is turned on by no plain setting.
  if (card.thinking.control == Control::toggle && card.thinking.thinks_by_default != ThinkingDefault::on && !is_off(request.setting)) {
    seek(lenient, same);
  }
  seek(request, resort);
  for (const ThinkRequest& other : recapped) seek(other, resort);
  seek(lenient, same);
  seek(lenient, resort);
  return found;
}

}  // namespace orthink
