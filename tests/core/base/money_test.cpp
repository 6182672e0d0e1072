// Money against a long-hand decimal: digit strings, one digit at a time, as on paper.
#include "orthink/base/money.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <random>
#include <string>

using namespace orthink;

namespace {

// Long hand: a decimal text of dollars without exponent to pico-dollars, up or half to even.
std::string pico_by_hand(std::string text, Money::Rounding rounding) {
  size_t dot = text.find('.');
  std::string whole = text.substr(0, dot);
  std::string fraction = dot == std::string::npos ? "" : text.substr(dot + 1);
  fraction.append(fraction.size() < 12 ? 12 - fraction.size() : 0, '0');
  std::string rest = fraction.substr(12);
  std::string digits = whole + fraction.substr(0, 12);
  bool up = rest.find_first_not_of('0') != std::string::npos;
  if (rounding == Money::Rounding::half_even && up) {
    std::string half = "5" + std::string(rest.size() - 1, '0');
    up = rest > half || (rest == half && (digits.back() - '0') % 2 == 1);
  }
  for (size_t i = digits.size(); up && i-- > 0;) {
    up = digits[i] == '9';
    digits[i] = up ? '0' : static_cast<char>(digits[i] + 1);
  }
  if (up) digits = "1" + digits;
  size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? "0" : digits.substr(first);
}

std::string times_by_hand(std::string digits, uint64_t count) {
  std::string out(digits.size() + 20, '0');
  std::string other = std::to_string(count);
  for (size_t i = 0; i < digits.size(); ++i)
    for (size_t j = 0; j < other.size(); ++j) {
      int carry = (digits[digits.size() - 1 - i] - '0') * (other[other.size() - 1 - j] - '0');
      for (size_t k = out.size() - 1 - i - j; carry > 0; --k) {
        carry += out[k] - '0';
        out[k] = static_cast<char>('0' + carry % 10);
        carry /= 10;
      }
    }
  size_t first = out.find_first_not_of('0');
  return first == std::string::npos ? "0" : out.substr(first);
}

int64_t pico(std::string_view text, Money::Rounding rounding = Money::Rounding::up) {
  Result<Money> money = Money::parse(text, rounding);
  REQUIRE(money);
  return money->pico;
}

std::mt19937_64 seeded(const char* what) {
  uint64_t seed = 20260822;
  std::cout << what << ": seed " << seed << "\n";
  return std::mt19937_64(seed);
}

}  // namespace

