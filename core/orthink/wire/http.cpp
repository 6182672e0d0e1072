#include "orthink/wire/http.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace orthink::http {
namespace {

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<uint64_t> digits(std::string_view text) {
  uint64_t value = 0;
  auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant's days_from_civil).
int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return fold(x) == fold(y); });
}

std::string_view Head::find(std::string_view name) const {
  for (const Header& header : headers)
    if (same_name(header.name, name)) return header.value;
  return {};
}

std::optional<Instant> parse_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  size_t month = kMonths.find(text.substr(8, 3));
  auto day = digits(text.substr(5, 2));
  auto year = digits(text.substr(12, 4));
  auto hour = digits(text.substr(17, 2));
  auto minute = digits(text.substr(20, 2));
  auto second = digits(text.substr(23, 2));
  if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*day < 1 || *day > 31 || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  int64_t days = days_from_civil(static_cast<int64_t>(*year), static_cast<int64_t>(month / 3 + 1), static_cast<int64_t>(*day));
  auto seconds = static_cast<int64_t>(*hour * 3600 + *minute * 60 + *second);
  return Instant::zero() + Duration::seconds(days * 86400 + seconds);
}

}  // namespace orthink::http
