#include "native/observe/metrics.h"

#include <array>
#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "native/observe/prometheus.h"
#include "tests/native/observe/exposition.h"

namespace orthink::observe {
namespace {

constexpr std::array<std::string_view, 2> kLabels{"kind", "gen_ai.model"};
constexpr std::array<uint64_t, 3> kBounds{10, 1'000, 2'000'000};
constexpr MetricRow kTokens{"t.tokens", "t_tokens_total", "{token}", 0, "Tokens \\ of\nall kinds.", kLabels};
constexpr MetricRow kDollars{"t.spent", "t_spent_usd_total", "USD", 9, "Dollars."};
constexpr MetricRow kHeld{"t.held", "t_held_usd", "USD", 9, "Dollars held."};
constexpr MetricRow kTime{"t.time", "t_time_seconds", "s", 6, "Time.", {}, kBounds};

TEST_CASE("integers become decimal text without a floating point") {
  CHECK(decimal_text(0, 9) == "0");
  CHECK(decimal_text(1, 9) == "0.000000001");
  CHECK(decimal_text(1'500'000'000, 9) == "1.5");
  CHECK(decimal_text(-25, 1) == "-2.5");
  CHECK(decimal_text(1000, 3) == "1");
  CHECK(decimal_text(42, 0) == "42");
  CHECK(decimal_text(INT64_MIN, 0) == "-9223372036854775808");
  CHECK(decimal_text(INT64_MAX, 9) == "9223372036.854775807");
}

TEST_CASE("a page of all three types reads back as it was counted") {
  Registry registry;
  registry.counters(kTokens).with({"a\"b\\c\nd", "m"}).add(3);
  registry.counters(kDollars).only().add(720'000);
  registry.gauges(kHeld).only().set(-1);
  Histogram& times = registry.histograms(kTime).only();
  for (const uint64_t t : {10, 11, 1'000, 1'001, 3'000'000}) times.observe(t);

  const test::Exposition page = test::read_exposition(prometheus_text(registry.collect()));
  CHECK(page.faults.empty());
  CHECK(page.value("t_tokens_total", {{"kind", "a\"b\\c\nd"}, {"gen_ai_model", "m"}}) == "3");
  CHECK(page.value("t_spent_usd_total") == "0.00072");
  CHECK(page.value("t_held_usd") == "-0.000000001");
  CHECK(page.value("t_time_seconds_bucket", {{"le", "0.00001"}}) == "1");
  CHECK(page.value("t_time_seconds_bucket", {{"le", "0.001"}}) == "3");
  CHECK(page.value("t_time_seconds_bucket", {{"le", "2"}}) == "4");
  CHECK(page.value("t_time_seconds_bucket", {{"le", "+Inf"}}) == "5");
  CHECK(page.value("t_time_seconds_sum") == "3.002022");
  CHECK(page.value("t_time_seconds_count") == "5");
  CHECK(page.helps.at("t_tokens_total") == "Tokens \\\\ of\\nall kinds.");
}

TEST_CASE("a family without a series is left out, a label keeps its order") {
  Registry registry;
  registry.counters(kTokens);
  CHECK(prometheus_text(registry.collect()).empty());
  Registry filled;
  CounterFamily& family = filled.counters(kTokens);
  family.with({"b", "1"}).add();
  family.with({"a", "2"}).add();
  const std::string page = prometheus_text(filled.collect());
  CHECK(page.find("{kind=\"a\"") < page.find("{kind=\"b\""));
}

TEST_CASE("a vocabulary admits plain names up to its number; the rest is other") {
  Vocabulary names(3);
  CHECK(names.find("OpenAI").empty());
  CHECK(names.admit("OpenAI") == "OpenAI");
  CHECK(names.find("OpenAI") == "OpenAI");
  CHECK(names.admit("line\nbreak") == kOther);
  CHECK(names.admit("quote\"") == kOther);
  CHECK(names.admit("") == kOther);
  CHECK(names.admit("sk-or-v1-0123456789") == kOther);
  CHECK(names.admit(std::string(kLabelBytesMax + 1, 'a')) == kOther);
  CHECK(names.admit(std::string(kLabelBytesMax, 'a')).size() == kLabelBytesMax);
  CHECK(names.admit("vendor/model:free") == "vendor/model:free");
  CHECK(names.admit("one-too-many") == kOther);
  CHECK(names.admit("OpenAI") == "OpenAI");
}

TEST_CASE("a family grows to its most and counts on under other") {
  Registry registry;
  CounterFamily& family = registry.counters(kTokens);
  constexpr uint64_t kAsked = kSeriesMax + 500;
  for (uint64_t i = 0; i < kAsked; ++i) family.with({"k", std::to_string(i)}).add();
  size_t series = 0;
  uint64_t total = 0;
  family.each([&](const CounterFamily::Entry& entry) {
    ++series;
    total += entry.cell->value();
  });
  CHECK(series == kSeriesMax + 1);
  CHECK(total == kAsked);
  CHECK(family.with({"k", "one more"}).value() == 500);
  family.with({std::string(500, 'x'), "m"}).add();
  CHECK(test::read_exposition(prometheus_text(registry.collect())).faults.empty());
}

TEST_CASE("nothing is lost when threads count into the same and into new series") {
  Registry registry;
  CounterFamily& family = registry.counters(kTokens);
  Histogram& times = registry.histograms(kTime).only();
  constexpr int kThreads = 8;
  constexpr uint64_t kRounds = 20'000;
  std::atomic<size_t> faults = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kRounds; ++i) {
        family.with({"shared", std::to_string(i % 50)}).add();
        family.with({"own", std::to_string(t)}).add(2);
        times.observe(i);
        if (i % 5'000 == 0) faults += test::read_exposition(prometheus_text(registry.collect())).faults.size();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(faults == 0);
  uint64_t shared = 0;
  uint64_t own = 0;
  family.each([&](const CounterFamily::Entry& entry) { (entry.values[0] == "own" ? own : shared) += entry.cell->value(); });
  CHECK(shared == kThreads * kRounds);
  CHECK(own == 2 * kThreads * kRounds);
  CHECK(times.sum() == kThreads * (kRounds * (kRounds - 1) / 2));
}

TEST_CASE("what counting costs", "[.benchmark]") {
  Registry registry;
  CounterFamily& family = registry.counters(kTokens);
  Counter& kept = family.with({"thinking", "openai/gpt-5-mini"});
  Histogram& times = registry.histograms(kTime).only();
  Vocabulary names(8);
  BENCHMARK("counter that is kept") { return kept.add(); };
  BENCHMARK("counter found by its labels") { return family.with({"thinking", "openai/gpt-5-mini"}).add(); };
  BENCHMARK("histogram") { return times.observe(500); };
  BENCHMARK("name of a vocabulary") { return names.admit("OpenAI"); };
}

}  // namespace
}  // namespace orthink::observe
