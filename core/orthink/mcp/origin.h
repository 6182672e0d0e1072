// Host and Origin: against DNS rebinding, a server on a private address answers only under names that are its own (specification, "Security
// warning" of the Streamable HTTP transport). Loopback names (is_loopback_host) are always ours, under
// any port.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orthink::mcp {

// What is wrong, in a sentence; nothing = both are ours. `origin` is absent for clients that are no browsers.
std::optional<std::string> origin_fault(std::string_view host, std::optional<std::string_view> origin, const std::vector<std::string>& own_hosts,
                                        const std::vector<std::string>& own_origins);

}  // namespace orthink::mcp
