// The body of POST /chat/completions: the one place that knows the chat endpoint's field names (openrouter-api 2, 3.1).
//
// Parameters that a row does not list would be dropped without a word by some providers (or fail under require_parameters), and some
// are forbidden while a family thinks (openrouter-api 3.4): accept_parameters() refuses them with a sentence, or drops them with a
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
#include "orthink/think/plan.h"

namespace orthink {

struct AcceptedParameters {
  std::vector<json::Member> passed_on;  // in the ask's order
  std::vector<Note> warnings;           // one for each dropped parameter
};
Result<AcceptedParameters> accept_parameters(const Ask& ask, const ModelCard& card, const ThinkPlan& plan);

// What adds fees that no token price covers (reliability 2.3): a plugin, a server tool, a dearer service tier, generated pictures ...;
// empty when nothing does.
std::string fee_source(const Ask& ask, const ModelCard& card);

struct MaxPrice {  // per token; goes out as USD per million
  Money prompt;
  Money completion;
};

struct RequestParts {
  const Ask& ask;
  std::string model;
  std::vector<std::string> fallbacks;
  const ThinkPlan& think;
  std::vector<json::Member> passed_on;
  std::optional<MaxPrice> max_price;      // nothing = prices unknown
  bool switches_compression_off = false;  // small contexts cut prompts in silence otherwise (openrouter-api 2.1)
};
std::string request_body(const RequestParts& parts);

// USD per million of a price per token: "2.5".
std::string usd_per_million(Money per_token);

}  // namespace orthink
