#include "orthink/mcp/method.h"

#include <array>

namespace orthink::mcp {
namespace {

constexpr std::array<Method, 15> kMethods{{
    // name, legacy, modern, needs, answers, name_param, cacheable, may ask
    {"tools/call", true, true, Needs::tools, Answers::work, "name", false, true},
    {"tools/list", true, true, Needs::tools, Answers::list, "", true, false},
    {"initialize", true, false, Needs::nothing, Answers::initialize, "", false, false},
    {"ping", true, false, Needs::nothing, Answers::nothing, "", false, false},
    {"server/discover", false, true, Needs::nothing, Answers::discover, "", true, false},
    {"prompts/list", true, true, Needs::prompts, Answers::list, "", true, false},
    {"prompts/get", true, true, Needs::prompts, Answers::work, "name", false, true},
    {"resources/list", true, true, Needs::resources, Answers::list, "", true, false},
    {"resources/templates/list", true, true, Needs::resources, Answers::list, "", true, false},
    {"resources/read", true, true, Needs::resources, Answers::work, "uri", true, true},
    {"resources/subscribe", true, false, Needs::subscriptions, Answers::subscribe, "uri", false, false},
    {"resources/unsubscribe", true, false, Needs::subscriptions, Answers::unsubscribe, "uri", false, false},
    {"completion/complete", true, true, Needs::completions, Answers::work, "", false, false},
    {"logging/setLevel", true, false, Needs::logging, Answers::set_level, "", false, false},
    {"subscriptions/listen", false, true, Needs::nothing, Answers::listen, "", false, false},
}};

}  // namespace

const Method* find_method(std::string_view name) {
  for (const Method& method : kMethods)
    if (method.name == name) return &method;
  return nullptr;
}

bool is_offered(Needs needs, const Offer& offer) {
  switch (needs) {
    case Needs::nothing:
      return true;
    case Needs::tools:
      return !offer.tools.empty();
    case Needs::prompts:
      return !offer.prompts.empty();
    case Needs::resources:
      return !offer.resources.empty() || !offer.templates.empty();
    case Needs::completions:
      return offer.has_completions;
    case Needs::logging:
      return offer.has_logging;
    case Needs::subscriptions:
      return offer.can_subscribe;
  }
  return false;
}

}  // namespace orthink::mcp
