// Tokens for tests: put together from texts, so that each part may be wrong.
#pragma once

#include <string>
#include <string_view>

#include "orthink/base/base64.h"

namespace orthink::access {

inline std::string made_token(std::string_view header, std::string_view claims, std::string_view signature = "not a signature") {
  return base64url(header) + "." + base64url(claims) + "." + base64url(signature);
}

}  // namespace orthink::access
