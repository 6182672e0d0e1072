// Windows of time: UTC days and months, the boundaries OpenRouter uses. Days are counted from 1970-01-01, months from 1970-01.
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "orthink/base/instant.h"

namespace orthink::window {

int64_t day_of(Instant when);            // floor, also before 1970
int64_t month_of(Instant when);
Instant day_begin(int64_t day);
Instant month_begin(int64_t month);
std::string day_text(int64_t day);       // "2026-11-24"
std::string month_text(int64_t month);   // "2026-11"
std::string iso_text(Instant when);      // "2026-11-24T00:00:00Z", whole seconds, floor

}  // namespace orthink::window
