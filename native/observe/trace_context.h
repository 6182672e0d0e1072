// Trace context: which trace a piece of work belongs to, across programs (W3C Trace Context, level 1).
//
//   traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//                |  trace id (32 hex)                span id (16 hex) flags
//   tracestate:  vendor=value,other=value
//
//   std::optional<TraceContext> parent = parse_traceparent(text);
//   TraceContext own = child_of(*parent, entropy64());
//   traceparent_text(own);                          // for whoever works for us
//
// Thread rule: plain values, pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orthink::observe {

struct TraceContext {
  uint64_t trace_high = 0;
  uint64_t trace_low = 0;
  uint64_t span = 0;
  uint64_t parent_span = 0;  // 0: the trace begins here
  bool is_sampled = false;
  std::string state;         // a tracestate that was checked; empty: none

  [[nodiscard]] bool is_valid() const { return (trace_high | trace_low) != 0 && span != 0; }
};

// Section 3.2: lower case hex, no zero ids, version ff never; of a later version what level 1 knows of it. Nothing otherwise.
std::optional<TraceContext> parse_traceparent(std::string_view text);

// Section 3.3: at most 32 members, keys and values of the allowed characters, no key twice, at most 512 characters. What does not hold to
// it is dropped as a whole: the text is empty then. Blanks around members go.
std::string checked_tracestate(std::string_view text);

// A span of its own below `parent`: same trace, sampled as the parent is, with its state. REQUIRES: parent.is_valid(), span != 0.
TraceContext child_of(const TraceContext& parent, uint64_t span);

// Version 00. REQUIRES: is_valid().
std::string traceparent_text(const TraceContext& context);

std::string trace_id_hex(const TraceContext& context);  // 32 digits, lower case
std::string span_id_hex(uint64_t span);                 // 16 digits

}  // namespace orthink::observe
