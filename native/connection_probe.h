// A probe of the upstream for `doctor`: GET /key, which costs nothing.
#pragma once

#include <optional>
#include <string>

#include "native/http_client.h"
#include "orthink/base/money.h"

namespace orthink {

struct ConnectionProbe {
  Duration took;                         // connecting included
  std::optional<std::string> label;      // of the key, as the upstream names it (already shortened there)
  std::optional<Money> usage;            // spent by this key so far
  std::optional<Money> limit_remaining;  // nothing = no limit, or not said
  std::optional<bool> is_free_tier;
  std::optional<Duration> clock_ahead;  // our clock minus the server's Date header, in whole seconds
};

// The Error is the transport's, or the upstream's own (upstream_auth for a key that is not accepted).
Result<ConnectionProbe> probe_connection(HttpClient& client, Instant until, int stop_fd = -1);

}  // namespace orthink
