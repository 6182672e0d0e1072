// How a setting meets a control kind (OpenRouter's documentation):
//
//              effort            budget                adaptive          toggle            always            none
//   default    its level         4,096 tokens or off   its level or off  on, off, unsaid   unsaid            unsaid
//   off        none or disabled  disabled              disabled          disabled          refused           unsaid
//   effort     the level         tokens by ratio       the level         refused           refused           refused
//   tokens     refused           the budget            refused           refused           refused           refused
//   dollars    as tokens, rounded down
//
// Mandatory models refuse off; models that list levels and take a budget have both. What is refused for its kind, lenient
// takes as the nearest lower level, or as plain thinking where there are no levels.
#include "orthink/think/plan.h"

#include <algorithm>
#include <array>

#include "orthink/think/budget.h"
#include "orthink/think/room.h"
#include "orthink/think/words.h"

namespace orthink {

namespace {

using Kind = Setting::Kind;

// What the model takes, as the end of a sentence: "efforts low, medium, high".
std::string allowed_text(const ModelCard& card) {
  const ThinkingTraits& t = card.thinking;
  const std::string off = t.is_mandatory ? "" : " or off";
  if (t.takes_budget) {
    std::string text = "a thinking budget from " + tokens_text(t.budget_min_tokens);
    if (t.budget_max_tokens != 0) text += " to " + grouped(t.budget_max_tokens);
    if (!t.efforts.empty()) text += ", an effort (" + t.efforts.to_text() + ")";
    return text + off;
  }
  switch (t.control) {
    case Control::toggle: return "thinking on or off, nothing between";
    case Control::always: return "no setting: it always thinks, as much as it likes";
    case Control::none: return "no thinking setting";
    default: return "an effort (" + t.efforts.to_text() + ")" + off;
  }
}

// More than any model thinks.
constexpr uint64_t kEnough = 1'000'000'000;

class Planner {
 public:
  Planner(const ModelCard& card, const ThinkRequest& request) : card_(card), traits_(card.thinking), ask_(request) {}

  Result<ThinkPlan> run() {
    plan_.asked = ask_.setting.to_text();
    if (Result<> named = name_cap(); !named) return named.error();
    Result<Room> room = find_room(card_, ask_, plan_.warnings);
    if (!room) return room.error();
    room_ = *room;
    if (Result<> planned = dispatch(); !planned) return planned.error();
    return finish();
  }

 private:
  Result<> name_cap();
  Result<> dispatch();
  Result<> by_contradiction();
  Result<> by_router();
  Result<> by_default();
  Result<> by_off();
  [[nodiscard]] bool is_alias_of_nothing() const { return card_.id.starts_with('~') && card_.alias_target.empty(); }
  Result<> by_effort(Effort effort);
  Result<> by_tokens(uint64_t tokens, BudgetWish::Origin origin);
  Result<> by_dollars();
  Result<> by_level_below(uint64_t tokens);
  Result<> by_plain_thinking(Errc errc, const std::string& why);
  ThinkPlan finish();

  void send_nothing(std::string_view sent, ThinkingExpected expected);
  void send_off();
  void send_on();
  void send_effort(Effort effort, uint64_t cap);
  void enforce_by_cap(uint64_t tokens);
  Result<> default_budget();
  Result<> leave_room_for_level();

  Error refuse(Errc errc, const std::string& what) const { return make_error(errc, what, card_.id + " takes " + allowed_text(card_) + "."); }
  void because(const char* code, std::string text) { plan_.reasons.push_back({code, std::move(text)}); }
  void warn(const char* code, std::string text) { plan_.warnings.push_back({code, std::move(text)}); }

