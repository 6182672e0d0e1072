#include "native/serve/date.h"

#include <catch2/catch_test_macros.hpp>

#include "native/system.h"
#include "orthink/wire/http.h"

using namespace orthink;

TEST_CASE("a date is written as the specification's example, and over the edges of years") {
  CHECK(serve::http_date(Instant::from_ms(784'111'777'000)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(serve::http_date(Instant::zero()) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(serve::http_date(Instant::from_ms(951'782'400'000)) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(serve::http_date(Instant::from_ms(4'107'542'399'000)) == "Sun, 28 Feb 2100 23:59:59 GMT");
  CHECK(serve::http_date(Instant::from_ms(4'107'542'400'000)) == "Mon, 01 Mar 2100 00:00:00 GMT");
}

TEST_CASE("every date of a century is read back as what it was") {
  for (int64_t second = 0; second < int64_t{36'525} * 86'400; second += 86'400 + 3'661) {
    const Instant at = Instant::from_ms(second * 1'000);
    const auto read = http::parse_date(serve::http_date(at));
    REQUIRE(read);
    REQUIRE(*read == at);
  }
}

TEST_CASE("the date of now follows the clock") {
  const auto read = http::parse_date(serve::http_date_now());
  REQUIRE(read);
  CHECK((now() - *read) < Duration::seconds(3));
}
