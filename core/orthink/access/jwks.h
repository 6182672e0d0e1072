// The keys of an issuer (RFC 7517, RFC 7518 section 6, RFC 8037): what of a JWK set can check signatures here.
//
//   Result<KeySet> keys = parse_jwks(R"({"keys":[{"kty":"EC","crv":"P-256","x":"...","y":"...","kid":"1"}]})");
//   std::vector<const SigningKey*> fitting = keys->find("1", Algorithm::es256);
//
// Taken are RSA of 2048 to 8192 bits with an odd exponent over 2, P-256, and Ed25519. Keys of other kinds, for other uses, and keys that
// carry their private half are left out; those that a set lists twice under one name are refused with the whole set.
// Whether a point lies on its curve is for the library to say that checks signatures.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/access/token.h"
#include "orthink/base/result.h"

namespace orthink::access {

enum class KeyKind : uint8_t { rsa, p256, ed25519 };

struct SigningKey {
  KeyKind kind = KeyKind::p256;
  std::optional<std::string> kid;
  std::optional<Algorithm> algorithm;  // the only one it may be used with, if it says so
  std::string first;                   // bytes, big-endian: RSA's modulus, else x
  std::string second;                  // RSA's exponent, P-256's y; empty for Ed25519

  [[nodiscard]] bool may_check(Algorithm algorithm) const;
};

struct KeySet {
  std::vector<SigningKey> keys;

  // Those that may check `algorithm`: of the name `kid`; without a name the only one there is, or none. Die with any change of the set.
  [[nodiscard]] std::vector<const SigningKey*> find(const std::optional<std::string>& kid, Algorithm algorithm) const;
};

// Errc::malformed_response for what is no JWK set, lists a name twice, or has no key at all that can be used; too_large over its caps.
Result<KeySet> parse_jwks(std::string_view text);

}  // namespace orthink::access
