#include "native/money/when.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "orthink/chat/plain_text.h"

namespace orthink {
namespace {

std::optional<int> digits(std::string_view text, size_t size) {
  int value = 0;
  auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != size || text[0] == '-' || ec != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// "2026-11-01"; "2026-11" is its first day.
std::optional<Instant> day_of(std::string_view text) {
  if (text.size() == 7) return day_of(std::string(text) + "-01");
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  std::optional<int> year = digits(text.substr(0, 4), 4);
  std::optional<int> month = digits(text.substr(5, 2), 2);
  std::optional<int> day = digits(text.substr(8, 2), 2);
  if (!year || !month || !day) return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Instant::zero() + Duration::seconds(std::chrono::sys_days(date).time_since_epoch().count() * int64_t{86'400});
}

// "2026-11-01T12:00:00Z".
std::optional<Instant> moment_of(std::string_view text) {
  if (text.size() != 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z') return std::nullopt;
  std::optional<Instant> day = day_of(text.substr(0, 10));
  std::optional<int> hour = digits(text.substr(11, 2), 2);
  std::optional<int> minute = digits(text.substr(14, 2), 2);
  std::optional<int> second = digits(text.substr(17, 2), 2);
  if (!day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return *day + Duration::seconds(*hour * 3600 + *minute * 60 + *second);
}

// "30d": so long before now.
std::optional<Instant> age_of(std::string_view text, Instant now) {
  constexpr int kAgeMax = 100'000;
  if (text.size() < 2) return std::nullopt;
  int64_t hours = text.back() == 'h' ? 1 : text.back() == 'd' ? 24 : text.back() == 'w' ? 7 * 24 : 0;
  std::optional<int> count = digits(text.substr(0, text.size() - 1), text.size() - 1);
  if (hours == 0 || !count || *count > kAgeMax) return std::nullopt;
  Duration age = Duration::seconds(*count * hours * 3600);
  return now.us < age.us ? Instant::zero() : Instant{now.us - age.us};
}

}  // namespace

Result<Instant> when_of(std::string_view typed, Instant now) {
  for (const std::optional<Instant>& when : {age_of(typed, now), day_of(typed), moment_of(typed)})
    if (when) return *when;
  return make_error(Errc::invalid_argument, "\"" + plain_text(typed, 60) + "\" is no time",
                    "Write an age (30d, 12h, 2w), a day (2026-11-01), a month (2026-11) or a moment (2026-11-01T12:00:00Z).");
}

}  // namespace orthink
