// Why a caller is not let in: a closed list, with what each answers to the caller.
//
//   Denial denial = Denial::expired;
//   row(denial).status;      // 401
//   row(denial).sentence;    // for error_description and logs: it never quotes the credential
//
// Thread rule: plain values; the table is a constant.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

namespace orthink::access {

enum class Denial : uint8_t {
  no_credentials,      // no Authorization header, or one of another scheme
  malformed_header,    // "Bearer" with no token or with two
  key_unknown,         // no such bearer key
  key_expired,
  key_disabled,
  token_too_large,
  token_malformed,     // not a compact JWS (RFC 7515 section 7.1)
  algorithm_refused,   // not on the list; `none` and HMAC never are
  critical_header,     // `crit` (RFC 7515 section 4.1.11): we understand no extension
  type_refused,        // `typ` is not that of an access token
  signing_key_unknown, // no key of the issuer fits
  signature_wrong,
  claims_malformed,    // not a JSON object, a claim of the wrong type, a member twice, a number that is no whole second
  issuer_wrong,
  audience_wrong,      // made for another resource (RFC 8707)
  expired,             // exp is past, or absent
  not_yet_valid,       // nbf lies ahead
  issued_wrong,        // iat lies ahead
  subject_wrong,       // sub is absent, or cannot name anyone
  scope_missing,
  keys_unavailable,    // the issuer's keys could not be had: nothing can be judged
};

struct DenialRow {
  Denial denial;
  std::string_view code;      // snake_case, for metrics and logs
  int status;                 // of HTTP
  std::string_view error;     // RFC 6750 section 3.1; empty: none
  std::string_view sentence;  // ASCII without quotes
};
const DenialRow& row(Denial denial);

// A T, or why there is none.
template <class T>
class Judged {
 public:
  Judged(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Judged(Denial denial) : state_(std::in_place_index<1>, denial) {}      // NOLINT

  explicit operator bool() const { return state_.index() == 0; }
  // REQUIRES: bool.
  [[nodiscard]] const T& operator*() const { return *std::get_if<0>(&state_); }
  [[nodiscard]] T& operator*() { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T* operator->() const { return std::get_if<0>(&state_); }
  [[nodiscard]] T* operator->() { return std::get_if<0>(&state_); }
  // REQUIRES: !bool.
  [[nodiscard]] Denial denial() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Denial> state_;
};

}  // namespace orthink::access
