// A decimal number text, as prices and costs come:
//
//   [0-9]+ [ '.' [0-9]+ ] [ ('e'|'E') ['+'|'-'] [0-9]+ ]
//
// is significant digits d1 d2 ... dn with the decimal point after digit `point`: "0.0000006" is digits "00000006",
// point 1; an exponent moves the point. Pico-dollars are the digits before point + 12; the rest is rounded.
#include "orthink/base/money.h"

#include <algorithm>

namespace orthink {
namespace {

constexpr int64_t kDecimals = 12;
constexpr int64_t kPicoPerNano = 1000;
// Longer texts are no amounts; the longest real price has 22 digits.
constexpr size_t kTextMax = 400;
constexpr int64_t kExponentMax = 1000;

__extension__ using Wide = unsigned __int128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Decimal {
  std::string digits;
  int64_t point = 0;
};

Error bad_amount(std::string_view text) {
  return make_error(Errc::invalid_argument, "not an amount of dollars: \"" + std::string(text.substr(0, 40)) + "\"",
                    "Write a decimal number such as 0.05, not negative and below 9,000,000.");
}

bool read_exponent(std::string_view text, int64_t& exponent) {
  bool is_negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  int64_t value = 0;
  for (char c : text) value = std::min(kExponentMax, value * 10 + (c - '0'));
  exponent = is_negative ? -value : value;
  return true;
}

bool read_decimal(std::string_view text, Decimal& decimal) {
  if (text.size() > kTextMax) return false;
  int64_t exponent = 0;
  size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    if (!read_exponent(text.substr(e + 1), exponent)) return false;
    text = text.substr(0, e);
  }
  size_t dot = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, dot);
  std::string_view fraction = dot < text.size() ? text.substr(dot + 1) : std::string_view();
  if (whole.empty() || (dot < text.size() && fraction.empty())) return false;
  decimal.digits = whole;
  decimal.digits += fraction;
  decimal.point = static_cast<int64_t>(whole.size()) + exponent;
  return std::all_of(decimal.digits.begin(), decimal.digits.end(), is_digit);
}

// Whether the digits from `first` on, a fraction of the last kept place, round that place up.
bool rounds_up(const std::string& digits, int64_t first, bool is_odd, Money::Rounding rounding) {
  bool has_rest = first < 0 ? digits.find_first_not_of('0') != std::string::npos
                            : digits.find_first_not_of('0', static_cast<size_t>(first)) != std::string::npos;
  if (!has_rest) return false;
  if (rounding == Money::Rounding::up) return true;
  if (first < 0) return false;  // places of zeros stand before the first digit: below half
  char head = digits[static_cast<size_t>(first)];
  if (head != '5') return head > '5';
  return is_odd || digits.find_first_not_of('0', static_cast<size_t>(first) + 1) != std::string::npos;
}

void append_padded(std::string& out, uint64_t value, int width) {
  std::string digits = std::to_string(value);
  out.append(static_cast<size_t>(width) - digits.size(), '0');
  out += digits;
}

}  // namespace

Result<Money> Money::parse(std::string_view text, Rounding rounding) {
  Decimal decimal;
  if (!read_decimal(text, decimal)) return bad_amount(text);
  int64_t kept = decimal.point + kDecimals;  // how many digits are whole pico-dollars
  auto size = static_cast<int64_t>(decimal.digits.size());
  Wide pico = 0;
  for (int64_t i = 0; i < kept; ++i) {
    pico = pico * 10 + static_cast<Wide>(i < size ? decimal.digits[static_cast<size_t>(i)] - '0' : 0);
    if (pico > static_cast<Wide>(INT64_MAX)) return bad_amount(text);
  }
  if (kept < size && rounds_up(decimal.digits, kept, (pico & 1) != 0, rounding)) ++pico;
  if (pico > static_cast<Wide>(INT64_MAX)) return bad_amount(text);
  return Money{static_cast<int64_t>(pico)};
}

Money Money::plus(Money other) const {
  return pico > INT64_MAX - other.pico ? max() : Money{pico + other.pico};
}

Money Money::minus(Money other) const {
  return Money{std::max<int64_t>(0, pico - other.pico)};
}

Money Money::times(uint64_t count) const {
  Wide product = static_cast<Wide>(pico) * count;
  return product > static_cast<Wide>(INT64_MAX) ? max() : Money{static_cast<int64_t>(product)};
}

std::string Money::to_decimal() const {
  constexpr int64_t kPicoPerUsd = 1'000'000'000'000;
  std::string out = std::to_string(pico / kPicoPerUsd);
  auto fraction = static_cast<uint64_t>(pico % kPicoPerUsd);
  if (fraction == 0) return out;
  out += '.';
  append_padded(out, fraction, static_cast<int>(kDecimals));
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

std::string dollars(const std::optional<Money>& money) {
  if (!money) return "unknown";
  int64_t step = 1;
  constexpr int64_t kCent = 10'000'000'000;
  while (money->pico / step >= 10'000 && step < kCent) step *= 10;
  const int64_t rounded = money->pico / step + (money->pico % step != 0 ? 1 : 0);
  std::string text = Money{rounded * step}.to_decimal();
  const size_t dot = text.find('.');
  if (dot != std::string::npos && text.size() - dot == 2) text += '0';
  return "$" + text;
}

std::string difference_decimal(Money ours, Money theirs) {
  if (ours >= theirs) return ours.minus(theirs).to_decimal();
  return "-" + theirs.minus(ours).to_decimal();
}

NanoUsd NanoUsd::ceil(Money money) {
  int64_t nano = money.pico / kPicoPerNano + (money.pico % kPicoPerNano != 0 ? 1 : 0);
  return NanoUsd{std::min(nano, kMax)};
}

Money NanoUsd::to_money() const {
  return nano > INT64_MAX / kPicoPerNano ? Money::max() : Money{nano * kPicoPerNano};
}

}  // namespace orthink
