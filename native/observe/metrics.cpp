#include "native/observe/metrics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "native/observe/redact.h"

namespace orthink::observe {
namespace {

constexpr char kBetween = '\x1f';  // no value has it: values are plain, or constants

bool is_plain(std::string_view text) {
  constexpr std::string_view kMarks = " -_.:/~@+,;%'()";
  return !text.empty() && text.size() <= kLabelBytesMax && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

std::unique_ptr<Counter> new_cell(const MetricRow&, Counter*) {
  return std::make_unique<Counter>();
}
std::unique_ptr<Gauge> new_cell(const MetricRow&, Gauge*) {
  return std::make_unique<Gauge>();
}
std::unique_ptr<Histogram> new_cell(const MetricRow& row, Histogram*) {
  return std::make_unique<Histogram>(row.bounds);
}

Metric::Series state_of(const Counter& cell) {
  return {{}, static_cast<int64_t>(std::min<uint64_t>(cell.value(), INT64_MAX))};
}
Metric::Series state_of(const Gauge& cell) {
  return {{}, cell.value()};
}
Metric::Series state_of(const Histogram& cell) {
  return {{}, 0, cell.buckets(), cell.sum()};
}

template <class Cell>
Metric collected(const Family<Cell>& family, Metric::Type type) {
  Metric metric{&family.row(), type, {}};
  family.each([&](const typename Family<Cell>::Entry& entry) {
    metric.series.push_back(state_of(*entry.cell));
    metric.series.back().values = entry.values;
  });
  std::sort(metric.series.begin(), metric.series.end(), [](const auto& a, const auto& b) { return a.values < b.values; });
  return metric;
}

}  // namespace

Histogram::Histogram(std::span<const uint64_t> bounds) : bounds_(bounds), buckets_(bounds.size() + 1) {}

void Histogram::observe(uint64_t value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  buckets_[static_cast<size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::buckets() const {
  std::vector<uint64_t> seen(buckets_.size());
  for (size_t i = 0; i < seen.size(); ++i) seen[i] = buckets_[i].load(std::memory_order_relaxed);
  return seen;
}

std::string_view Vocabulary::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = names_.find(name);
  return found == names_.end() ? std::string_view{} : std::string_view(*found);
}

std::string_view Vocabulary::admit(std::string_view name) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = names_.find(name); found != names_.end()) return *found;
    if (names_.size() >= names_max_) return kOther;
  }
  if (!is_plain(name) || redacted(name) != name) return kOther;
  const std::lock_guard lock(mutex_);
  if (names_.size() >= names_max_) return kOther;
  return *names_.emplace(name).first;
}

template <class Cell>
Cell& Family<Cell>::find(std::span<const std::string_view> values) {
  assert(values.size() == row_.labels.size());
  std::array<char, kLabelsMax*(kLabelBytesMax + 1)> joined;
  size_t used = 0;
  for (const std::string_view given : values) {
    const std::string_view value = given.size() > kLabelBytesMax ? kOther : given;
    used += value.copy(joined.data() + used, value.size());
    joined[used++] = kBetween;
  }
  const std::string_view key(joined.data(), used);
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = series_.find(key); found != series_.end()) return *found->second.cell;
  }
  const std::lock_guard lock(mutex_);
  std::string name(key);
  std::vector<std::string> names(values.begin(), values.end());
  for (std::string& value : names)
    if (value.size() > kLabelBytesMax) value = kOther;
  if (series_.size() >= kSeriesMax && series_.find(key) == series_.end()) {
    names.assign(values.size(), std::string(kOther));
    name.clear();
  }
  Entry& entry = series_[name];
  if (!entry.cell) entry = {std::move(names), new_cell(row_, static_cast<Cell*>(nullptr))};
  return *entry.cell;
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

CounterFamily& Registry::counters(const MetricRow& row) {
  const std::lock_guard lock(mutex_);
  return *slots_.emplace_back(Slot{std::make_unique<CounterFamily>(row), nullptr, nullptr}).counters;
}

GaugeFamily& Registry::gauges(const MetricRow& row) {
  const std::lock_guard lock(mutex_);
  return *slots_.emplace_back(Slot{nullptr, std::make_unique<GaugeFamily>(row), nullptr}).gauges;
}

HistogramFamily& Registry::histograms(const MetricRow& row) {
  const std::lock_guard lock(mutex_);
  return *slots_.emplace_back(Slot{nullptr, nullptr, std::make_unique<HistogramFamily>(row)}).histograms;
}

std::vector<Metric> Registry::collect() const {
  const std::lock_guard lock(mutex_);
  std::vector<Metric> metrics;
  for (const Slot& slot : slots_) {
    if (slot.counters) metrics.push_back(collected(*slot.counters, Metric::Type::counter));
    if (slot.gauges) metrics.push_back(collected(*slot.gauges, Metric::Type::gauge));
    if (slot.histograms) metrics.push_back(collected(*slot.histograms, Metric::Type::histogram));
  }
  return metrics;
}

std::string decimal_text(int64_t value, uint32_t decimals) {
  const bool is_negative = value < 0;
  // The magnitude of INT64_MIN is no int64.
  const uint64_t magnitude = is_negative ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string digits = std::to_string(magnitude);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  std::string text = (is_negative ? "-" : "") + digits.substr(0, digits.size() - decimals);
  std::string rest = digits.substr(digits.size() - decimals);
  while (!rest.empty() && rest.back() == '0') rest.pop_back();
  if (!rest.empty()) text += "." + rest;
  return text;
}

}  // namespace orthink::observe
