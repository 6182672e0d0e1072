// {"model":M,"models":[M,fallbacks],"messages":[...],"stream":true,"max_tokens":N,"reasoning":{"enabled":true,"effort":E | "max_tokens":N},
//  "provider":{caller's keys, "require_parameters":true,"max_price":{"prompt":1,"completion":5}},"user":U,"session_id":S, passed-on parameters}
#include "orthink/chat/request.h"

#include <algorithm>
#include <array>

#include "orthink/catalog/parameters.h"
#include "orthink/chat/messages.h"

namespace orthink {
namespace {

// Passed-on parameters that a row must list, and the reason they may be forbidden while thinking.
struct Gate {
  std::string_view key;
  std::string_view listed_as;  // the name in supported_parameters
  SamplingSet forbidden_by = 0;
  bool may_drop = true;
};
constexpr std::array kGates = std::to_array<Gate>({
    {"tools", "tools", 0, false},
    {"tool_choice", "tool_choice", 0, true},
    {"parallel_tool_calls", "parallel_tool_calls", 0, true},
    {"response_format", "response_format", 0, false},
    {"temperature", "temperature", bit(Sampling::temperature), true},
    {"top_p", "top_p", bit(Sampling::top_p), true},
    {"top_k", "top_k", bit(Sampling::top_k), true},
    {"min_p", "min_p", 0, true},
    {"top_a", "top_a", 0, true},
    {"frequency_penalty", "frequency_penalty", bit(Sampling::penalties), true},
    {"presence_penalty", "presence_penalty", bit(Sampling::penalties), true},
    {"repetition_penalty", "repetition_penalty", bit(Sampling::penalties), true},
    {"seed", "seed", 0, true},
    {"stop", "stop", bit(Sampling::stop), true},
    {"logit_bias", "logit_bias", bit(Sampling::logit_bias), true},
    {"logprobs", "logprobs", bit(Sampling::logprobs), true},
    {"top_logprobs", "top_logprobs", bit(Sampling::logprobs), true},
    {"prediction", "prediction", 0, true},
    {"verbosity", "verbosity", 0, true},
    {"web_search_options", "web_search_options", 0, true},
});

bool is_forced(const json::Value& tool_choice) {
  return tool_choice.is_object() || tool_choice.text() == "required";
}

// 1, 1.0, 1.00: the neutral value of temperature and top_p, which every family takes.
bool is_one(const json::Value& value) {
  if (!value.is_number()) return false;
  const std::string_view text = value.text();
  return text.substr(0, 1) == "1" && (text.size() == 1 || (text[1] == '.' && text.find_first_not_of('0', 2) == std::string_view::npos));
}

std::string type_of(const json::Value& object) {
  const json::Value* type = object.find("type");
  return type != nullptr && type->is_string() ? type->text() : std::string();
}

// On adaptive Claude verbosity becomes output_config.effort (OpenRouter's documentation); xhigh and max beside off are a 400 (3.4).
std::string verbosity_objection(const json::Value& verbosity, const ModelCard& card, const ThinkPlan& plan) {
  if (plan.sent == "off") {
    const bool is_high = verbosity.text() == "xhigh" || verbosity.text() == "max";
    return is_high ? card.id + " does not take verbosity " + std::string(verbosity.text()) + " with thinking off" : std::string();
  }
  if (plan.reasoning.effort) return "verbosity would override the thinking effort on " + card.id;
  if (plan.reasoning.max_tokens) return "verbosity would set a thinking effort beside the budget on " + card.id;
  return {};
}

// The sentence against one parameter; empty when the model takes it.
std::string objection(const json::Member& parameter, const Gate& gate, const ModelCard& card, const ThinkPlan& plan) {
  const std::string key(gate.key);
  if (!lists_parameter(card.parameters, gate.listed_as)) return card.id + " does not list " + key + " among its parameters";
  if (key == "response_format" && type_of(parameter.value) == "json_schema" && !lists_parameter(card.parameters, "structured_outputs")) {
    return card.id + " does not list structured_outputs, which a json_schema needs";
  }

  const SamplingSet forbidden = plan.forbidden;
  const bool is_neutral = (key == "temperature" || key == "top_p") && is_one(parameter.value);
  if ((forbidden & gate.forbidden_by) != 0 && !is_neutral) return card.id + " does not take " + key + " while it thinks";
  if (key == "tool_choice" && is_forced(parameter.value) && (forbidden & bit(Sampling::forced_tool_choice)) != 0) {
    return card.id + " does not take a forced tool_choice while it thinks";
  }
  if (key == "verbosity" && card.thinking.control == Control::adaptive) return verbosity_objection(parameter.value, card, plan);
  return {};
}

Error refusal(const json::Member& parameter, const Gate& gate, const ModelCard& card, std::string sentence) {
  if (gate.may_drop) {
    return make_error(Errc::parameter_forbidden, std::move(sentence), "Leave " + parameter.key + " out, or be lenient to have it dropped.");
  }
  return make_error(Errc::capability_missing, std::move(sentence),
                    "Leave " + parameter.key + " out of the question to " + card.id + ", or choose a model that has it.");
}

Result<void> check_content(const Ask& ask, const ModelCard& card, const ThinkPlan& plan) {
  if (ask.has_images() && !card.has(Capability::vision)) {
    return make_error(Errc::capability_missing, card.id + " does not take pictures",
                      "Choose a model with vision: orthink models --cap vision.");
  }
  if (ask.has_audio() && !card.has(Capability::audio)) {
    return make_error(Errc::capability_missing, card.id + " does not take audio", "Choose a model with audio input.");
  }
  const json::Value* last_role = ask.messages.members().empty() ? nullptr : ask.messages.members().back().value.find("role");
  const bool is_prefill = last_role != nullptr && last_role->text() == "assistant";
  if (is_prefill && (plan.forbidden & bit(Sampling::prefill)) != 0) {
    const bool is_always = (card.thinking.forbidden_always & bit(Sampling::prefill)) != 0;
    return make_error(Errc::parameter_forbidden,
                      card.id + " does not continue a started answer (prefill)" + (is_always ? "" : " while it thinks"),
                      is_always ? "End the messages with a user message." : "End the messages with a user message, or set think to off.");
  }
  return {};
}

void write_reasoning(json::Writer& out, const ReasoningField& reasoning) {
  if (reasoning.is_empty()) return;
  out.key("reasoning").object();
  if (reasoning.enabled) out.key("enabled").boolean(*reasoning.enabled);
  if (reasoning.effort) out.key("effort").string(name(*reasoning.effort));
  if (reasoning.max_tokens) out.key("max_tokens").number(*reasoning.max_tokens);
  if (reasoning.exclude) out.key("exclude").boolean(true);
  out.end();
}

void write_max_price(json::Writer& out, const MaxPrice& max_price) {
  out.key("max_price").object().key("prompt").raw(usd_per_million(max_price.prompt));
  out.key("completion").raw(usd_per_million(max_price.completion));
  if (max_price.request) out.key("request").raw(max_price.request->to_decimal());
  if (max_price.image) out.key("image").raw(max_price.image->to_decimal());
  out.end();
}

// The caller's keys as they came, then the guards that are not among them.
void write_provider(json::Writer& out, const json::Value* callers, const RequestParts& parts) {
  const auto sets = [callers](std::string_view key) { return callers != nullptr && callers->find(key) != nullptr; };
  const bool has_caller = callers != nullptr && !callers->members().empty();
  if (!has_caller && !parts.requires_parameters && !parts.max_price) return;
  out.key("provider").object();
  if (has_caller) {
    for (const json::Member& member : callers->members()) out.key(member.key).value(member.value);
  }
  if (parts.requires_parameters && !sets("require_parameters")) out.key("require_parameters").boolean(true);
  if (parts.max_price && !sets("max_price")) write_max_price(out, *parts.max_price);
  out.end();
}

std::optional<Money> limit_of(const json::Value& limits, std::string_view key) {
  const json::Value* value = limits.is_object() ? limits.find(key) : nullptr;
  if (value == nullptr || !(value->is_number() || value->is_string())) return std::nullopt;
  const Result<Money> money = Money::parse(value->text());
  if (!money) return std::nullopt;
  return *money;
}

std::optional<Money> per_token(std::optional<Money> per_million) {
  constexpr int64_t kMillion = 1'000'000;
  if (!per_million) return std::nullopt;
  return Money{per_million->pico / kMillion + (per_million->pico % kMillion != 0 ? 1 : 0)};
}

const json::Value* find_member(const std::vector<json::Member>& members, std::string_view key) {
  const auto found = std::find_if(members.begin(), members.end(), [&](const json::Member& m) { return m.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

}  // namespace

Result<AcceptedParameters> accept_parameters(const Ask& ask, const ModelCard& card, const ThinkPlan& plan) {
  if (auto content = check_content(ask, card, plan); !content) return content.error();
  AcceptedParameters accepted;
  for (const json::Member& parameter : ask.passed_on) {
    const auto gate = std::find_if(kGates.begin(), kGates.end(), [&](const Gate& g) { return g.key == parameter.key; });
    std::string sentence = gate == kGates.end() ? std::string() : objection(parameter, *gate, card, plan);
    if (sentence.empty()) {
      accepted.passed_on.push_back(parameter);
    } else if (gate->may_drop && ask.is_lenient) {
      accepted.warnings.push_back({"parameter_dropped", sentence + ": it was left out."});
    } else {
      return refusal(parameter, *gate, card, std::move(sentence));
    }
  }
  return accepted;
}

CallerRouting caller_routing(const Ask& ask) {
  CallerRouting routing;
  const json::Value* provider = ask.option("provider");
  if (provider == nullptr || !provider->is_object()) return routing;
  if (const json::Value* required = provider->find("require_parameters")) {
    routing.sets_require_parameters = true;
    routing.requires_parameters = required->is_boolean() && required->as_bool();
  }
  if (const json::Value* limits = provider->find("max_price")) {
    routing.sets_max_price = true;
    routing.prompt = per_token(limit_of(*limits, "prompt"));
    routing.completion = per_token(limit_of(*limits, "completion"));
    routing.request = limit_of(*limits, "request");
    routing.image = limit_of(*limits, "image");
  }
  return routing;
}

std::string usd_per_million(Money per_token) {
  return per_token.times(1'000'000).to_decimal();
}

std::string request_body(const RequestParts& parts) {
  json::Writer out;
  out.object().key("model").string(parts.model);
  if (!parts.fallbacks.empty()) {
    out.key("models").array().string(parts.model);
    for (const std::string& fallback : parts.fallbacks) out.string(fallback);
    out.end();
  }
  out.key("messages").value(parts.ask.messages);
  out.key("stream").boolean(parts.ask.streams);
  if (parts.think.output_cap_tokens > 0) out.key(name(parts.think.cap_name)).number(parts.think.output_cap_tokens);
  write_reasoning(out, parts.think.reasoning);
  write_provider(out, find_member(parts.passed_on, "provider"), parts);
  if (parts.switches_compression_off) {
    out.key("plugins").array().object().key("id").string("context-compression").key("enabled").boolean(false).end().end();
  }
  if (!parts.ask.user.empty()) out.key("user").string(parts.ask.user);
  if (!parts.ask.session.empty()) out.key("session_id").string(parts.ask.session);
  for (const json::Member& parameter : parts.passed_on) {
    if (parameter.key != "provider") out.key(parameter.key).value(parameter.value);
  }
  out.end();
  return out.take();
}

}  // namespace orthink
