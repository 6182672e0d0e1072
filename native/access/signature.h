// Whether a signature is right, by OpenSSL: RS256, PS256, ES256 (RFC 7518 section 3) and EdDSA with Ed25519 (RFC 8037).
//
// Thread rule: any thread.
#pragma once

#include <string_view>

#include "orthink/access/jwks.h"
#include "orthink/base/result.h"

namespace orthink::access {

// Loads libcrypto; Errc::invalid_config where it is missing.
Result<void> signatures_ready();

// False for a wrong signature, for a key that cannot check `algorithm`, and for one that is no key: a point that is not on its curve.
// REQUIRES: signatures_ready().
bool is_signed(const SigningKey& key, Algorithm algorithm, std::string_view signed_part, std::string_view signature);

}  // namespace orthink::access
