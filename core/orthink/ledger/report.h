// Report: what a book of rows cost, by model, user, day or tenant.
//
//   Report report({.since = since, .until = until, .by = ReportBy::user, .now = now});
//   for each row of the store: report.add(record, state);
//   report.json(); report.csv(); report.text(80);
//
// All rows of one call are one call; it belongs to the time of its earliest row, since <= that < until. Its cost is the sum of its
// settled rows. While a row of it is open or unknown, its cost as a whole is unknown: what is settled counts as spent, the bounds of
// the other rows count as held, and the average leaves the call out. Costs and token counts are sums of what is known, with the number of
// calls whose cost is unknown beside them; null when calls are there and nothing is known. The trend covers the last 30 days of what is
// asked for, up to `now` at the latest; a day without calls cost "0".
// Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/ledger/ink.h"
#include "orthink/ledger/record.h"

namespace orthink {

enum class ReportBy : uint8_t { model, user, day, tenant };
std::string_view name(ReportBy by);
std::optional<ReportBy> report_by(std::string_view name);

struct ReportOptions {
  std::optional<Instant> since;   // absent: from the first call
  std::optional<Instant> until;   // absent: to the last
  ReportBy by = ReportBy::model;
  Instant now;
};

class Report {
 public:
  static constexpr int64_t kTrendDays = 30;
  static constexpr size_t kTopModels = 10;

  explicit Report(ReportOptions options) : options_(options) {}
  void add(const HoldRecord& record, HoldState state);  // HoldState::none is no row

  // The `report` document of the contract; rows have `unknown` (calls) and `held_usd` too, days of the trend `unknown`. Rows: dearest
  // first, days in their order. A call without the key is under null.
  [[nodiscard]] std::string json() const;
  // The rows as RFC 4180, lines ended by CR LF; unknown is an empty cell. A key that a spreadsheet would take for a formula gets an
  // apostrophe in front.
  [[nodiscard]] std::string csv() const;
  // For people: lines ended by LF; keys lose their middle and the bar of thinking against answer tokens is cut to `width` columns
  // (at least 60), amounts never are. Calls that are not exact count as estimated. `is_ascii`: no block characters. Nothing in it
  // steers a terminal.
  [[nodiscard]] std::string text(size_t width, bool is_ascii = false, const Paint& paint = {}) const;

 private:
  enum class Coverage : uint8_t { exact, computed, bound, unknown };
  struct Call {
    Instant created = Instant::never();
    uint32_t last_row = 0;
    std::string model, user, tenant;
    int64_t cost = 0;
    int64_t held = 0;
    Coverage coverage = Coverage::exact;
    std::optional<uint64_t> prompt, thinking, visible;
  };
  struct Days {
    int64_t first = 0;
    int64_t last = 0;
  };
  struct Sum {
    std::string key;
    uint64_t calls = 0;
    uint64_t known_calls = 0;
    int64_t cost = 0;
    int64_t known_cost = 0;
    int64_t held = 0;
    std::optional<uint64_t> prompt, thinking, visible;
    uint64_t covered[4] = {0, 0, 0, 0};

    void add(const Call& call);
    [[nodiscard]] uint64_t unknown_calls() const { return covered[static_cast<size_t>(Coverage::unknown)]; }
    [[nodiscard]] bool is_known() const { return unknown_calls() < calls || calls == 0 || cost > 0; }  // any of the cost
    [[nodiscard]] std::optional<int64_t> average() const;
  };
  [[nodiscard]] bool is_within(const Call& call) const;
  [[nodiscard]] std::string key_of(const Call& call, ReportBy by) const;
  [[nodiscard]] Sum totals() const;
  [[nodiscard]] std::vector<Sum> sums(ReportBy by) const;
  [[nodiscard]] Days trend_days() const;
  [[nodiscard]] std::vector<Sum> trend() const;
  [[nodiscard]] std::string trend_line(bool is_ascii, const Paint& paint) const;
  [[nodiscard]] std::string table(size_t width, const Paint& paint) const;

  ReportOptions options_;
  std::map<std::string, Call> calls_;
};

}  // namespace orthink
