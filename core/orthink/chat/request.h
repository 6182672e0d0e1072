// The body of POST /chat/completions: the one place that knows the chat endpoint's field names (OpenRouter's documentation).
//
// Parameters that a row does not list would be dropped without a word by some providers (or fail under require_parameters), and some
// are forbidden while a family thinks (OpenRouter's documentation): accept_parameters() refuses them with a sentence, or drops them with a
// note when the ask is lenient. Tools, response formats, pictures and prefills change what is asked and are never dropped.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/catalog/catalog.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/fees.h"
#include "orthink/think/plan.h"

namespace orthink {

struct AcceptedParameters {
  std::vector<json::Member> passed_on;  // in the ask's order
  std::vector<Note> warnings;           // one for each dropped parameter
};
Result<AcceptedParameters> accept_parameters(const Ask& ask, const ModelCard& card, const ThinkPlan& plan);

struct MaxPrice {
  Money prompt;                  // per token; goes out as USD per million (OpenRouter's documentation)
  Money completion;              // the same
  std::optional<Money> request = std::nullopt;  // per piece; nothing = not known, so not sent
  std::optional<Money> image = std::nullopt;
};

// The caller's own `provider` object, as far as the guards go. A guard he sets himself stays as he set it.
struct CallerRouting {
  bool sets_require_parameters = false;
  bool requires_parameters = false;
  bool sets_max_price = false;
  std::optional<Money> prompt;      // of max_price, per token, rounded up; nothing = absent or unreadable
  std::optional<Money> completion;
  std::optional<Money> request;
  std::optional<Money> image = std::nullopt;
};
CallerRouting caller_routing(const Ask& ask);

struct RequestParts {
  const Ask& ask;
  std::string model;
  std::vector<std::string> fallbacks;
  const ThinkPlan& think;
  std::vector<json::Member> passed_on;
  std::optional<MaxPrice> max_price;      // nothing = prices unknown
  bool switches_compression_off = false;  // small contexts cut prompts in silence otherwise (OpenRouter's documentation)
  bool requires_parameters = true;        // false where the row lists no cap, which is sent all the same
};
std::string request_body(const RequestParts& parts);

// USD per million of a price per token: "2.5".
std::string usd_per_million(Money per_token);

}  // namespace orthink
