#include "native/observe/prometheus.h"

#include <algorithm>

namespace orthink::observe {
namespace {

std::string_view name(Metric::Type type) {
  switch (type) {
    case Metric::Type::counter:
      return "counter";
    case Metric::Type::gauge:
      return "gauge";
    case Metric::Type::histogram:
      break;
  }
  return "histogram";
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_label(std::string& out, std::string_view label, std::string_view value) {
  out += out.back() == '{' ? "" : ",";
  for (const char c : label) out += c == '.' ? '_' : c;
  out += "=\"";
  append_escaped(out, value, true);
  out += '"';
}

// `le` empty: no such label.
void append_line(std::string& out, const MetricRow& row, std::string_view suffix, const Metric::Series& series, std::string_view le,
                 std::string_view value) {
  out.append(row.exposed).append(suffix);
  if (!series.values.empty() || !le.empty()) {
    out += '{';
    for (size_t i = 0; i < series.values.size(); ++i) append_label(out, row.labels[i], series.values[i]);
    if (!le.empty()) append_label(out, "le", le);
    out += '}';
  }
  out.append(" ").append(value).append("\n");
}

void append_histogram(std::string& out, const MetricRow& row, const Metric::Series& series) {
  uint64_t count = 0;
  for (size_t i = 0; i < series.buckets.size(); ++i) {
    count += series.buckets[i];
    const bool is_last = i == row.bounds.size();
    const std::string le = is_last ? "+Inf" : decimal_text(static_cast<int64_t>(row.bounds[i]), row.decimals);
    append_line(out, row, "_bucket", series, le, std::to_string(count));
  }
  append_line(out, row, "_sum", series, "", decimal_text(static_cast<int64_t>(std::min<uint64_t>(series.sum, INT64_MAX)), row.decimals));
  append_line(out, row, "_count", series, "", std::to_string(count));
}

}  // namespace

std::string prometheus_text(const std::vector<Metric>& metrics) {
  std::string out;
  for (const Metric& metric : metrics) {
    const MetricRow& row = *metric.row;
    if (metric.series.empty()) continue;
    out.append("# HELP ").append(row.exposed).append(" ");
    append_escaped(out, row.what, false);
    out.append("\n# TYPE ").append(row.exposed).append(" ").append(name(metric.type)).append("\n");
    for (const Metric::Series& series : metric.series) {
      if (metric.type == Metric::Type::histogram) {
        append_histogram(out, row, series);
      } else {
        append_line(out, row, "", series, "", decimal_text(series.value, row.decimals));
      }
    }
  }
  return out;
}

}  // namespace orthink::observe
