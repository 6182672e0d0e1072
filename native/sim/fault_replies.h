// The replies that take the place of an answer: refusals, errors and pages no model wrote (OpenRouter's documentation).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "native/sim/faults.h"
#include "native/sim/reply.h"
#include "orthink/base/instant.h"

namespace orthink::sim {

struct FaultContext {
  std::string_view model;
  std::string_view provider;
  uint64_t cap_tokens = 0;
  Instant now;
};

// The reply of a fault of stage reply that is one; nothing for those that happen below HTTP.
std::optional<Reply> fault_reply(const FaultSpec& spec, const FaultContext& context);

// "Tue, 24 Nov 2026 14:40:00 GMT"
std::string http_date(Instant when);

}  // namespace orthink::sim
