// Foreign text made fit to be shown in a message: valid UTF-8, one line, nothing that steers a terminal, no keys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "orthink/base/limits.h"

namespace orthink {

// At most `bytes_max` bytes, cut between characters and then ended by "...". Runs of white space become one space; control characters,
// bidirectional overrides and invalid bytes become U+FFFD; anything that looks like an API key ("sk-" and 16 or more characters) becomes
// "sk-...".
std::string plain_text(std::string_view foreign, size_t bytes_max = limits::kErrorTextMax);

}  // namespace orthink
