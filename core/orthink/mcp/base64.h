// Base64 (RFC 4648): section 4 with padding for headers, section 5 without for request states.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orthink::mcp {

// Nothing for characters outside the alphabet, wrong padding, or bits left over that are not zero.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64url(std::string_view bytes);
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace orthink::mcp
