// What the fixture's tools, prompts and resources answer at once.
#pragma once

#include <optional>

#include "orthink/mcp/call.h"

namespace orthink::test {

// The news that ends the call; nothing for the tools that take time (fixture_service.h).
std::optional<mcp::News> answer_at_once(const mcp::Call& call);

// {"content":[{"type":"text","text":...}]}
mcp::news::Result text_result(std::string_view text);

}  // namespace orthink::test
