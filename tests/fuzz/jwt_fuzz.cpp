// Invariant: whatever comes as credential, set of keys, claims or table of keys is taken or refused, never half; a token that is taken has a
// signature, an algorithm of the list and one spelling; who is admitted was named by the issuer, for this resource, for a time to come.
//
// Input: a byte of options, then up to four texts parted by line ends: an Authorization header, a JWK set, claims, a table of keys.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/base64.h"
#include "orthink/access/challenge.h"
#include "orthink/access/claims.h"
#include "orthink/access/jwks_cache.h"
#include "orthink/access/keys.h"
#include "orthink/wire/json.h"

using namespace orthink;
using namespace orthink::access;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return text;
}

std::vector<Algorithm> algorithms_of(uint8_t options) {
  std::vector<Algorithm> list;
  for (unsigned i = 0; i < 4; ++i)
    if ((options >> i & 1U) != 0) list.push_back(static_cast<Algorithm>(i));
  return list;
}

void check_token(std::string_view text, const std::vector<Algorithm>& allowed, TypeRule types, const KeySet* set) {
  const Judged<Token> token = read_token(text, allowed, types);
  if (!token) return;
  require(!token->signature.empty());
  require(std::find(allowed.begin(), allowed.end(), token->algorithm) != allowed.end());
  require(text == std::string(token->signed_part) + "." + base64url(token->signature));
  require(token->signed_part.ends_with("." + base64url(token->claims)));
  if (set == nullptr) return;
  for (const SigningKey* key : set->find(token->kid, token->algorithm)) require(key->may_check(token->algorithm));
}

void check_keys(std::string_view text) {
  JwksCache cache({});
  const Instant now = Instant::zero();
  cache.began(now);
  const bool taken = cache.fetched(now, text).ok();
  require(!cache.is_fetching());
  require(cache.find(now, std::nullopt, Algorithm::es256).has_set == taken);
}

void check_claims(std::string_view text) {
  TokenRules rules;
  rules.issuer = "https://id.example";
  rules.audience = "https://o.example/mcp";
  const Instant now = Instant::from_ms(1'790'000'000'000);
  const Judged<Admission> judged = judge_claims(now, rules, text);
  if (!judged) return;
  require(judged->until > now);
  require(judged->caller.id.starts_with("jwt:https://id.example#"));
  require(!judged->caller.user.empty() && judged->caller.key_name.empty());
  require(text.find("https:") != std::string_view::npos);
}

void check_table(std::string_view text) {
  const Result<KeyTable> table = KeyTable::parse(text);
  if (!table) {
    require(!table.error().message.empty() && !table.error().remedy.empty());
    return;
  }
  const std::string written = table->to_json();
  const Result<KeyTable> again = KeyTable::parse(written);
  require(again && again->to_json() == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<Algorithm> allowed = algorithms_of(data[0]);
  const TypeRule types = (data[0] & 16U) != 0 ? TypeRule::access_token : TypeRule::any_jwt;
  const std::string_view header = line(rest);
  const std::string_view jwks = line(rest);
  const std::string_view claims = line(rest);
  const Result<KeySet> set = parse_jwks(jwks);
  const Judged<std::string_view> credential = bearer_of(header);
  if (credential) require(credential->find_first_of(" ,\"") == std::string_view::npos);
  check_token(credential ? *credential : header, allowed, types, set ? &*set : nullptr);
  check_token(base64url(header) + "." + base64url(claims) + "." + base64url(jwks), allowed, types, nullptr);
  check_keys(jwks);
  check_claims(claims);
  check_table(rest);
  return 0;
}