TEST_CASE("prices as they stand in the catalogue", "[money]") {
  CHECK(pico("0.0000006") == 600'000);
  CHECK(pico("0") == 0);
  CHECK(pico("0.00") == 0);
  CHECK(pico("12") == 12'000'000'000'000);
  CHECK(pico("7.1e-05") == 71'000'000);
  CHECK(pico("1E+2") == 100'000'000'000'000);
  CHECK(pico("1e-12") == 1);
  CHECK(pico("1e-13") == 1);
  CHECK(pico("1e-900") == 1);
  CHECK(pico("0e999") == 0);
  CHECK(pico("0.0000000000000000000001") == 1);
  CHECK(pico("0.0000002499999999999999") == 250'000);
  CHECK(pico("9223372.036854775807") == INT64_MAX);
}

TEST_CASE("costs of the wire round half to even at the twelfth decimal", "[money]") {
  using enum Money::Rounding;
  CHECK(pico("0.0076509169000000005", half_even) == 7'650'916'900);
  CHECK(pico("0.0000000000005", half_even) == 0);
  CHECK(pico("0.0000000000015", half_even) == 2);
  CHECK(pico("0.0000000000025", half_even) == 2);
  CHECK(pico("0.00000000000250001", half_even) == 3);
  CHECK(pico("5e-13", half_even) == 0);
  CHECK(pico("5.1e-13", half_even) == 1);
  CHECK(pico("9e-14", half_even) == 0);
  CHECK(pico("1e-14", up) == 1);
}

TEST_CASE("what is no amount is refused", "[money]") {
  for (const char* text : {"",
                           "-1",
                           "-0",
                           "+1",
                           "inf",
                           "nan",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "1e1.5",
                           "0x1",
                           "1,5",
                           " 1",
                           "1 ",
                           "1..2",
                           "1.2.3",
                           "$1",
                           "1e7",
                           "9223372.036854775808",
                           "9223372.0368547758071",
                           "99999999999999999999",
                           "1e400"}) {
    CAPTURE(text);
    Result<Money> money = Money::parse(text);
    REQUIRE_FALSE(money.ok());
    CHECK(money.error().errc == Errc::invalid_argument);
  }
  CHECK_FALSE(Money::parse(std::string(401, '0')).ok());
}

TEST_CASE("sums and products saturate and never wrap", "[money]") {
  CHECK(Money::max().plus(Money{1}) == Money::max());
  CHECK(Money{5}.minus(Money{7}) == Money::zero());
  CHECK(Money{INT64_MAX / 2}.times(3).is_saturated());
  CHECK(Money::max().times(UINT64_MAX).is_saturated());
  CHECK(Money{600'000}.times(1200).to_decimal() == "0.00072");
  CHECK(Money{0}.times(UINT64_MAX) == Money::zero());
}

TEST_CASE("printing cuts zeros and writes no exponent", "[money]") {
  CHECK(Money{0}.to_decimal() == "0");
  CHECK(Money{1}.to_decimal() == "0.000000000001");
  CHECK(Money{12'000'000'000'000}.to_decimal() == "12");
  CHECK(Money{10'500'000'000'000}.to_decimal() == "10.5");
  CHECK(difference_decimal(Money{1}, Money{100'000'001}) == "-0.0001");
  CHECK(difference_decimal(Money{3}, Money{3}) == "0");
}

TEST_CASE("ledger amounts are nano-dollars rounded up and capped", "[money]") {
  CHECK(NanoUsd::ceil(Money{0}).nano == 0);
  CHECK(NanoUsd::ceil(Money{1}).nano == 1);
  CHECK(NanoUsd{INT64_MAX / 1'000}.to_money() < Money::max());
  CHECK(NanoUsd{INT64_MAX / 1'000 + 1}.to_money() == Money::max());
  CHECK(NanoUsd::ceil(Money{1000}).nano == 1);
  CHECK(NanoUsd::ceil(Money{1001}).nano == 2);
  CHECK(NanoUsd::ceil(Money::max()).nano == NanoUsd::kMax);
  CHECK(NanoUsd{NanoUsd::kMax}.to_money().pico == NanoUsd::kMax * 1000);
}

TEST_CASE("parsing agrees with long hand", "[money][property]") {
  auto random = seeded("money: parse");
  for (int i = 0; i < 100'000; ++i) {
    std::string text = std::to_string(random() % (i % 3 == 0 ? 9'000'000 : 10));
    size_t places = random() % 24;
    if (places > 0) text += '.';
    for (size_t k = 0; k < places; ++k) text += static_cast<char>('0' + (random() % 4 == 0 ? 5 : random() % 10 * (random() % 2)));
    for (auto rounding : {Money::Rounding::up, Money::Rounding::half_even})
      if (std::to_string(pico(text, rounding)) != pico_by_hand(text, rounding)) FAIL(text);
  }
}

TEST_CASE("multiplying agrees with long hand", "[money][property]") {
  auto random = seeded("money: times");
  for (int i = 0; i < 20'000; ++i) {
    int64_t price = static_cast<int64_t>(random() >> (random() % 60 + 1));
    uint64_t count = random() >> (random() % 64);
    std::string by_hand = times_by_hand(std::to_string(price), count);
    std::string top = std::to_string(INT64_MAX);
    bool overflows = by_hand.size() > top.size() || (by_hand.size() == top.size() && by_hand > top);
    std::string ours = std::to_string(Money{price}.times(count).pico);
    if (ours != (overflows ? top : by_hand)) FAIL(price << " * " << count);
  }
}

TEST_CASE("splitting a call costs at most one nano-dollar more; printing is the inverse of parsing", "[money][property]") {
  auto random = seeded("money: I10");
  for (int i = 0; i < 100'000; ++i) {
    Money price{static_cast<int64_t>(random() % 100'000'000)};
    uint64_t a = random() % 2'000'000;
    uint64_t b = random() % 2'000'000;
    int64_t whole = NanoUsd::ceil(price.times(a + b)).nano;
    int64_t parts = NanoUsd::ceil(price.times(a)).nano + NanoUsd::ceil(price.times(b)).nano;
    if (whole > parts || parts > whole + 1) FAIL(price.pico << ": " << a << " + " << b);
    Money any{static_cast<int64_t>(random() >> (random() % 60 + 1))};
    if (*Money::parse(any.to_decimal()) != any) FAIL(any.pico);
  }
}
