#include "orthink/access/denial.h"

namespace orthink::access {
namespace {

constexpr std::string_view kToken = "invalid_token";

// In the order of Denial.
constexpr DenialRow kRows[] = {
    {Denial::no_credentials, "no_credentials", 401, "", "Send a key or a token in the Authorization header, after Bearer."},
    {Denial::malformed_header, "malformed_header", 400, "invalid_request", "The Authorization header is not Bearer and one token."},
    {Denial::key_unknown, "key_unknown", 401, kToken, "The key is not one of this server."},
    {Denial::key_expired, "key_expired", 401, kToken, "The key has expired."},
    {Denial::key_disabled, "key_disabled", 401, kToken, "The key is disabled."},
    {Denial::token_too_large, "token_too_large", 401, kToken, "The token is larger than 16 KiB."},
    {Denial::token_malformed, "token_malformed", 401, kToken, "The token is not a signed JWT in compact form."},
    {Denial::algorithm_refused, "algorithm_refused", 401, kToken, "The token is signed by an algorithm that is not allowed here."},
    {Denial::critical_header, "critical_header", 401, kToken, "The token demands an extension that is not understood here."},
    {Denial::type_refused, "type_refused", 401, kToken, "The token is of another type than an access token."},
    {Denial::signing_key_unknown, "signing_key_unknown", 401, kToken, "The token is signed by a key that the issuer does not list."},
    {Denial::signature_wrong, "signature_wrong", 401, kToken, "The signature of the token is wrong."},
    {Denial::claims_malformed, "claims_malformed", 401, kToken, "The claims of the token are malformed."},
    {Denial::issuer_wrong, "issuer_wrong", 401, kToken, "The token is of another issuer."},
    {Denial::audience_wrong, "audience_wrong", 401, kToken, "The token was made for another resource."},
    {Denial::expired, "expired", 401, kToken, "The token has expired, or does not say when it will."},
    {Denial::not_yet_valid, "not_yet_valid", 401, kToken, "The token is not valid yet."},
    {Denial::issued_wrong, "issued_wrong", 401, kToken, "The token claims to have been issued in the future."},
    {Denial::subject_wrong, "subject_wrong", 401, kToken, "The token does not say, in a form that can be charged, whose it is."},
    {Denial::scope_missing, "scope_missing", 403, "insufficient_scope", "The token lacks a scope that is needed here."},
    {Denial::keys_unavailable, "keys_unavailable", 503, "", "The keys of the issuer cannot be had at present; try again later."},
};

}  // namespace

const DenialRow& row(Denial denial) { return kRows[static_cast<size_t>(denial)]; }

}  // namespace orthink::access
