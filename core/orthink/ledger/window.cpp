#include "orthink/ledger/window.h"


namespace orthink::window {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;

struct Date {
  int64_t year = 1970;
  uint32_t month = 1;
  uint32_t day = 1;
};

int64_t floor_div(int64_t a, int64_t b) {
  const int64_t q = a / b;
  return q - (a % b < 0 ? 1 : 0);
}

// Days from 1970-01-01 to a proleptic Gregorian date and back, by eras of 400 years that begin on 1 March of year 0.
constexpr int64_t kEraDays = 146'097;
constexpr int64_t kDaysToEpoch = 719'468;

Date date_of(int64_t day) {
  const int64_t shifted = day + kDaysToEpoch;
  const int64_t era = floor_div(shifted, kEraDays);
  const int64_t in_era = shifted - era * kEraDays;
  const int64_t year = (in_era - in_era / 1460 + in_era / 36'524 - in_era / (kEraDays - 1)) / 365;
  const int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * in_year + 2) / 153;  // from March
  Date date;
  date.day = static_cast<uint32_t>(in_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<uint32_t>(month < 10 ? month + 3 : month - 9);
  date.year = year + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

int64_t days_of(int64_t year, uint32_t month) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = floor_div(y, 400);
  const int64_t in_era = y - era * 400;
  const int64_t in_year = (153 * (month > 2 ? int64_t{month} - 3 : int64_t{month} + 9) + 2) / 5;
  return era * kEraDays + in_era * 365 + in_era / 4 - in_era / 100 + in_year - kDaysToEpoch;
}

// At least `width` digits, zeros in front. REQUIRES: number >= 0.
std::string padded(int64_t number, size_t width) {
  std::string digits = std::to_string(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

int64_t day_of(Instant when) { return floor_div(when.us, kDayUs); }

int64_t month_of(Instant when) {
  const Date date = date_of(day_of(when));
  return (date.year - 1970) * 12 + date.month - 1;
}

Instant day_begin(int64_t day) { return {day * kDayUs}; }

Instant month_begin(int64_t month) {
  const int64_t year = floor_div(month, 12);
  return day_begin(days_of(1970 + year, static_cast<uint32_t>(month - year * 12) + 1));
}

std::string day_text(int64_t day) {
  const Date date = date_of(day);
  return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2);
}

std::string month_text(int64_t month) {
  const int64_t year = floor_div(month, 12);
  return padded(1970 + year, 4) + "-" + padded(month - year * 12 + 1, 2);
}

std::string iso_text(Instant when) {
  const int64_t day = day_of(when);
  const int64_t second = (when.us - day * kDayUs) / 1'000'000;
  return day_text(day) + "T" + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + "Z";
}

}  // namespace orthink::window
