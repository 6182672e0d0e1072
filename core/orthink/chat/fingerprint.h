// The fingerprint of a question: what an idempotency key stands for.
#pragma once

#include <string>

#include "orthink/chat/ask.h"

namespace orthink {

// Hex SHA-256 of a canonical text of all that the caller asked: the same whatever the order of an object's keys, another when any field
// differs. Nothing of ours is in it (prices, estimates), so that it stays the same from day to day.
std::string fingerprint(const Ask& ask);

}  // namespace orthink
