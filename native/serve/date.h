// The Date header (RFC 9110 6.6.1: a server with a clock sends it).
#pragma once

#include <string>

#include "orthink/base/instant.h"

namespace orthink::serve {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). REQUIRES: 1970 to 9999.
std::string http_date(Instant at);

// The same for now; written anew once a second on each thread. Dies with the thread, or at its next call a second later.
const std::string& http_date_now();

}  // namespace orthink::serve
