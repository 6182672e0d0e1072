// Times as people and models write them.
//
//   Result<Instant> since = when_of("30d", now);
//
// Thread rule: pure functions.
#pragma once

#include <string_view>

#include "orthink/base/instant.h"
#include "orthink/base/result.h"

namespace orthink {

// An age before `now` (30d, 12h, 2w), a day, a month or a moment in UTC: "2026-11-01", "2026-11", "2026-11-01T12:00:00Z".
// Errc::invalid_argument names the forms.
Result<Instant> when_of(std::string_view typed, Instant now);

}  // namespace orthink
