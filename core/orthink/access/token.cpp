#include "orthink/access/token.h"

#include <algorithm>
#include <array>

#include "orthink/base/base64.h"
#include "orthink/base/limits.h"
#include "orthink/wire/http.h"
#include "orthink/wire/json.h"

namespace orthink::access {
namespace {

constexpr std::array<std::string_view, 4> kNames{"RS256", "PS256", "ES256", "EdDSA"};
constexpr json::ParseLimits kHeaderLimits{limits::kTokenBytesMax, 256, 8};
constexpr size_t kKidBytesMax = 256;

struct Parts {
  std::string_view header, claims, signature;
};

std::optional<Parts> parts_of(std::string_view text) {
  const size_t first = text.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

// RFC 7515 section 4.1.9: "application/" may be left out, and case does not matter.
bool is_type_allowed(const json::Value* typ, TypeRule rule) {
  if (typ == nullptr) return rule == TypeRule::any_jwt;
  if (!typ->is_string()) return false;
  constexpr std::string_view kPrefix = "application/";
  std::string_view type = typ->text();
  if (http::same_name(type.substr(0, kPrefix.size()), kPrefix)) type.remove_prefix(kPrefix.size());
  if (http::same_name(type, "at+jwt")) return true;
  return rule == TypeRule::any_jwt && http::same_name(type, "JWT");
}

Judged<Token> header_read(std::string_view bytes, std::span<const Algorithm> allowed, TypeRule types) {
  const Result<json::Value> header = json::parse(bytes, kHeaderLimits);
  if (!header || !header->is_object()) return Denial::token_malformed;
  const json::Value* alg = header->find("alg");
  if (alg == nullptr || !alg->is_string()) return Denial::token_malformed;
  const std::optional<Algorithm> named = algorithm(alg->text());
  if (!named || std::find(allowed.begin(), allowed.end(), *named) == allowed.end()) return Denial::algorithm_refused;
  if (header->find("crit") != nullptr) return Denial::critical_header;
  if (!is_type_allowed(header->find("typ"), types)) return Denial::type_refused;
  Token token;
  token.algorithm = *named;
  const json::Value* kid = header->find("kid");
  if (kid == nullptr) return token;
  if (!kid->is_string() || kid->text().size() > kKidBytesMax) return Denial::token_malformed;
  token.kid = kid->text();
  return token;
}

}  // namespace

std::string_view name(Algorithm algorithm) { return kNames[static_cast<size_t>(algorithm)]; }

std::optional<Algorithm> algorithm(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Algorithm>(found - kNames.begin());
}

Judged<Token> read_token(std::string_view text, std::span<const Algorithm> allowed, TypeRule types) {
  if (text.size() > limits::kTokenBytesMax) return Denial::token_too_large;
  const std::optional<Parts> parts = parts_of(text);
  if (!parts || parts->signature.empty()) return Denial::token_malformed;
  const std::optional<std::string> header = base64url_bytes(parts->header);
  std::optional<std::string> claims = base64url_bytes(parts->claims);
  std::optional<std::string> signature = base64url_bytes(parts->signature);
  if (!header || !claims || !signature) return Denial::token_malformed;
  Judged<Token> token = header_read(*header, allowed, types);
  if (!token) return token;
  token->signed_part = text.substr(0, text.size() - parts->signature.size() - 1);
  token->claims = std::move(*claims);
  token->signature = std::move(*signature);
  return token;
}

bool looks_like_token(std::string_view credential) { return std::count(credential.begin(), credential.end(), '.') == 2; }

}  // namespace orthink::access
