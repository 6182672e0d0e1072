#include "native/observe/otlp.h"

#include <algorithm>
#include <charconv>

#include "orthink/base/version.h"
#include "orthink/wire/json.h"

namespace orthink::observe {
namespace {

constexpr int64_t kCumulative = 2;    // AggregationTemporality
constexpr int64_t kStatusError = 2;   // Status.StatusCode
constexpr uint64_t kSampledFlag = 1;  // of a span's flags, as in a traceparent

std::string nanos(Instant when) {
  return std::to_string(when.us) + "000";
}

struct ValueWriter {
  json::Writer& w;
  void operator()(const std::string& text) const { w.key("stringValue").string(text); }
  void operator()(int64_t number) const { w.key("intValue").string(std::to_string(number)); }
  void operator()(bool truth) const { w.key("boolValue").boolean(truth); }
  void operator()(const DecimalText& decimal) const { w.key("doubleValue").raw(decimal.text); }
  void operator()(const std::vector<std::string>& texts) const {
    w.key("arrayValue").object().key("values").array();
    for (const std::string& text : texts) w.object().key("stringValue").string(text).end();
    w.end().end();
  }
};

void write_attributes(json::Writer& w, const std::vector<Attribute>& attributes) {
  w.key("attributes").array();
  for (const Attribute& attribute : attributes) {
    w.object().key("key").string(attribute.key).key("value").object();
    std::visit(ValueWriter{w}, attribute.value);
    w.end().end();
  }
  w.end();
}

// Leaves the writer inside the list of `items`; five ends close it.
void open_document(json::Writer& w, const char* all, const char* scoped, const char* items, const std::vector<Attribute>& resource) {
  w.object().key(all).array().object().key("resource").object();
  write_attributes(w, resource);
  w.end().key(scoped).array().object();
  w.key("scope").object().key("name").string("orthink").key("version").string(version()).end();
  w.key(items).array();
}

std::string close_document(json::Writer& w) {
  w.end().end().end().end().end().end();
  return w.take();
}

void write_span(json::Writer& w, const Span& span) {
  w.object().key("traceId").string(trace_id_hex(span.place)).key("spanId").string(span_id_hex(span.place.span));
  if (!span.place.state.empty()) w.key("traceState").string(span.place.state);
  if (span.place.parent_span != 0) w.key("parentSpanId").string(span_id_hex(span.place.parent_span));
  w.key("flags").number(kSampledFlag);
  w.key("name").string(span.name).key("kind").number(static_cast<int64_t>(span.kind));
  w.key("startTimeUnixNano").string(nanos(span.began)).key("endTimeUnixNano").string(nanos(span.ended));
  write_attributes(w, span.attributes);
  w.key("status").object();
  if (span.is_error) w.key("code").number(kStatusError);
  w.end().end();
}

void write_histogram(json::Writer& w, const MetricRow& row, const Metric::Series& series) {
  uint64_t count = 0;
  for (const uint64_t bucket : series.buckets) count += bucket;
  w.key("count").string(std::to_string(count));
  w.key("sum").raw(decimal_text(static_cast<int64_t>(std::min<uint64_t>(series.sum, INT64_MAX)), row.decimals));
  w.key("bucketCounts").array();
  for (const uint64_t bucket : series.buckets) w.string(std::to_string(bucket));
  w.end().key("explicitBounds").array();
  for (const uint64_t bound : row.bounds) w.raw(decimal_text(static_cast<int64_t>(bound), row.decimals));
  w.end();
}

void write_point(json::Writer& w, const Metric& metric, const Metric::Series& series, Instant began, Instant now) {
  std::vector<Attribute> labels;
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (!series.values[i].empty()) labels.push_back({std::string(metric.row->labels[i]), series.values[i]});
  }
  w.object();
  write_attributes(w, labels);
  if (metric.type != Metric::Type::gauge) w.key("startTimeUnixNano").string(nanos(began));
  w.key("timeUnixNano").string(nanos(now));
  if (metric.type == Metric::Type::histogram) {
    write_histogram(w, *metric.row, series);
  } else if (metric.row->decimals == 0) {
    w.key("asInt").string(std::to_string(series.value));
  } else {
    w.key("asDouble").raw(decimal_text(series.value, metric.row->decimals));
  }
  w.end();
}

const char* data_name(Metric::Type type) {
  switch (type) {
    case Metric::Type::counter:
      return "sum";
    case Metric::Type::gauge:
      return "gauge";
    case Metric::Type::histogram:
      break;
  }
  return "histogram";
}

void write_metric(json::Writer& w, const Metric& metric, Instant began, Instant now) {
  const MetricRow& row = *metric.row;
  w.object().key("name").string(row.name).key("description").string(row.what).key("unit").string(row.unit);
  w.key(data_name(metric.type)).object();
  if (metric.type != Metric::Type::gauge) w.key("aggregationTemporality").number(kCumulative);
  if (metric.type == Metric::Type::counter) w.key("isMonotonic").boolean(true);
  w.key("dataPoints").array();
  for (const Metric::Series& series : metric.series) write_point(w, metric, series, began, now);
  w.end().end().end();
}

}  // namespace

std::vector<Attribute> resource_of(const OtelOptions& options, std::string_view instance) {
  std::vector<Attribute> resource{{"service.name", options.service_name},
                                  {"service.version", std::string(version())},
                                  {"service.instance.id", std::string(instance)},
                                  {"telemetry.sdk.name", std::string("orthink")},
                                  {"telemetry.sdk.language", std::string("cpp")},
                                  {"telemetry.sdk.version", std::string(version())}};
  for (const auto& [key, value] : options.resource) {
    const auto known = std::find_if(resource.begin(), resource.end(), [&](const Attribute& a) { return a.key == key; });
    if (known == resource.end()) {
      resource.push_back({key, value});
    } else {
      known->value = value;
    }
  }
  return resource;
}

std::string traces_json(const std::vector<Attribute>& resource, std::span<const Span> spans) {
  json::Writer w;
  open_document(w, "resourceSpans", "scopeSpans", "spans", resource);
  for (const Span& span : spans) write_span(w, span);
  return close_document(w);
}

std::string metrics_json(const std::vector<Attribute>& resource, const std::vector<Metric>& metrics, Instant began, Instant now) {
  json::Writer w;
  open_document(w, "resourceMetrics", "scopeMetrics", "metrics", resource);
  for (const Metric& metric : metrics)
    if (!metric.series.empty()) write_metric(w, metric, began, now);
  return close_document(w);
}

uint64_t rejected_of(std::string_view response_body) {
  const Result<json::Value> response = json::parse(response_body);
  const json::Value* partial = response && response->is_object() ? response->find("partialSuccess") : nullptr;
  if (partial == nullptr || !partial->is_object()) return 0;
  for (const char* key : {"rejectedSpans", "rejectedDataPoints"}) {
    const json::Value* count = partial->find(key);
    uint64_t value = 0;
    if (count != nullptr && (count->is_string() || count->is_number())) {
      const std::string& digits = count->text();
      if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc{}) return value;
    }
  }
  return 0;
}

}  // namespace orthink::observe
