// The usage object of a chunk or body as a Usage: OpenRouter's names, and those of vendors of the chat shape.
#pragma once

#include <string_view>

#include "orthink/cost/usage.h"

namespace orthink {

// REQUIRES: `raw` is a JSON object that a ChunkReader has checked, inside the text it read (its bytes serve as sentinel).
// State is left at none: whether the counts are final is known only from how the answer ended.
Usage read_usage(std::string_view raw);

}  // namespace orthink
