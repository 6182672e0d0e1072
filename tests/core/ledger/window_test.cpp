#include "orthink/ledger/window.h"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

using namespace orthink;

TEST_CASE("windows agree with the calendar of the standard library over 400 years") {
  using namespace std::chrono;
  const sys_days first = year{1800} / 1 / 1;
  const sys_days last = year{2200} / 1 / 1;
  int64_t month_before = INT64_MIN;
  for (sys_days day = first; day < last; day += days{1}) {
    const int64_t number = day.time_since_epoch().count();
    const year_month_day date(day);
    const Instant noon{window::day_begin(number).us + 12 * 3600 * int64_t{1'000'000}};
    const int64_t month = (static_cast<int>(date.year()) - 1970) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    const bool agrees = window::day_of(noon) == number && window::month_of(noon) == month && month >= month_before &&
                        window::month_begin(month) <= noon && window::month_begin(month + 1) > noon;
    if (!agrees) FAIL("day " << number);
    if (static_cast<unsigned>(date.day()) == 1 && window::month_begin(month) != window::day_begin(number)) FAIL("month " << month);
    month_before = month;
  }
}

TEST_CASE("a window begins at its first microsecond and ends before the next") {
  const int64_t day = window::day_of(Instant::from_ms(1'795'478'400'000));
  CHECK(window::day_text(day) == "2026-11-24");
  CHECK(window::day_of(Instant{window::day_begin(day).us - 1}) == day - 1);
  CHECK(window::day_of(Instant{window::day_begin(day + 1).us - 1}) == day);
  CHECK(window::month_of(Instant{window::month_begin(683).us - 1}) == 682);
}

TEST_CASE("windows and instants have texts") {
  CHECK(window::iso_text(Instant{1'795'530'896'999'999}) == "2026-11-24T14:34:56Z");
  CHECK(window::iso_text(Instant{0}) == "1970-01-01T00:00:00Z");
  CHECK(window::iso_text(Instant{-1}) == "1969-12-31T23:59:59Z");
  CHECK(window::month_text(682) == "2026-11");
  CHECK(window::month_text(-1) == "1969-12");
  CHECK(window::day_text(window::day_of(window::month_begin(12 * 30 + 1)) - 0) == "2000-02-01");
}
