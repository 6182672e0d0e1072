// Offer: what orthink's own server offers over MCP: its name, its instructions and its tools.
// Thread rule: a pure function.
#pragma once

#include "orthink/mcp/offer.h"

namespace orthink::tools {

mcp::Offer offer();

}  // namespace orthink::tools
