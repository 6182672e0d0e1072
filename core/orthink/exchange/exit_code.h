// Exit codes of the command line as a rule of core, so that replay and ask agree.
#pragma once

#include "orthink/base/error.h"
#include "orthink/chat/answer.h"

namespace orthink {

// 0 answered, tool_calls, truncated; 4 thinking_used_all, empty, filtered.
int exit_code(Outcome outcome);
// 1 upstream, time-out, authentication, internal, store away; 2 wrong input or a setting that cannot be honoured;
// 3 budget, our own rate limit, price stale or unknown; 130 cancelled.
int exit_code(const Error& error);

}  // namespace orthink
