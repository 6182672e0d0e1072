// Which providers stop work and billing when a stream is closed (OpenRouter's documentation).
#pragma once

#include <string_view>

namespace orthink {

// By the provider's display name as it stands in chunks and X-Provider-Name. Unknown names count as billing on.
bool stops_billing_on_cancel(std::string_view provider);

}  // namespace orthink
