#include "orthink/access/claims.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "orthink/base/utf8.h"
#include "orthink/wire/json.h"

namespace orthink::access {
namespace {

constexpr json::ParseLimits kClaimLimits{limits::kTokenBytesMax, 2'048, 16};
// The year 9999: later times are a mistake in the unit, not a date.
constexpr int64_t kSecondsMax = 253'402'300'799;
// A scope of the ledger has at most 256 bytes.
constexpr size_t kNameBytesMax = 256;
constexpr size_t kScopesMax = 256;

// A NumericDate without a fraction (RFC 7519 section 2 would allow one; no issuer we know of sends it).
std::optional<Instant> moment_of(const json::Value& claim) {
  if (!claim.is_number()) return std::nullopt;
  const std::string& text = claim.text();
  int64_t seconds = -1;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc{} || end != text.data() + text.size() || text.front() == '-' || seconds > kSecondsMax) return std::nullopt;
  return Instant{seconds * 1'000'000};
}

std::optional<Denial> time_denied(Instant now, Duration skew, const json::Value& claims, Instant& until) {
  const json::Value* exp = claims.find("exp");
  if (exp == nullptr) return Denial::expired;
  const std::optional<Instant> end = moment_of(*exp);
  if (!end) return Denial::claims_malformed;
  until = *end + skew;
  if (now >= until) return Denial::expired;
  const auto lies_ahead = [&](std::string_view name, Denial denial) -> std::optional<Denial> {
    const json::Value* claim = claims.find(name);
    if (claim == nullptr) return std::nullopt;
    const std::optional<Instant> begin = moment_of(*claim);
    if (!begin) return Denial::claims_malformed;
    if (now + skew < *begin) return denial;
    return std::nullopt;
  };
  if (auto denied = lies_ahead("nbf", Denial::not_yet_valid)) return denied;
  return lies_ahead("iat", Denial::issued_wrong);
}

// RFC 7519 section 4.1.3: one string, or an array of strings.
std::optional<Denial> audience_denied(const json::Value& claims, std::string_view wanted) {
  const json::Value* aud = claims.find("aud");
  if (aud == nullptr) return Denial::audience_wrong;
  if (aud->is_string()) return aud->text() == wanted ? std::nullopt : std::optional(Denial::audience_wrong);
  if (!aud->is_array()) return Denial::claims_malformed;
  bool is_named = false;
  for (const json::Member& each : aud->members()) {
    if (!each.value.is_string()) return Denial::claims_malformed;
    if (each.value.text() == wanted) is_named = true;
  }
  return is_named ? std::nullopt : std::optional(Denial::audience_wrong);
}

// May stand in the ledger and on a screen. REQUIRES: UTF-8, as every string of a JSON document is.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (steers_terminal(character.code) || character.code < 0x20) return false;
    at += character.size;
  }
  return true;
}

Judged<std::string> name_of(const json::Value& claims, std::string_view claim) {
  const json::Value* value = claims.find(claim);
  if (value == nullptr) return Denial::subject_wrong;
  if (!value->is_string()) return Denial::claims_malformed;
  if (!is_name(value->text())) return Denial::subject_wrong;
  return value->text();
}

bool words_read(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out.size() <= kScopesMax;
}

// `scope` is a string of words (RFC 8693 section 4.2); `scp`, which some issuers use instead, that or an array.
bool scopes_read(const json::Value& claims, std::vector<std::string>& out) {
  if (const json::Value* scope = claims.find("scope"); scope != nullptr)
    if (!scope->is_string() || !words_read(scope->text(), out)) return false;
  const json::Value* scp = claims.find("scp");
  if (scp == nullptr) return true;
  if (scp->is_string()) return words_read(scp->text(), out);
  if (!scp->is_array()) return false;
  for (const json::Member& each : scp->members()) {
    if (!each.value.is_string()) return false;
    out.push_back(each.value.text());
  }
  return out.size() <= kScopesMax;
}

// Who it is, once it is sure that the token holds.
Judged<Principal> principal_of(const TokenRules& rules, const json::Value& claims) {
  const Judged<std::string> subject = name_of(claims, "sub");
  if (!subject) return subject.denial();
  Principal caller;
  caller.id = "jwt:" + rules.issuer + "#" + *subject;
  Judged<std::string> user = name_of(claims, rules.user_claim);
  if (!user) return user.denial();
  caller.user = std::move(*user);
  if (!rules.tenant_claim.empty()) {
    Judged<std::string> tenant = name_of(claims, rules.tenant_claim);
    if (!tenant) return tenant.denial();
    caller.tenant = std::move(*tenant);
  }
  if (!scopes_read(claims, caller.scopes)) return Denial::claims_malformed;
  return caller;
}

}  // namespace

Judged<Admission> judge_claims(Instant now, const TokenRules& rules, std::string_view bytes) {
  const Result<json::Value> claims = json::parse(bytes, kClaimLimits);
  if (!claims || !claims->is_object()) return Denial::claims_malformed;
  const json::Value* issuer = claims->find("iss");
  if (issuer == nullptr) return Denial::issuer_wrong;
  if (!issuer->is_string()) return Denial::claims_malformed;
  if (rules.issuer.empty() || issuer->text() != rules.issuer) return Denial::issuer_wrong;
  if (auto denied = audience_denied(*claims, rules.audience)) return *denied;
  Admission admission;
  if (auto denied = time_denied(now, std::min(rules.skew, limits::kTokenSkewMax), *claims, admission.until)) return *denied;
  Judged<Principal> caller = principal_of(rules, *claims);
  if (!caller) return caller.denial();
  for (const std::string& scope : rules.scopes)
    if (std::find(caller->scopes.begin(), caller->scopes.end(), scope) == caller->scopes.end()) return Denial::scope_missing;
  admission.caller = std::move(*caller);
  return admission;
}

}  // namespace orthink::access
