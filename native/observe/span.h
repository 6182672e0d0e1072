// Span: one piece of work in a trace, as it is told to a collector (OpenTelemetry's GenAI and MCP semantic conventions).
//
//   Span span = span_of(call_facts);     // "chat openai/gpt-5-mini", CLIENT, gen_ai.*
//   Span span = span_of(request_facts);  // "tools/call health", SERVER, mcp.*
//
// Thread rule: plain values, pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "native/observe/facts.h"
#include "native/observe/trace_context.h"
#include "orthink/base/instant.h"

namespace orthink::observe {

struct DecimalText {
  std::string text;  // a number with a fraction, from an integer
};

struct Attribute {
  std::string key;
  std::variant<std::string, int64_t, bool, DecimalText, std::vector<std::string>> value;
};

struct Span {
  enum class Kind : uint8_t { internal = 1, server = 2, client = 3 };  // opentelemetry.proto.trace.v1.Span.SpanKind
  TraceContext place;
  Kind kind = Kind::internal;
  std::string name;
  Instant began;
  Instant ended;
  std::vector<Attribute> attributes;
  bool is_error = false;
};

// Attributes that are not known are left out. Texts are redacted and valid UTF-8.
Span span_of(const CallFacts& facts);
Span span_of(const RequestFacts& facts);

}  // namespace orthink::observe
