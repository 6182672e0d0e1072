// Token: a signed JWT in compact form (RFC 7515 section 7.1), taken apart and not yet believed.
//
//   base64url(header) "." base64url(claims) "." base64url(signature)
//
//   Judged<Token> token = read_token(text, {Algorithm::es256}, TypeRule::any_jwt);
//   if (!token) return token.denial();
//   // a key by token->kid; its signature over token->signed_part; then access/claims judges token->claims
//
// Follows RFC 8725: the algorithm must be on the caller's list, which cannot hold `none` or an HMAC; `crit` is refused; keys named or
// carried by the token itself (jku, jwk, x5u, x5c) are not looked at.
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "orthink/access/denial.h"

namespace orthink::access {

enum class Algorithm : uint8_t { rs256, ps256, es256, eddsa };
std::string_view name(Algorithm algorithm);  // "RS256"
// Nothing for any other: "none", "HS256", "rs256".
std::optional<Algorithm> algorithm(std::string_view name);

enum class TypeRule : uint8_t {
  any_jwt,       // `typ` absent, "JWT" or "at+jwt"
  access_token,  // "at+jwt" alone (RFC 9068 section 4)
};

struct Token {
  Algorithm algorithm = Algorithm::es256;
  std::optional<std::string> kid;  // a name and nothing more
  std::string_view signed_part;    // of the text that was read; dies with it
  std::string claims;              // bytes; not parsed yet
  std::string signature;           // bytes
};

Judged<Token> read_token(std::string_view text, std::span<const Algorithm> allowed, TypeRule types);

// Has the look of a token rather than of a key: two dots.
bool looks_like_token(std::string_view credential);

}  // namespace orthink::access
