// loopback: which hosts are this machine to itself, by their spelling alone. One rule for who may be listened to without authentication, under
// which names the server answers, and where a key may go unencrypted.
#pragma once

#include <string_view>

namespace orthink {

// "localhost", "::1", "[::1]" or a dotted quad of 127.0.0.0/8, in lower case and without a port. "127.evil.example" and "127.1" are none.
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace orthink
