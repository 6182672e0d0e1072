// Events as the JSON lines of the public interface (`ask --json`, `replay --json`, the page): one object, no newline.
// The first line of a stream carries "schema":1 as its first key: pass `first` for that one.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/error.h"
#include "orthink/chat/answer.h"
#include "orthink/exchange/receipt.h"

namespace orthink::render {

enum class Position : uint8_t { first, later };

std::string thinking(Position at, std::string_view text, uint64_t tokens, ThinkingKind kind);
std::string output(Position at, std::string_view text, uint64_t tokens);
std::string tool_call(Position at, const ToolCall& call);
std::string usage(Position at, const Usage& usage);
std::string heartbeat(Position at, std::string_view phase, Duration elapsed);
std::string complete(Position at, const Answer& answer, Outcome outcome, const Receipt& receipt);
std::string failed(Position at, const Error& error, const Receipt& receipt);
std::string error_json(const Error& error);   // the `error` object alone

}  // namespace orthink::render
