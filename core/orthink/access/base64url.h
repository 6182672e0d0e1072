// base64url without padding (RFC 4648 section 5, as RFC 7515 section 2 wants it).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orthink::access {

std::string base64url(std::string_view bytes);

// Nothing for padding, white space, characters of the other alphabet, a length that no bytes have, and for leftover bits that are
// not zero: each byte string has one spelling.
std::optional<std::string> base64url_bytes(std::string_view text);

}  // namespace orthink::access
