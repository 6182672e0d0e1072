// The claims of an access token, judged (RFC 7519 section 4.1, RFC 8725, RFC 9068 section 4).
//
//   TokenRules rules;
//   rules.issuer = "https://id.example";
//   rules.audience = "https://orthink.example/mcp";
//   Judged<Admission> judged = judge_claims(now, rules, token->claims);    // after its signature was found right
//
// The issuer must be the configured one, to the byte; the audience must name this resource; exp must be there. Times are whole seconds;
// clocks may differ by `skew`. An object with a member twice is refused, as is a claim of another type than its definition.
// Thread rule: plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orthink/access/denial.h"
#include "orthink/access/principal.h"
#include "orthink/access/token.h"
#include "orthink/base/instant.h"
#include "orthink/base/limits.h"

namespace orthink::access {

struct TokenRules {
  std::string issuer;
  std::string audience;  // the URI of this resource
  std::vector<Algorithm> algorithms{Algorithm::es256, Algorithm::rs256, Algorithm::eddsa};
  TypeRule types = TypeRule::any_jwt;
  std::vector<std::string> scopes;  // each must have been granted
  std::string user_claim = "sub";   // names who is charged
  std::string tenant_claim;         // empty: none
  Duration skew = limits::kTokenSkewMax;  // more is taken for this
};

struct Admission {
  Principal caller;
  Instant until;  // exp and the skew: from then on the token is not valid
};

// `claims` are the bytes that were signed. The principal's id is "jwt:ISSUER#SUBJECT".
Judged<Admission> judge_claims(Instant now, const TokenRules& rules, std::string_view claims);

}  // namespace orthink::access
