#include "native/connection_probe.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "native/system.h"
#include "orthink/base/limits.h"
#include "orthink/chat/upstream_error.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

std::optional<int64_t> number_at(std::string_view text, size_t begin, size_t size) {
  int64_t value = 0;
  if (text.size() < begin + size) return std::nullopt;
  const char* end = text.data() + begin + size;
  const auto [stop, error] = std::from_chars(text.data() + begin, end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

// Days from 1970-01-01 in the proleptic Gregorian calendar, years counted from March.
int64_t days_from(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = year / 400;
  const int64_t of_era = year % 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7), the one form that servers send.
std::optional<Instant> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  const auto day = number_at(text, 5, 2);
  const auto year = number_at(text, 12, 4);
  const auto hour = number_at(text, 17, 2);
  const auto minute = number_at(text, 20, 2);
  const auto second = number_at(text, 23, 2);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second || *year < 1970) return std::nullopt;
  const int64_t seconds = days_from(*year, month - kMonths.begin() + 1, *day) * 86'400 + *hour * 3600 + *minute * 60 + *second;
  return Instant{seconds * 1'000'000};
}

std::optional<Money> money_of(const json::Value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const Result<Money> money = Money::parse(value->text(), Money::Rounding::half_even);
  return money ? std::optional(*money) : std::nullopt;
}

}  // namespace

Result<ConnectionProbe> probe_connection(HttpClient& client, Instant until, int stop_fd) {
  const Instant begun = now();
  const Result<HttpResponse> response = get(client, "/key", until, limits::kErrorBytesMax, stop_fd);
  if (!response) return response.error();
  ConnectionProbe probe;
  probe.took = now() - begun;
  if (const auto date = http_date(response->head.find("date"))) {
    const Duration ahead = wall_now() - *date;
    probe.clock_ahead = Duration::seconds(ahead.us / 1'000'000);
  }
  if (response->head.status != 200) return error_from_response(response->head, response->body, wall_now());
  const Result<json::Value> document = json::parse(response->body);
  const json::Value* data = document && document->is_object() ? document->find("data") : nullptr;
  if (data == nullptr || !data->is_object())
    return make_error(Errc::malformed_response, "GET /key answered something else than a key's data");
  if (const json::Value* label = data->find("label"); label != nullptr && label->is_string()) probe.label = label->text();
  if (const json::Value* free = data->find("is_free_tier"); free != nullptr && free->is_boolean()) probe.is_free_tier = free->as_bool();
  probe.usage = money_of(data->find("usage"));
  probe.limit_remaining = money_of(data->find("limit_remaining"));
  return probe;
}

}  // namespace orthink