  const ModelCard& card_;
  const ThinkingTraits& traits_;
  const ThinkRequest& ask_;
  Room room_;
  ThinkPlan plan_;
};

Result<> Planner::name_cap() {
  if (card_.caps_by_max_tokens) {
    plan_.cap_name = CapName::max_tokens;
  } else if (card_.caps_by_max_completion_tokens) {
    plan_.cap_name = CapName::max_completion_tokens;
  } else if (!ask_.is_lenient) {
    return make_error(Errc::cap_unsupported, "The row of " + card_.id + " lists neither max_tokens nor max_completion_tokens, so nothing would cap its output.",
                      "Choose a model that takes a cap, or say lenient to send max_tokens all the same.");
  } else {
    warn("cap_not_listed", "The row of " + card_.id + " lists no cap parameter; max_tokens is sent all the same and may be ignored.");
  }
  return {};
}

Result<> Planner::dispatch() {
  if (card_.is_router) return by_router();
  if (traits_.contradicts_itself) return by_contradiction();
  switch (ask_.setting.kind) {
    case Kind::model_default: return by_default();
    case Kind::off: return by_off();
    case Kind::effort: return by_effort(ask_.setting.effort);
    case Kind::tokens: return by_tokens(std::min(ask_.setting.tokens, kEnough), BudgetWish::Origin::tokens);
    case Kind::dollars: return by_dollars();
  }
  return {};
}

Result<> Planner::by_router() {
  if (ask_.setting.kind != Kind::model_default) {
    return make_error(Errc::control_unsupported,
                      card_.id + " picks the model for each request, so thinking " + plan_.asked + " cannot be promised.",
                      "Name a model, or leave the thinking setting out.");
  }
  send_nothing("default", ThinkingExpected::unknown);
  because("router", card_.id + " picks the model for each request; no thinking setting is sent.");
  warn("thinking_unknown", "The model that is picked may think up to the total cap, and thinking is billed as output.");
  return {};
}

Result<> Planner::by_contradiction() {
  const std::string why = traits_.has_object
                              ? "The row of " + card_.id + " describes its reasoning, but its supported_parameters lack \"reasoning\"."
                              : "The row of " + card_.id + " lists the parameter \"reasoning\", but says nothing about its reasoning.";
  const bool asks_to_think = ask_.setting.kind != Kind::model_default && ask_.setting.kind != Kind::off;
  if (!ask_.is_lenient || asks_to_think) {
    return make_error(Errc::row_contradicts_itself, why + " No thinking setting can be promised.",
                      asks_to_think ? "Choose another model; lenient allows off and the default only." : "Choose another model, or say lenient to send no thinking setting at all.");
  }
  send_nothing("default", ThinkingExpected::unknown);
  warn("row_contradicts_itself", why + " Nothing is sent about thinking, and nothing is promised.");
  return {};
}

void Planner::send_nothing(std::string_view sent, ThinkingExpected expected) {
  plan_.sent = sent;
  plan_.promise = Promise::none;
  plan_.expected = expected;
  plan_.output_cap_tokens = room_.cap_without_budget();
}

void Planner::send_off() {
  if (traits_.efforts.has(Effort::none)) {
    plan_.reasoning.effort = Effort::none;
  } else {
    plan_.reasoning.enabled = false;
  }
  plan_.sent = "off";
  plan_.promise = Promise::hard;
  plan_.expected = ThinkingExpected::no;
  plan_.output_cap_tokens = room_.cap_without_budget();
  plan_.names_alias_target = !card_.alias_target.empty();
}

void Planner::send_on() {
  plan_.reasoning.enabled = true;
  plan_.sent = "on";
  plan_.promise = Promise::level;
  plan_.expected = ThinkingExpected::yes;
  plan_.output_cap_tokens = room_.cap_without_budget();
}

// Some routes of optional models think only when enabled is said beside the effort.
void Planner::send_effort(Effort effort, uint64_t cap) {
  plan_.reasoning.effort = effort;
  if (!traits_.is_mandatory) plan_.reasoning.enabled = true;
  plan_.sent = name(effort);
  plan_.promise = Promise::level;
  const bool may_skip = effort == Effort::minimal || (traits_.control == Control::adaptive && effort < Effort::high);
  plan_.expected = may_skip ? ThinkingExpected::unknown : ThinkingExpected::yes;
  plan_.output_cap_tokens = cap;
  because("effort_level", "Effort " + plan_.sent + " is sent as a level; no number of thinking tokens stands behind it, only the total cap of " +
                              grouped(plan_.output_cap_tokens) + " limits it.");
}

Result<> Planner::default_budget() {
  BudgetWish wish;
  wish.origin = BudgetWish::Origin::model_default;
  wish.tokens = limits::kThinkingDefaultTokens;
  const ThinkPlan before = plan_;
  because("default_on", card_.id + " thinks by default and takes a budget; without a number " + tokens_text(wish.tokens) + " are taken.");
  if (Result<> planned = plan_budget(card_, ask_, room_, wish, plan_); planned) return {};
  plan_ = before;
  send_nothing("default", ThinkingExpected::unknown);
  warn("thinking_unbounded", "No thinking budget fits under the total cap of " + tokens_text(plan_.output_cap_tokens) + "; " + card_.id +
                                 " may think by default and leave no answer.");
  return {};
}

Result<> Planner::by_default() {
  if (traits_.control == Control::none) {
    send_nothing("none", ThinkingExpected::no);
    because("no_thinking", card_.id + " has no thinking to control; nothing is sent about it.");
    return {};
  }
  if (traits_.thinks_by_default == ThinkingDefault::unknown || (traits_.thinks_by_default == ThinkingDefault::off && is_alias_of_nothing())) {
    send_nothing("default", ThinkingExpected::unknown);
    because("default_unknown", "Whether " + card_.id + " thinks by default is not known; nothing is sent about it.");
    warn("thinking_unknown", card_.id + " may think up to the total cap of " + tokens_text(plan_.output_cap_tokens) + ", billed as output; ask for off to be sure.");
    return {};
  }
  if (traits_.thinks_by_default == ThinkingDefault::off) {
    send_off();
    because("default_off", card_.id + " does not think by default; off is written out.");
    return {};
  }
  if (traits_.control == Control::budget) return default_budget();
  if (traits_.default_effort && traits_.efforts.has(*traits_.default_effort) && traits_.control != Control::toggle) {
    because("default_on", card_.id + " thinks by default at effort " + std::string(name(*traits_.default_effort)) + "; it is written out.");
    send_effort(*traits_.default_effort, room_.cap_without_budget());
  } else if (traits_.is_mandatory) {
    send_nothing("default", ThinkingExpected::yes);
    because("always_thinks", card_.id + " always thinks; there is nothing to set.");
  } else {
    because("default_on", card_.id + " thinks by default; on is written out.");
    send_on();
  }
  return {};
}

Result<> Planner::by_off() {
  if (traits_.control == Control::none) {
    send_nothing("none", ThinkingExpected::no);
    because("no_thinking", card_.id + " has no thinking to turn off; nothing is sent about it.");
    return {};
  }
  if (traits_.is_mandatory) return refuse(Errc::thinking_mandatory, card_.id + " always thinks; off cannot be had.");
  if (is_alias_of_nothing()) {
    return make_error(Errc::control_unsupported,
                      "The catalogue does not say what " + card_.id + " stands for, and on an alias off silently becomes the lowest effort.",
                      "Name the model itself.");
  }
  send_off();
  because("thinking_off", "Off is written out; " + card_.id + " allows it.");
  if (!traits_.has_effort_list && !traits_.takes_budget && traits_.thinks_by_default == ThinkingDefault::unknown) {
    warn("off_unproven", "The row of " + card_.id + " says no more than that thinking is not mandatory; if it thinks all the same, the receipt says so.");
  }
  return {};
}

Result<> Planner::by_plain_thinking(Errc errc, const std::string& why) {
  if (!ask_.is_lenient) return refuse(errc, why);
  if (traits_.control == Control::always) {
    send_nothing("default", ThinkingExpected::yes);
    warn("setting_dropped", why + " Nothing is sent about it; " + card_.id + " thinks as it likes.");
    return {};
  }
  send_on();
  warn("setting_lowered", why + " Thinking is turned on; how much is up to the model.");
  return leave_room_for_level();
}

// Levels have no number: thinking may fill the whole cap, so the cap must at least exceed the answer floor.
Result<> Planner::leave_room_for_level() {
  if (plan_.output_cap_tokens > room_.floor) return {};
  return make_error(Errc::budget_out_of_range,
                    "A total cap of " + tokens_text(plan_.output_cap_tokens) + " leaves no room for thinking beside an answer floor of " + tokens_text(room_.floor) + ".",
                    "Raise max_tokens above " + std::to_string(room_.floor) + ", lower the answer floor, or turn thinking off.");
}

Result<> Planner::by_effort(Effort effort) {
  if (effort == Effort::none) return by_off();
  const std::string asked(name(effort));
  if (traits_.control == Control::none) return refuse(Errc::thinking_unsupported, card_.id + " does not think, so effort " + asked + " would be ignored.");
  if (traits_.control == Control::budget) return by_tokens(0, BudgetWish::Origin::effort);
  if (traits_.control == Control::toggle || traits_.control == Control::always || traits_.efforts.empty()) {
    return by_plain_thinking(Errc::control_unsupported, card_.id + " has no effort levels, so effort " + asked + " would be ignored.");
  }
  if (!traits_.efforts.has(effort)) {
    const std::optional<Effort> lower = traits_.efforts.nearest_lower(effort);
    const std::string why = card_.id + " does not know effort " + asked + "; it knows " + traits_.efforts.to_text() + ".";
    if (!ask_.is_lenient || !lower) return refuse(Errc::effort_unsupported, why);
    warn("effort_lowered", why + " The nearest lower one, " + std::string(name(*lower)) + ", is sent.");
    effort = *lower;
  }
  send_effort(effort, room_.cap_without_budget());
  return leave_room_for_level();
}

Result<> Planner::by_tokens(uint64_t tokens, BudgetWish::Origin origin) {
  const bool has_number = origin != BudgetWish::Origin::effort;
  const std::string number = origin == BudgetWish::Origin::dollars ? plan_.asked + " (" + tokens_text(tokens) + ")" : tokens_text(tokens);
  const std::string asked = has_number ? number + " of thinking" : plan_.asked;
  if (traits_.control == Control::none) return refuse(Errc::thinking_unsupported, card_.id + " does not think, so " + asked + " would be ignored.");
  if (traits_.takes_budget) {
    BudgetWish wish;
    wish.origin = origin;
    wish.tokens = tokens;
    wish.effort = ask_.setting.effort;
    return plan_budget(card_, ask_, room_, wish, plan_);
  }
  if (traits_.control == Control::toggle || traits_.control == Control::always || traits_.efforts.empty()) {
    Result<> planned = by_plain_thinking(Errc::control_unsupported, card_.id + " takes no number, so " + asked + " would be ignored.");
    if (planned) enforce_by_cap(tokens);
    return planned;
  }
  if (!ask_.is_lenient) return refuse(Errc::budget_unsupported, card_.id + " knows levels only, so " + asked + " would be ignored or turned into some level.");
  return by_level_below(tokens);
}

// Where no number can be sent, a total cap that is not above the number keeps it all the same.
void Planner::enforce_by_cap(uint64_t tokens) {
  if (plan_.output_cap_tokens > tokens) return;
  plan_.promise = Promise::hard;
  plan_.budget_tokens = plan_.output_cap_tokens;
  because("cap_enforces", "The total cap of " + grouped(plan_.output_cap_tokens) + " is not above the " + tokens_text(tokens) +
                              " asked for, so thinking cannot pass them; that limit is hard.");
}

// Lenient: the highest level whose ratio of the total cap is not above the tokens asked for.
Result<> Planner::by_level_below(uint64_t tokens) {
  const uint64_t cap = room_.cap_for_budget(tokens);
  for (int i = static_cast<int>(Effort::max); i > 0; --i) {
    const Effort effort = static_cast<Effort>(i);
    if (!traits_.efforts.has(effort) || cap * effort_permille(effort) > tokens * 1000) continue;
    warn("level_for_tokens", card_.id + " knows levels only; the highest that is not above " + tokens_text(tokens) + " of a total of " + grouped(cap) + " is " +
                                 std::string(name(effort)) + ", counted by OpenRouter's ratios. How much it thinks is up to the model.");
    send_effort(effort, cap);
    enforce_by_cap(tokens);
    return leave_room_for_level();
  }
  return refuse(Errc::budget_unsupported, tokens_text(tokens) + " of thinking is less than the lowest level of " + card_.id + " stands for.");
}

Result<> Planner::by_dollars() {
  if (traits_.control == Control::none) return refuse(Errc::thinking_unsupported, card_.id + " does not think, so " + plan_.asked + " of thinking would be ignored.");
  const Result<Bought> bought = tokens_for_dollars(card_, ask_);
  if (!bought) return bought.error();
  // A free model has no number that dollars could bring; then the limits of the model and of the configuration hold.
  const uint64_t tokens = std::min(bought->tokens.value_or(kEnough), kEnough);
  if (bought->tokens) {
    because("tokens_from_dollars", plan_.asked + " buys " + tokens_text(tokens) + " at " + per_million_text(bought->price) +
                                       ", the dearest output price that can apply.");
  } else {
    because("tokens_from_dollars", card_.id + " costs nothing, so dollars set no limit to its thinking; the other limits do.");
  }
  return by_tokens(tokens, BudgetWish::Origin::dollars);
}

ThinkPlan Planner::finish() {
  plan_.answer_floor_tokens = std::min(room_.floor, plan_.output_cap_tokens);
  const bool may_think = plan_.expected != ThinkingExpected::no;
  SamplingSet forbidden = traits_.forbidden_always;
  if (plan_.expected == ThinkingExpected::yes || (may_think && !plan_.reasoning.is_empty())) forbidden |= traits_.forbidden;
  if (plan_.reasoning.max_tokens) forbidden |= traits_.forbidden_by_budget;
  plan_.forbidden = forbidden;
  if (ask_.hides_thinking && may_think && traits_.lists_parameter && !card_.is_router) {
    plan_.reasoning.exclude = true;
    because("thinking_hidden", "The text of the thinking is not returned; it is billed all the same.");
  }
  if (plan_.expected == ThinkingExpected::yes && traits_.hides_text && !ask_.hides_thinking) {
    because("thinking_unreadable", card_.id + " returns a summary of its thinking at best; all of it is billed.");
  }
  const std::string cap = std::string(name(plan_.cap_name)) + ' ' + grouped(plan_.output_cap_tokens);
  because("cap", room_.fixed ? "The total cap is the " + cap + " that was asked for." : "The total cap is " + cap + ", thinking included.");
  if (may_think && plan_.output_cap_tokens <= room_.floor) {
    warn("no_room_for_answer", "Thinking may use all of the " + tokens_text(plan_.output_cap_tokens) + " and leave no answer.");
  }
  if (may_think && plan_.promise != Promise::soft && ask_.thinking_tokens_max != 0 && plan_.output_cap_tokens - plan_.answer_floor_tokens > ask_.thinking_tokens_max) {
    warn("thinking_unbounded", "The configured limit of " + tokens_text(ask_.thinking_tokens_max) + " of thinking cannot be sent to " + card_.id +
                                   "; it may think up to the total cap of " + grouped(plan_.output_cap_tokens) + ".");
  }
  if (plan_.names_alias_target) {
    because("alias_resolved", card_.id + " is sent as " + card_.alias_target + ", for which it stands: on the alias off silently becomes the lowest effort.");
  } else if (!card_.alias_target.empty()) {
    warn("alias_moves", card_.id + " stands for " + card_.alias_target + " in this catalogue; it may stand for another model when the call is made.");
  }
  return std::move(plan_);
}

}  // namespace

std::string_view name(Promise promise) {
  static constexpr std::array<std::string_view, 4> kNames = {"hard", "soft", "level", "none"};
  return kNames[static_cast<size_t>(promise)];
}

std::string_view name(CapName cap) { return cap == CapName::max_tokens ? "max_tokens" : "max_completion_tokens"; }

Result<ThinkPlan> plan_thinking(const ModelCard& card, const ThinkRequest& request) { return Planner(card, request).run(); }

}  // namespace orthink
