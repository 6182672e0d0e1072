// IMF-fixdate = day-name "," SP 2DIGIT SP month SP 4DIGIT SP 2DIGIT ":" 2DIGIT ":" 2DIGIT SP "GMT"
#include "native/serve/date.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "native/system.h"

namespace orthink::serve {
namespace {

constexpr int64_t kSecondsOfDay = 86'400;
constexpr std::array<std::string_view, 7> kDays{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970-01-01 was a Thursday
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Day {
  int64_t year;
  int64_t month;  // 1 to 12
  int64_t day;
};

// Days since 1970-01-01 to a date, counting years from March so that the leap day is the last of its year.
Day civil(int64_t days) {
  const int64_t since_march = days + 719'468;
  const int64_t era = since_march / 146'097;
  const int64_t of_era = since_march % 146'097;
  const int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * of_year + 2) / 153;
  const int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, of_year - (153 * march_month + 2) / 5 + 1};
}

void append_two(std::string& out, int64_t value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

}  // namespace

std::string http_date(Instant at) {
  const int64_t seconds = at.us / 1'000'000;
  const int64_t days = seconds / kSecondsOfDay, of_day = seconds % kSecondsOfDay;
  const Day day = civil(days);
  std::string out(kDays[static_cast<size_t>(days % 7)]);
  out += ", ";
  append_two(out, day.day);
  out.append(" ").append(kMonths[static_cast<size_t>(day.month - 1)]).append(" ");
  append_two(out, day.year / 100);
  append_two(out, day.year % 100);
  out += ' ';
  append_two(out, of_day / 3'600);
  out += ':';
  append_two(out, of_day / 60 % 60);
  out += ':';
  append_two(out, of_day % 60);
  return out += " GMT";
}

const std::string& http_date_now() {
  thread_local int64_t second = -1;
  thread_local std::string text;
  const Instant at = now();
  if (at.us / 1'000'000 != second) {
    second = at.us / 1'000'000;
    text = http_date(at);
  }
  return text;
}

}  // namespace orthink::serve
