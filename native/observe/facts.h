// Facts: what telemetry is told of a call and of a request when it is over. Numbers, names and codes; never a prompt, an answer or a key.
//
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "native/observe/trace_context.h"
#include "orthink/base/error.h"
#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/chat/answer.h"
#include "orthink/cost/usage.h"
#include "orthink/exchange/receipt.h"

namespace orthink::observe {

// One paid call.
struct CallFacts {
  TraceContext trace;              // of the call itself; not valid: no trace
  std::string call_id;
  std::string generation_id;       // the upstream's
  std::string request_model;
  std::string response_model;
  std::string provider;            // who served, as the upstream names them
  std::optional<Outcome> outcome;  // nothing: it failed, or an earlier call's answer was given again
  std::optional<Errc> error;
  bool is_replayed = false;        // given again under its idempotency key; nothing was bought
  Usage usage;
  std::optional<NanoUsd> cost;     // nothing: not known
  uint32_t attempts = 0;           // 0: it was refused before anything was sent
  std::optional<uint64_t> thinking_budget_tokens;
  std::optional<Duration> first_token;
  std::optional<Duration> overhead;  // the time it spent in this program, waiting for the upstream excluded; nothing: not measured
  Instant began;
  Instant ended;
};

// Of a call that is over: what its receipt says. `outcome` and `error` as the exchange gives them; the rest is the caller's to fill.
CallFacts facts_of(const Receipt& receipt, std::optional<Outcome> outcome, const std::optional<Error>& error);

// One MCP request or notification that was answered.
struct RequestFacts {
  enum class Transport : uint8_t { stdio, http };
  TraceContext trace;  // not valid: no trace
  std::string method;  // "tools/call"
  std::string tool;    // of a tool call: one that is offered; else empty
  std::string revision;
  Transport transport = Transport::stdio;
  bool is_tool_error = false;         // the result says isError
  std::optional<int> fault;           // the JSON-RPC error's code
  bool is_given_up = false;           // its asker left before it ended
  Instant began;
  Instant ended;
};

}  // namespace orthink::observe
