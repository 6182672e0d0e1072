#include "orthink/access/jwks.h"

#include <algorithm>
#include <bit>

#include "orthink/base/base64.h"
#include "orthink/base/limits.h"
#include "orthink/wire/json.h"

namespace orthink::access {
namespace {

constexpr json::ParseLimits kSetLimits{limits::kJwksBytesMax, 8'192, 8};
constexpr size_t kCurveBytes = 32;
constexpr size_t kExponentBytesMax = 4;

Error bad_set(std::string what) {
  return make_error(Errc::malformed_response, "the issuer's keys: " + std::move(what), "Look at what auth_jwks_url names: it should be a JWK set (RFC 7517).");
}

bool has_text(const json::Value& key, std::string_view member, std::string_view text) {
  const json::Value* value = key.find(member);
  return value != nullptr && value->is_string() && value->text() == text;
}

std::optional<std::string> bytes_of(const json::Value& key, std::string_view member) {
  const json::Value* value = key.find(member);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return base64url_bytes(value->text());
}

// RFC 7517 sections 4.2 and 4.3.
bool is_for_signatures(const json::Value& key) {
  const json::Value* use = key.find("use");
  if (use != nullptr && !has_text(key, "use", "sig")) return false;
  const json::Value* operations = key.find("key_ops");
  if (operations == nullptr) return true;
  if (!operations->is_array()) return false;
  return std::any_of(operations->members().begin(), operations->members().end(),
                     [](const json::Member& each) { return each.value.is_string() && each.value.text() == "verify"; });
}

bool has_private_half(const json::Value& key) { return key.find("d") != nullptr || key.find("p") != nullptr || key.find("k") != nullptr; }

size_t bits_of(std::string_view number) {
  return number.empty() ? 0 : (number.size() - 1) * 8 + static_cast<size_t>(std::bit_width(static_cast<uint8_t>(number.front())));
}

void trim_zeros(std::string& number) { number.erase(0, std::min(number.find_first_not_of('\0'), number.size())); }

bool rsa_read(const json::Value& key, SigningKey& out) {
  std::optional<std::string> modulus = bytes_of(key, "n");
  std::optional<std::string> exponent = bytes_of(key, "e");
  if (!modulus || !exponent) return false;
  trim_zeros(*modulus);
  trim_zeros(*exponent);
  const bool is_sized = bits_of(*modulus) >= limits::kRsaBitsMin && bits_of(*modulus) <= limits::kRsaBitsMax;
  const auto is_odd = [](const std::string& number) { return (static_cast<uint8_t>(number.back()) & 1U) != 0; };
  if (!is_sized || !is_odd(*modulus)) return false;
  if (bits_of(*exponent) < 2 || exponent->size() > kExponentBytesMax || !is_odd(*exponent)) return false;
  out.kind = KeyKind::rsa;
  out.first = std::move(*modulus);
  out.second = std::move(*exponent);
  return true;
}

bool curve_read(const json::Value& key, KeyKind kind, SigningKey& out) {
  std::optional<std::string> x = bytes_of(key, "x");
  std::optional<std::string> y = kind == KeyKind::p256 ? bytes_of(key, "y") : std::string();
  if (!x || !y || x->size() != kCurveBytes || (kind == KeyKind::p256 && y->size() != kCurveBytes)) return false;
  out.kind = kind;
  out.first = std::move(*x);
  out.second = std::move(*y);
  return true;
}

bool material_read(const json::Value& key, SigningKey& out) {
  if (has_text(key, "kty", "RSA")) return rsa_read(key, out);
  if (has_text(key, "kty", "EC") && has_text(key, "crv", "P-256")) return curve_read(key, KeyKind::p256, out);
  if (has_text(key, "kty", "OKP") && has_text(key, "crv", "Ed25519")) return curve_read(key, KeyKind::ed25519, out);
  return false;
}

// Nothing for a key that is of no use here.
std::optional<SigningKey> key_read(const json::Value& key) {
  SigningKey out;
  if (!key.is_object() || !is_for_signatures(key) || has_private_half(key) || !material_read(key, out)) return std::nullopt;
  if (const json::Value* alg = key.find("alg"); alg != nullptr) {
    if (!alg->is_string()) return std::nullopt;
    out.algorithm = algorithm(alg->text());
    if (!out.algorithm || !out.may_check(*out.algorithm)) return std::nullopt;
  }
  if (const json::Value* kid = key.find("kid"); kid != nullptr) {
    if (!kid->is_string()) return std::nullopt;
    out.kid = kid->text();
  }
  return out;
}

// Two different kinds may share a name (RFC 7517 section 4.5); two of a kind would leave open which one is meant.
bool has_twins(const std::vector<SigningKey>& keys) {
  for (size_t i = 0; i < keys.size(); ++i)
    for (size_t j = i + 1; j < keys.size(); ++j)
      if (keys[i].kid && keys[i].kid == keys[j].kid && keys[i].kind == keys[j].kind && keys[i].algorithm == keys[j].algorithm) return true;
  return false;
}

}  // namespace

bool SigningKey::may_check(Algorithm wanted) const {
  if (algorithm && *algorithm != wanted) return false;
  switch (wanted) {
    case Algorithm::rs256:
    case Algorithm::ps256:
      return kind == KeyKind::rsa;
    case Algorithm::es256:
      return kind == KeyKind::p256;
    case Algorithm::eddsa:
      return kind == KeyKind::ed25519;
  }
  return false;
}

std::vector<const SigningKey*> KeySet::find(const std::optional<std::string>& kid, Algorithm algorithm) const {
  std::vector<const SigningKey*> fitting;
  for (const SigningKey& key : keys)
    if (key.may_check(algorithm) && (!kid || key.kid == kid)) fitting.push_back(&key);
  if (!kid && fitting.size() > 1) fitting.clear();
  return fitting;
}

Result<KeySet> parse_jwks(std::string_view text) {
  const Result<json::Value> document = json::parse(text, kSetLimits);
  if (!document && document.error().errc == Errc::too_large) return document.error();
  if (!document) return bad_set(document.error().message);
  const json::Value* listed = document->is_object() ? document->find("keys") : nullptr;
  if (listed == nullptr || !listed->is_array()) return bad_set("there is no array \"keys\"");
  if (listed->members().size() > limits::kJwksKeysMax)
    return make_error(Errc::too_large, "the issuer's keys are more than " + std::to_string(limits::kJwksKeysMax));
  KeySet set;
  for (const json::Member& member : listed->members())
    if (std::optional<SigningKey> key = key_read(member.value)) set.keys.push_back(std::move(*key));
  if (set.keys.empty()) return bad_set("none of them is RSA of 2048 bits or more, P-256 or Ed25519 for signatures");
  if (has_twins(set.keys)) return bad_set("two of them have the same name");
  return set;
}

}  // namespace orthink::access
