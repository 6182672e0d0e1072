#include "orthink/chat/planner.h"

#include <algorithm>

#include "orthink/chat/fit.h"
#include "orthink/chat/messages.h"
#include "orthink/think/words.h"

namespace orthink {
namespace {

constexpr Duration kClockSkew = Duration::seconds(300);  // price windows count this much earlier and later
constexpr Duration kPricesFresh = Duration::seconds(7 * 86'400);
constexpr uint64_t kSmallContextTokens = 8'192;  // up to here OpenRouter cuts prompts by default
constexpr int64_t kExpirySoonDays = 30;

// Days since 1970-01-01 of "YYYY-MM-DD" (proleptic Gregorian); nothing for anything else.
std::optional<int64_t> day_of(std::string_view date) {
  if (date.size() < 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
  int64_t parts[3] = {0, 0, 0};
  constexpr size_t kStarts[3] = {0, 5, 8}, kEnds[3] = {4, 7, 10};
  for (size_t p = 0; p < 3; ++p) {
    for (size_t i = kStarts[p]; i < kEnds[p]; ++i) {
      if (date[i] < '0' || date[i] > '9') return std::nullopt;
      parts[p] = parts[p] * 10 + (date[i] - '0');
    }
  }
  const int64_t y = parts[0] - (parts[1] <= 2 ? 1 : 0);
  const int64_t era = y / 400, year_of_era = y % 400;
  const int64_t day_of_year = (153 * (parts[1] + (parts[1] > 2 ? -3 : 9)) + 2) / 5 + parts[2] - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::string usd(Money money) {
  return "$" + money.to_decimal();
}

// `enabled: true` beside an effort or a budget is needed by some routes and harmless elsewhere (OpenRouter's documentation).
bool same_field(const ReasoningField& a, const ReasoningField& b) {
  const bool has_amount = a.effort || a.max_tokens;
  const bool same_switch = a.enabled == b.enabled || (has_amount && a.enabled.value_or(true) && b.enabled.value_or(true));
  return same_switch && a.effort == b.effort && a.max_tokens == b.max_tokens && a.exclude == b.exclude;
}

Money expected_cost(const ModelCard& card, const Prepared& prepared, Instant now) {
  const Prices prices = card.price.at(prepared.prompt_tokens_expected, now);
  const Money prompt = prices.get(PriceKey::prompt).value_or(Money::zero()).times(prepared.prompt_tokens_expected);
  const Money output = prices.get(PriceKey::completion).value_or(Money::zero()).times(prepared.think.output_cap_tokens / 2);
  return prompt.plus(output).plus(prices.get(PriceKey::request).value_or(Money::zero()));
}

// Is there a cache mark with a life other than the short one? Those writes cost more (OpenRouter's documentation).
bool has_long_ttl(const json::Value& value) {
  for (const json::Member& member : value.members()) {
    if (member.key == "ttl" && !(member.value.is_string() && member.value.text() == "5m")) return true;
    if (has_long_ttl(member.value)) return true;
  }
  return false;
}

bool lists_cap(const ModelCard& card) {
  return card.caps_by_max_tokens || card.caps_by_max_completion_tokens;
}

// Off is sent to what an alias stands for: on the alias it would silently become the lowest effort (OpenRouter's documentation).
std::string sent_name(const std::string& name, const ModelCard& card, const ThinkPlan& think) {
  return think.sent == "off" && !card.alias_target.empty() ? card.alias_target : name;
}

bool may_write_an_hour(const Ask& ask) {
  if (has_long_ttl(ask.messages)) return true;
  return std::any_of(ask.passed_on.begin(), ask.passed_on.end(), [](const json::Member& m) { return has_long_ttl(m.value); });
}

}  // namespace

Result<Planner::Candidate> Planner::candidate(const Ask& ask, const std::string& id) const {
  std::optional<ModelCard> card = catalog_.find(id);
  if (!card) {
    std::string remedy;
    for (const std::string& close : catalog_.suggest(id)) remedy += (remedy.empty() ? "Did you mean " : ", ") + close;
    return make_error(Errc::model_unknown, "the catalogue has no model \"" + id + "\"", remedy.empty() ? remedy : remedy + "?");
  }
  const std::optional<int64_t> last_day = day_of(card->expires_on);
  if (last_day && options_.now.us >= *last_day * 86'400'000'000) {
    return make_error(Errc::model_expired, card->id + " went away on " + card->expires_on);
  }
  Candidate found{std::move(*card), {}};
  found.prompt = prompt_tokens(ask, found.card);
  const PromptTokens& prompt = found.prompt;
  if (found.card.context_tokens && prompt.for_context >= *found.card.context_tokens) {
    return make_error(Errc::context_too_small, "the prompt may take " + grouped(prompt.for_context) + " tokens (about " +
                                                   grouped(prompt.expected) + " expected); the context of " + found.card.id + " is " +
                                                   grouped(*found.card.context_tokens));
  }
  return found;
}

Result<void> Planner::look_up(const Ask& ask) {
  Result<Candidate> first = candidate(ask, ask.model);
  if (!first) return first.error();
  first_ = std::move(*first);
  for (const std::string& id : ask.fallbacks) {
    Result<Candidate> other = candidate(ask, id);
    if (other) {
      others_.push_back(std::move(*other));
    } else if (ask.is_lenient) {
      dropped_.push_back({"fallback_dropped", "The fallback " + id + " was left out: " + other.error().message + "."});
    } else {
      return other.error();
    }
  }
  return {};
}

ThinkRequest Planner::think_request(const Ask& ask, const Candidate& of) const {
  ThinkRequest request;
  request.setting = ask.think;
  request.answer_tokens = ask.answer_tokens;
  request.max_tokens = ask.max_tokens;
  request.prompt_tokens_bound = of.prompt.for_context;
  request.thinking_tokens_max = options_.thinking_tokens_max;
  request.is_lenient = ask.is_lenient;
  request.hides_thinking = ask.hides_thinking;
  request.now = options_.now;
  return request;
}

// A fallback runs the very body made for the first model, so it must plan to the same thinking, cap and parameters.
Result<void> Planner::honours(const Ask& ask, const Candidate& fallback, Prepared& prepared, const AcceptedParameters& accepted) const {
  Ask same = ask;
  same.max_tokens = prepared.think.output_cap_tokens;
  if (const Result<Setting> sent = parse_setting(prepared.think.sent); sent) same.think = *sent;
  same.is_lenient = false;
  same.passed_on = accepted.passed_on;
  const Result<ThinkPlan> plan = plan_thinking(fallback.card, think_request(same, fallback));
  if (!plan) return plan.error();
  if (!same_field(plan->reasoning, prepared.think.reasoning) || plan->output_cap_tokens != prepared.think.output_cap_tokens ||
      plan->cap_name != prepared.think.cap_name) {
    return make_error(Errc::control_unsupported, fallback.card.id + " cannot be sent the thinking and cap planned for " + prepared.card.id,
                      "Leave the fallback out, set think and max_tokens to what both take, or be lenient to have it dropped.");
  }
  const Result<AcceptedParameters> parameters = accept_parameters(same, fallback.card, *plan);
  if (!parameters) return parameters.error();
  if (plan->reasoning.enabled) prepared.think.reasoning.enabled = plan->reasoning.enabled;
  return {};
}

Result<std::vector<const Planner::Candidate*>> Planner::usable_fallbacks(const Ask& ask, Prepared& prepared,
                                                                         const AcceptedParameters& accepted) const {
  std::vector<const Candidate*> usable;
  for (const Candidate& other : others_) {
    const Result<void> ok = honours(ask, other, prepared, accepted);
    if (ok) {
      usable.push_back(&other);
    } else if (ask.is_lenient) {
      prepared.warnings.push_back({"fallback_dropped", "The fallback " + other.card.id + " was left out: " + ok.error().message + "."});
    } else {
      Error refusal = ok.error();
      refusal.message = "fallback " + other.card.id + ": " + refusal.message;
      return refusal;
    }
  }
  return usable;
}

namespace {

// The piece prices that are sent along are those every model lists; one that is not listed could not be held to anything.
void keep_piece_limits(const Prices& base, const WorstCase& worst, bool is_first, MaxPrice& limits) {
  const auto keep = [is_first](std::optional<Money> listed, std::optional<Money>& limit) {
    limit = listed && (is_first || limit) ? std::optional(std::max(*listed, limit.value_or(Money::zero()))) : std::nullopt;
  };
  keep(base.get(PriceKey::request), limits.request);
  keep(worst.images != 0 ? base.get(PriceKey::image) : std::nullopt, limits.image);
}

// Up to the caller's own max_price a dearer provider may answer.
void raise_to(const CallerRouting& caller, DearestPrices& prices) {
  prices.prompt = std::max(prices.prompt, caller.prompt.value_or(Money::zero()));
  prices.completion = std::max(prices.completion, caller.completion.value_or(Money::zero()));
  prices.request = std::max(prices.request, caller.request.value_or(Money::zero()));
  prices.image = std::max(prices.image, caller.image.value_or(Money::zero()));
}

}  // namespace

// What an alias stands for may be listed at another price than the alias, and it is what runs where it is named.
void Planner::raise_to_target(const Candidate& model, const ThinkPlan& think, const WorstCase& worst, DearestPrices& prices) const {
  const std::string name = sent_name(model.card.id, model.card, think);
  if (name == model.card.id) return;
  const std::optional<ModelCard> target = catalog_.find(name);
  if (!target || !target->price.is_known()) return;
  const DearestPrices its = dearest(target->price, worst);
  prices.prompt = std::max(prices.prompt, its.prompt);
  prices.completion = std::max(prices.completion, its.completion);
  prices.request = std::max(prices.request, its.request);
  prices.image = std::max(prices.image, its.image);
}

// The dearest of all models that may answer, key by key and as a whole; left empty when any of them has no known price.
void Planner::bound(const Ask& ask, const std::vector<const Candidate*>& models, Prepared& prepared,
                    std::optional<MaxPrice>& max_price) const {
  prepared.worst_case.from = Instant{std::max<int64_t>(0, options_.now.us - kClockSkew.us)};
  prepared.worst_case.until = options_.now + ask.deadline.value_or(options_.call_deadline) + kClockSkew;
  prepared.worst_case.output_tokens = prepared.think.output_cap_tokens;
  prepared.worst_case.images = first_->prompt.images;
  prepared.worst_case.has_audio = ask.has_audio() || has_part(ask.messages, "video_url");
  prepared.worst_case.writes_cache_1h = may_write_an_hour(ask);
  MaxPrice dearest_of_all{Money::zero(), Money::zero()};
  const CallerRouting caller = caller_routing(ask);
  Money worst = Money::zero();
  bool is_known = true;
  for (const Candidate* model : models) {
    const Fees fees = fees_of(ask, model->card);
    const uint64_t prompt = fees.fills_prompt ? model->card.context_tokens.value_or(model->prompt.bound) : model->prompt.bound;
    prepared.worst_case.prompt_tokens = std::max(prepared.worst_case.prompt_tokens, prompt);
    const bool is_unbounded = model->prompt.is_unbounded || (fees.fills_prompt && !model->card.context_tokens);
    if (!model->card.price.is_known() || model->card.price.is_variable || is_unbounded) {
      is_known = false;
      continue;
    }
    WorstCase own = prepared.worst_case;
    own.prompt_tokens = prompt;
    DearestPrices prices = dearest(model->card.price, own);
    keep_piece_limits(model->card.price.base, own, model == models.front(), dearest_of_all);
    raise_to_target(*model, prepared.think, own, prices);
    raise_to(caller, prices);
    dearest_of_all.prompt = std::max(dearest_of_all.prompt, prices.prompt);
    dearest_of_all.completion = std::max(dearest_of_all.completion, prices.completion);
    own.output_tokens += fees.output_tokens;
    worst = std::max(worst, at_tier(worst_cost(prices, own), fees).plus(fees.known));
  }
  prepared.prompt_tokens_bound = prepared.worst_case.prompt_tokens;
  if (!is_known) return;
  max_price = dearest_of_all;
  prepared.worst = worst;
  prepared.expected = std::min(worst, expected_cost(first_->card, prepared, options_.now));
}

// Why the worst case cannot be trusted as it stands; empty when it can.
std::string Planner::price_doubt(const Ask& ask, const std::vector<const Candidate*>& models, const Prepared& prepared) const {
  if (prepared.card.price.is_variable) return "the price of " + prepared.card.id + " depends on the model it picks";
  if (!prepared.worst && first_->prompt.is_unbounded) return "the tokens of a file cannot be bounded for " + prepared.card.id;
  if (!prepared.worst) return "the price of " + prepared.card.id + " or of a fallback is unknown";
  for (const Candidate* model : models) {
    const Fees fees = fees_of(ask, model->card);
    const std::string& source = fees.uncovered.empty() ? fees.doubt : fees.uncovered;
    if (!source.empty()) return source + " adds costs that no known price covers";
  }
  const CallerRouting caller = caller_routing(ask);
  if (caller.sets_max_price && (!caller.prompt || !caller.completion)) {
    return "the caller's provider.max_price does not limit both prompt and completion, so a dearer provider may answer";
  }
  return {};
}

// Fees that may come any number of times: no max_cost would hold.
Result<void> Planner::refuse_uncovered(const Ask& ask, const std::vector<const Candidate*>& models, Prepared& prepared) const {
  for (const Candidate* model : models) {
    const std::string source = fees_of(ask, model->card).uncovered;
    if (source.empty()) continue;
    if (!ask.is_lenient) {
      return make_error(Errc::price_unknown,
                        source + " adds costs on " + model->card.id + " that nothing limits, so that no max_cost would hold",
                        "Leave it out, or be lenient to have it sent without a limit on its cost.");
    }
    prepared.warnings.push_back(
        {"fees_uncovered", "The bound does not cover " + source + ": its cost on " + model->card.id + " has no limit."});
  }
  return {};
}

Result<void> Planner::refuse_softened_off(const std::vector<const Candidate*>& models, const Prepared& prepared) const {
  for (const Candidate* model : models) {
    if (prepared.think.sent != "off" || model->card.alias_target.empty()) continue;
    const std::optional<ModelCard> target = catalog_.find(model->card.alias_target);
    if (target && target->thinking.is_mandatory) {
      return make_error(Errc::thinking_mandatory, target->id + ", for which " + model->card.id + " stands, always thinks; off cannot be had");
    }
  }
  return {};
}

// The settings are fitting's choice: what was asked stays what is told as asked.
void Planner::explain_fit(const Ask& ask, Prepared& prepared) {
  prepared.think.asked = ask.before->think;
  for (Note& reason : prepared.reasons)
    if (reason.code == "cap" && ask.max_tokens != ask.before->max_tokens)
      reason.text = "The total cap is " + std::string(name(prepared.think.cap_name)) + ' ' + grouped(prepared.think.output_cap_tokens) +
                    ", thinking included.";
  prepared.reasons.push_back({"fitted", ask.before->told});
}

// Without require_parameters a provider may ignore what the promise rests on.
void Planner::lower_promise(const Ask& ask, Prepared& prepared) {
  const CallerRouting caller = caller_routing(ask);
  const bool is_sure = caller.sets_require_parameters ? caller.requires_parameters : lists_cap(prepared.card);
  if (is_sure || prepared.think.promise != Promise::hard) return;
  prepared.think.promise = Promise::none;
  prepared.think.budget_tokens.reset();
  prepared.reasons.push_back({"promise_lowered", "Nothing is promised: without provider.require_parameters a provider may ignore the setting."});
}

// Known prices bound the call; doubtful ones only under a max_cost, which then stands in for the bound.
Result<void> Planner::judge_price(const Ask& ask, const std::vector<const Candidate*>& models, Prepared& prepared, std::optional<MaxPrice>& max_price) const {
  const Instant fetched = catalog_.fetched_at();
  if (options_.now > fetched) prepared.price_age_s = (options_.now - fetched).us / 1'000'000;
  prepared.price_source = catalog_.is_snapshot() ? "snapshot" : "catalogue";
  if (prepared.worst && NanoUsd::ceil(*prepared.worst).nano >= NanoUsd::kMax) {
    return make_error(Errc::price_overflow, "the worst case is beyond what can be booked");
  }
  if (prepared.worst && ask.max_cost && *prepared.worst > *ask.max_cost) {
    return make_error(Errc::cost_above_max,
                      "the call may cost up to " + usd(*prepared.worst) + ", above max_cost of " + usd(*ask.max_cost));
  }
  if (const std::string doubt = price_doubt(ask, models, prepared); !doubt.empty()) {
    prepared.worst.reset();
    prepared.expected.reset();
    if (!ask.max_cost && options_.is_paid)
      return make_error(Errc::price_unknown, doubt,
                        "Say what the call may cost with max_cost_usd, or choose a model whose price is known.");
    stand_in(ask, make_error(Errc::price_unknown, doubt), prepared, max_price);
    return {};
  }
  prepared.hold = *prepared.worst;
  const bool is_old = prepared.price_age_s.value_or(0) > kPricesFresh.us / 1'000'000;
  if (options_.allows_stale_prices || !(options_.is_paid ? is_old || catalog_.is_snapshot() : is_old && !catalog_.is_snapshot())) return {};
  const Error stale = make_error(Errc::price_stale, catalog_.is_snapshot()
                                                        ? "the prices are the ones compiled in"
                                                        : "the prices are " + std::to_string(*prepared.price_age_s / 86'400) + " days old");
  if (!ask.max_cost && options_.is_paid) return stale;
  stand_in(ask, stale, prepared, max_price);
  return {};
}

void Planner::stand_in(const Ask& ask, const Error& doubt, Prepared& prepared, std::optional<MaxPrice>& max_price) const {
  if (!ask.max_cost) {
    prepared.hold = prepared.worst.value_or(Money::zero());
    prepared.warnings.push_back({doubt.code, "A paid call would be refused without max_cost_usd: " + doubt.message + "."});
    return;
  }
  prepared.hold = *ask.max_cost;
  prepared.price_source = "max_cost";
  prepared.warnings.push_back({doubt.code, "max_cost_usd stands in for the bound: " + doubt.message + "."});
  if (max_price) return;
  // Any price up to this keeps the bound: tokens times price is at most max_cost.
  const uint64_t tokens = std::max<uint64_t>(1, prepared.worst_case.prompt_tokens + prepared.worst_case.output_tokens);
  const Money each{static_cast<int64_t>(static_cast<uint64_t>(ask.max_cost->pico) / tokens)};
  max_price = MaxPrice{each, each};
}

std::optional<Ask> Planner::fitted(const Ask& ask, Money ceiling) const {
  Ask free = ask;
  free.max_cost.reset();
  const Result<Prepared> as_is = plan(free);
  if (!as_is || !as_is->worst) return std::nullopt;
  const Plan passes = [this, ceiling](const Ask& a) -> Result<Prepared> {
    Result<Prepared> p = plan(a);
    if (p && p->worst && *p->worst > ceiling) return make_error(Errc::cost_above_max, "still above");
    return p;
  };
  // Output alone carries what can be lowered: the largest cap whose worst case stays under the ceiling, by bisection.
  uint64_t low = 0, high = as_is->think.output_cap_tokens;
  std::vector<const Candidate*> models{&*first_};
  for (const Candidate& other : others_) models.push_back(&other);
  while (low < high) {
    const uint64_t middle = high - (high - low) / 2;
    Prepared trial = *as_is;
    trial.think.output_cap_tokens = middle;
    std::optional<MaxPrice> unused;
    bound(free, models, trial, unused);
    if (trial.worst && *trial.worst <= ceiling) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  std::optional<Ask> found = largest_under_cap(free, first_->card, low, passes);
  if (found) found->max_cost = ask.max_cost;
  return found;
}

std::optional<Ask> Planner::fitted(const Ask& ask, uint64_t cap_tokens) const {
  return largest_under_cap(ask, first_->card, cap_tokens, [this](const Ask& a) { return plan(a); });
}

Result<Prepared> Planner::plan(const Ask& ask) const {
  Prepared prepared;
  prepared.asked_model = ask.model;
  prepared.card = first_->card;
  prepared.streams = ask.streams;
  prepared.prompt_tokens_expected = first_->prompt.expected;
  prepared.warnings = dropped_;
  Result<ThinkPlan> think = plan_thinking(first_->card, think_request(ask, *first_));
  if (!think) return think.error();
  prepared.think = std::move(*think);
  const Result<AcceptedParameters> accepted = accept_parameters(ask, first_->card, prepared.think);
  if (!accepted) return accepted.error();
  prepared.reasons = prepared.think.reasons;
  prepared.warnings.insert(prepared.warnings.end(), prepared.think.warnings.begin(), prepared.think.warnings.end());
  prepared.warnings.insert(prepared.warnings.end(), accepted->warnings.begin(), accepted->warnings.end());
  Result<std::vector<const Candidate*>> others = usable_fallbacks(ask, prepared, *accepted);
  if (!others) return others.error();

  std::vector<const Candidate*> models{&*first_};
  models.insert(models.end(), others->begin(), others->end());
  if (auto off = refuse_softened_off(models, prepared); !off) return off.error();
  if (auto covered = refuse_uncovered(ask, models, prepared); !covered) return covered.error();
  lower_promise(ask, prepared);
  std::optional<MaxPrice> max_price;
  bound(ask, models, prepared, max_price);
  if (auto priced = judge_price(ask, models, prepared, max_price); !priced) return priced.error();

  RequestParts parts{
      .ask = ask, .model = sent_name(ask.model, first_->card, prepared.think), .fallbacks = {}, .think = prepared.think, .passed_on = accepted->passed_on, .max_price = max_price};
  for (const Candidate* other : *others) parts.fallbacks.push_back(sent_name(other->card.id, other->card, prepared.think));
  parts.requires_parameters = lists_cap(first_->card);
  parts.switches_compression_off = first_->card.context_tokens.value_or(kSmallContextTokens + 1) <= kSmallContextTokens &&
                                   ask.option("transforms") == nullptr && ask.option("plugins") == nullptr;
  prepared.body = request_body(parts);
  explain(ask, parts, prepared);
  if (ask.before) explain_fit(ask, prepared);
  return prepared;
}

Result<Prepared> Planner::plan_or_fit(const Ask& ask) const {
  Result<Prepared> as_is = plan(ask);
  if (as_is || as_is.error().errc != Errc::cost_above_max) return as_is;
  std::optional<Ask> lower = fitted(ask, *ask.max_cost);
  if (!lower) {
    Error error = as_is.error();
    error.remedy = "No smaller setting fits: raise max_cost, shorten the prompt, or choose a cheaper model.";
    return error;
  }
  if (!ask.fits) {
    Error error = as_is.error();
    error.remedy = "This would pass: " + difference_json(ask, *lower) + "; \"fit\" finds it by itself.";
    return error;
  }
  tell_lowered(ask, *lower, "to fit the max_cost of " + usd(*ask.max_cost));
  return plan(*lower);
}

std::optional<Ask> Planner::nearest(const Ask& ask, const Error& error) const {
  std::vector<Ask> tries;
  const auto propose = [&](auto change) {
    Ask candidate = ask;
    change(candidate);
    tries.push_back(std::move(candidate));
  };
  if (error.errc == Errc::model_unknown || error.errc == Errc::model_expired) {
    for (const std::string& id : catalog_.suggest(ask.model)) propose([&](Ask& a) { a.model = id; });
  } else if (error.errc == Errc::cost_above_max && ask.max_cost) {
    if (std::optional<Ask> lower = fitted(ask, *ask.max_cost)) tries.push_back(std::move(*lower));
    Ask free = ask;
    free.max_cost.reset();
    if (const Result<Prepared> as_is = plan(free); as_is && as_is->worst) propose([&](Ask& a) { a.max_cost = as_is->worst; });
  } else if (first_) {
    if (const std::optional<ThinkRequest> near = nearest_thinking(first_->card, think_request(ask, *first_))) {
      propose([&](Ask& a) {
        a.think = near->setting;
        a.answer_tokens = near->answer_tokens;
        a.max_tokens = near->max_tokens;
      });
    }
    if (!ask.fallbacks.empty()) propose([](Ask& a) { a.fallbacks.clear(); });
    if (!ask.is_lenient) {
      propose([](Ask& a) { a.is_lenient = true; });
      propose([](Ask& a) { a.is_lenient = true, a.think = Setting{}; });
    }
  }
  for (Ask& candidate : tries) {
    Planner planner(catalog_, options_);
    if (!planner.look_up(candidate)) continue;
    const Result<Prepared> prepared = planner.plan_or_fit(candidate);
    if (prepared) return std::move(candidate);
    if (prepared.error().errc != Errc::cost_above_max || error.errc == Errc::cost_above_max) continue;
    if (std::optional<Ask> lower = planner.fitted(candidate, *candidate.max_cost)) return lower;
  }
  return std::nullopt;
}

void Planner::explain_routing(const Ask& ask, const RequestParts& parts, Prepared& prepared) const {
  const CallerRouting caller = caller_routing(ask);
  if (caller.sets_require_parameters && !caller.requires_parameters) {
    prepared.warnings.push_back(
        {"provider_by_caller", "require_parameters was set by the caller: a provider may ignore parameters, the cap included."});
  }
  if (!caller.sets_require_parameters && !parts.requires_parameters) {
    prepared.warnings.push_back({"require_parameters_left_out", prepared.card.id + " lists no cap parameter, so require_parameters is left "
                                                                                   "out: with it no provider might be found."});
  }
  if (caller.sets_max_price) {
    prepared.warnings.push_back({"provider_by_caller", "max_price was set by the caller: prices up to it may be billed."});
  } else if (parts.max_price) {
    prepared.reasons.push_back({"max_price", "provider.max_price goes along, so that a dearer provider refuses instead of billing more."});
  }
}

void Planner::explain(const Ask& ask, const RequestParts& parts, Prepared& prepared) const {
  const PromptTokens& prompt = first_->prompt;
  std::string how = first_->card.thinking.prompt_permille == 0 ? " (its bytes: the tokenizer is unknown)" : "";
  if (prompt.takes_context) how = " (the whole context: a file's tokens cannot be told beforehand)";
  prepared.reasons.push_back({"prompt_bound", "The prompt is about " + grouped(prepared.prompt_tokens_expected) + " tokens and at most " +
                                                  grouped(prepared.prompt_tokens_bound) + how + "."});
  if (prepared.worst && parts.max_price) {
    prepared.reasons.push_back({"worst_cost", "At most " + usd(*prepared.worst) + ": " + grouped(prepared.prompt_tokens_bound) +
                                                  " prompt tokens at $" + usd_per_million(parts.max_price->prompt) + " and " +
                                                  grouped(prepared.think.output_cap_tokens) + " output tokens at $" +
                                                  usd_per_million(parts.max_price->completion) + " per million."});
  }
  if (const Fees fees = fees_of(ask, first_->card); !fees.known_text.empty()) {
    prepared.reasons.push_back({"fees", "The bound holds besides: " + fees.known_text + "."});
  }
  explain_routing(ask, parts, prepared);
  if (parts.switches_compression_off) {
    prepared.reasons.push_back({"compression_off", "Context compression is switched off: for contexts up to " +
                                                       grouped(kSmallContextTokens) + " tokens the prompt would be cut without a word."});
  }
  if (!parts.fallbacks.empty()) {
    prepared.reasons.push_back({"fallbacks", "The bound is the dearest of " + std::to_string(parts.fallbacks.size() + 1) +
                                                 " models; the one that answers is billed."});
  }
  const std::optional<int64_t> last_day = day_of(prepared.card.expires_on);
  if (last_day && options_.now.us >= (*last_day - kExpirySoonDays) * 86'400'000'000) {
    prepared.warnings.push_back({"model_expires", prepared.card.id + " goes away on " + prepared.card.expires_on + "."});
  }
}

}  // namespace orthink
