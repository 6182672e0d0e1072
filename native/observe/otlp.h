// OTLP: spans and metrics as the bodies of ExportTraceServiceRequest and ExportMetricsServiceRequest, in their JSON form
// (opentelemetry-proto 1.x, "JSON Protobuf Encoding": ids as hex, 64-bit integers as strings, enumerations as numbers).
//
//   {"resourceSpans":[{"resource":{"attributes":[...]},"scopeSpans":[{"scope":{...},"spans":[
//     {"traceId":"4bf9...","spanId":"00f0...","parentSpanId":"...","name":"chat openai/gpt-5-mini","kind":3,
//      "startTimeUnixNano":"1793000000000000000", ... }]}]}]}
//
// Thread rule: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/observe/metrics.h"
#include "native/observe/otel_options.h"
#include "native/observe/span.h"
#include "orthink/base/instant.h"

namespace orthink::observe {

// The resource everything comes from: name, version, instance, and what the environment adds. A key that is given twice counts once, the
// environment's last.
std::vector<Attribute> resource_of(const OtelOptions& options, std::string_view instance);

std::string traces_json(const std::vector<Attribute>& resource, std::span<const Span> spans);

// Cumulative since `began`. Labels without a value are left out.
std::string metrics_json(const std::vector<Attribute>& resource, const std::vector<Metric>& metrics, Instant began, Instant now);

// What the collector says it did not take (partialSuccess of the response's body); 0 where it says nothing.
uint64_t rejected_of(std::string_view response_body);

}  // namespace orthink::observe
