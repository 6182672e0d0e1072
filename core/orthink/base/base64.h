// Base64 (RFC 4648): with padding (section 4), and base64url without (section 5, as RFC 7515 section 2 wants it).
//
// Reading is strict: nothing for white space, characters of the other alphabet, padding where none belongs or too little, a length that no
// bytes have, and leftover bits that are not zero: each byte string has one spelling.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orthink {

std::string base64(std::string_view bytes);
std::optional<std::string> base64_bytes(std::string_view text);
std::string base64url(std::string_view bytes);
std::optional<std::string> base64url_bytes(std::string_view text);

}  // namespace orthink
