// The standard OTEL_* variables (OpenTelemetry specification, "Environment Variable Specification" and "OTLP Exporter Configuration").
//
//   OtelOptions options = read_otel(environment);
//   options.traces.is_on(); options.traces.endpoint;      // "http://127.0.0.1:4318/v1/traces"
//   for (const std::string& warning : options.warnings) log(warning);
//
// A signal is exported when an endpoint is set for it, or its exporter is set to "otlp"; otherwise nothing leaves the machine (the
// specification's default would send to localhost unasked). A value that cannot be read is warned of and its default taken, as the
// specification has it. What is spoken is OTLP over HTTP as JSON, uncompressed.
// Thread rule: pure functions over the given environment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/config.h"
#include "orthink/base/instant.h"
#include "orthink/wire/http.h"

namespace orthink::observe {

struct OtelSignal {
  std::string endpoint;               // whole, of one signal; empty: not exported
  std::vector<http::Header> headers;  // may hold a credential: not to be printed
  Duration timeout = Duration::seconds(10);  // of one export, all its attempts together

  [[nodiscard]] bool is_on() const { return !endpoint.empty(); }
};

struct OtelOptions {
  OtelSignal traces;
  OtelSignal metrics;
  std::string service_name = "orthink";
  std::vector<std::pair<std::string, std::string>> resource;  // OTEL_RESOURCE_ATTRIBUTES, without service.name
  // OTEL_TRACES_SAMPLER: how a trace that begins here is decided, and whether an asker's decision is heeded.
  bool heeds_parent = true;
  uint64_t sampled_below = UINT64_MAX;  // of the trace id's lower half; UINT64_MAX: all, 0: none
  bool carries_trace_context = true;    // OTEL_PROPAGATORS names tracecontext
  // OTEL_BSP_*
  Duration schedule_delay = Duration::seconds(5);
  Duration batch_timeout = Duration::seconds(30);
  size_t queue_max = 2048;
  size_t batch_max = 512;
  // OTEL_METRIC_EXPORT_*
  Duration metric_interval = Duration::seconds(60);
  std::vector<std::string> warnings;  // sentences; they name variables and never quote headers

  [[nodiscard]] bool is_on() const { return traces.is_on() || metrics.is_on(); }
};

OtelOptions read_otel(const Environment& variables);

}  // namespace orthink::observe
