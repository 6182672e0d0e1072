// The metrics as a page that Prometheus reads (text exposition format 0.0.4).
//
//   # HELP orthink_calls_total Paid calls that have ended.
//   # TYPE orthink_calls_total counter
//   orthink_calls_total{outcome="answered"} 12
//
// A histogram's line per bound counts everything up to it ("le"); its _count is the sum of the buckets that were read, so that the two
// agree. Families without a series are left out.
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native/observe/metrics.h"

namespace orthink::observe {

constexpr std::string_view kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

std::string prometheus_text(const std::vector<Metric>& metrics);

}  // namespace orthink::observe
