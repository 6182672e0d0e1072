// Events as the JSON lines of the public interface (`ask --json`, `replay --json`, the page): one object, no newline.
// The first line of a stream carries "schema":1 as its first key: pass `first` for that one.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/error.h"
#include "orthink/chat/answer.h"
#include "orthink/exchange/events.h"
#include "orthink/exchange/exchange.h"
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

// Any output of an exchange, as one object. Events are the lines above; what the host must do is
//   {"type":"store","ticket":N,"durable":B,"rows":[{key,from,to,bound_nano,actual_nano,exact,generation_id}],"additions":[{key,add_nano,limit_nano}]}
//   {"type":"send","leg":N,"connect_by_ms":T,"method":M,"path":P,"headers":[[name,value],...],"body":TEXT}
//   {"type":"close","leg":N}        {"type":"wait","at_ms":T|null}
// REQUIRES: `out` was the last output polled from `exchange`.
std::string output_json(Position at, const Output& out, const Exchange& exchange);
// Is it one of the public lines (thinking, output, tool_call, usage, heartbeat, complete, error)?
bool is_event(const Output& out);

}  // namespace orthink::render
