// Times as they are typed.
#include "native/cli/open_ledger.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/ledger/window.h"

using namespace orthink;
using namespace orthink::cli;

namespace {

const Instant kNow{1'795'521'600'000'000};  // 2026-11-24T12:00:00Z

std::string read(std::string_view typed) {
  Result<Instant> when = when_of(typed, kNow);
  return when ? window::iso_text(*when) : when.error().code;
}

}  // namespace

TEST_CASE("ages, days, months and moments", "[ledger]") {
  CHECK(read("30d") == "2026-10-25T12:00:00Z");
  CHECK(read("12h") == "2026-11-24T00:00:00Z");
  CHECK(read("2w") == "2026-11-10T12:00:00Z");
  CHECK(read("0d") == "2026-11-24T12:00:00Z");
  CHECK(read("100000w") == "1970-01-01T00:00:00Z");
  CHECK(read("2026-11-01") == "2026-11-01T00:00:00Z");
  CHECK(read("2024-02-29") == "2024-02-29T00:00:00Z");
  CHECK(read("2026-11") == "2026-11-01T00:00:00Z");
  CHECK(read("2026-11-01T23:59:59Z") == "2026-11-01T23:59:59Z");
}

TEST_CASE("what is no time is refused with the forms there are", "[ledger]") {
  for (const char* typed :
       {"", "d", "30", "-1d", "30m", "1.5d", "100001d", "99999999999d", "2026-13-01", "2026-02-30", "2025-02-29", "2026-1-01",
        "2026-11-01T24:00:00Z", "2026-11-01T12:00:00", "2026-11-01 12:00:00Z", "yesterday", "20x6-11-01", "2026-11-0x"}) {
    CAPTURE(typed);
    CHECK(read(typed) == "invalid_argument");
  }
  CHECK(when_of("soon", kNow).error().remedy.find("30d") != std::string::npos);
}
