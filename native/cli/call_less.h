// How a refused or lowered call reads to people.
//
//   error = as_spoken(error, now);
//   buy(desk, ask, {.spelling = &kTyped}, customer);
//
// Thread rule: pure functions.
#pragma once

#include <string>

#include "native/call/shortage.h"
#include "orthink/chat/ask.h"
#include "orthink/wire/json.h"

namespace orthink::cli {

// "--think off --max-tokens 3814": what differs in `lower`, as it is typed.
std::string flags_of(const Ask& ask, const Ask& lower);
// The members of a difference, as `difference_json` and the plan document have them.
std::string flags_of(const json::Value& difference);
// "; resets at 00:00 UTC tomorrow" behind the message of a limit of days or months.
Error as_spoken(Error error, Instant now);

// Settings as they are typed.
extern const Spelling kTyped;

}  // namespace orthink::cli
