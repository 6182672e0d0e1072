// Metrics: counters, gauges and histograms that many threads write and one reads.
//
//   Registry registry;
//   CounterFamily& calls = registry.counters(kCallsRow);     // a MetricRow with the label "outcome"
//   Counter& answered = calls.with({"answered"});            // keep it: adding is one atomic addition
//   answered.add();
//   std::string page = prometheus_text(registry.collect());  // native/observe/prometheus.h
//
// Every value is an integer, counted in 10^-decimals of the metric's unit: dollars in nano-dollars, times in microseconds. They become
// decimal text when they are printed; no floating point is involved.
// Thread rule: any thread. Counter, Gauge, Histogram and families live as long as their registry.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace orthink::observe {

constexpr size_t kLabelsMax = 4;
constexpr size_t kLabelBytesMax = 96;     // of one value; a longer one is "other"
constexpr size_t kSeriesMax = 4096;       // of one family; what comes after is counted under "other"
constexpr std::string_view kOther = "other";

// What is said of a metric once. All of it lives for ever.
struct MetricRow {
  std::string_view name;     // OpenTelemetry's: "orthink.calls"
  std::string_view exposed;  // Prometheus's: "orthink_calls_total"
  std::string_view unit;     // UCUM: "{call}", "s", "USD", "By"
  uint32_t decimals = 0;     // values are counted in 10^-decimals of the unit
  std::string_view what;     // a sentence
  std::span<const std::string_view> labels{};   // OpenTelemetry's names; Prometheus has '_' for '.'
  std::span<const uint64_t> bounds{};           // of a histogram, rising; a value counts in the first bucket whose bound it does not exceed
};

class alignas(64) Counter {
 public:
  void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  // Of what someone else counts (the kernel).
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class alignas(64) Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

class Histogram {
 public:
  explicit Histogram(std::span<const uint64_t> bounds);
  void observe(uint64_t value);
  // One more than there are bounds; the last counts what exceeds them all.
  [[nodiscard]] std::vector<uint64_t> buckets() const;
  [[nodiscard]] uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::span<const uint64_t> bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;
  std::atomic<uint64_t> sum_{0};
};

// The values that a label from outside may take: at most `names_max`, plain (letters, digits, blanks and -_.:/~@+,;%'() in at most 96 bytes)
// and nothing that looks like a credential, else "other". So nobody outside can make metrics grow without end, or put a text of his own into them.
class Vocabulary {
 public:
  explicit Vocabulary(size_t names_max) : names_max_(names_max) {}
  // A name of the vocabulary, or kOther. Lives as long as the vocabulary.
  std::string_view admit(std::string_view name);
  // Likewise, but admits nothing: empty for a name that is not there yet.
  [[nodiscard]] std::string_view find(std::string_view name) const;

 private:
  const size_t names_max_;
  mutable std::shared_mutex mutex_;
  std::set<std::string, std::less<>> names_;
};

// One metric with its series, each named by the values of its labels.
template <class Cell>
class Family {
 public:
  explicit Family(const MetricRow& row) : row_(row) {}
  // As many values as the row has labels, in its order. Past kSeriesMax, every value is "other".
  Cell& with(std::initializer_list<std::string_view> values) { return find({values.begin(), values.size()}); }
  // The only series of a family without labels.
  Cell& only() { return find({}); }

  [[nodiscard]] const MetricRow& row() const { return row_; }
  struct Entry {
    std::vector<std::string> values;
    std::unique_ptr<Cell> cell;
  };
  // Calls `use(const Entry&)` for each series, in no order.
  template <class Use>
  void each(const Use& use) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [key, entry] : series_) use(entry);
  }

 private:
  Cell& find(std::span<const std::string_view> values);

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  const MetricRow& row_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> series_;
};
using CounterFamily = Family<Counter>;
using GaugeFamily = Family<Gauge>;
using HistogramFamily = Family<Histogram>;

// A metric as it stood when it was collected.
struct Metric {
  enum class Type : uint8_t { counter, gauge, histogram };
  struct Series {
    std::vector<std::string> values;  // of the row's labels
    int64_t value = 0;                // counter, gauge
    std::vector<uint64_t> buckets{};  // histogram: not cumulative, one more than there are bounds
    uint64_t sum = 0;                 // histogram
  };
  const MetricRow* row = nullptr;
  Type type = Type::counter;
  std::vector<Series> series;  // by their values
};

class Registry {
 public:
  // `row` outlives the registry; each is asked for once.
  CounterFamily& counters(const MetricRow& row);
  GaugeFamily& gauges(const MetricRow& row);
  HistogramFamily& histograms(const MetricRow& row);
  // In the order the families were made. Each value is exact; values are not from one instant.
  [[nodiscard]] std::vector<Metric> collect() const;

 private:
  struct Slot {
    std::unique_ptr<CounterFamily> counters;
    std::unique_ptr<GaugeFamily> gauges;
    std::unique_ptr<HistogramFamily> histograms;
  };
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
};

// `value` in 10^-decimals as decimal text: (1234, 3) is "1.234", (1000, 3) is "1".
std::string decimal_text(int64_t value, uint32_t decimals);

}  // namespace orthink::observe
