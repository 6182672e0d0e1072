// Error: what went wrong, whose fault it is, whether a retry can help and what to do next.
//
// Every failure in orthink is one of these values; nothing throws. `Errc` names each kind of failure once; its row in
// error.cpp holds the stable snake_case code, the Kind (the ten of the public interface), blame, retry advice and a
// default remedy. Numbers of Errc are never reused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "orthink/base/instant.h"

namespace orthink {

enum class Kind : uint8_t {
  authentication_failed,
  rate_limit_exceeded,
  budget_exceeded,
  model_unavailable,
  thinking_tokens_exceeded,
  validation_error,
  upstream_error,
  timeout,
  cancelled,
  internal_error,
};
std::string_view name(Kind kind);  // "AUTHENTICATION_FAILED" ...

enum class Blame : uint8_t { caller, remote, policy, orthink };
std::string_view name(Blame blame);

enum class Retry : uint8_t { no, same, after, changed };
std::string_view name(Retry retry);

enum class Errc : uint16_t {
  // the caller's document or arguments
  invalid_argument = 1,
  invalid_json = 2,
  too_large = 3,
  too_deep = 4,
  duplicate_key = 5,
  unknown_field = 6,
  missing_field = 7,
  not_a_chat_body = 8,
  invalid_config = 9,
  empty_prompt = 10,
  // thinking control
  thinking_unsupported = 20,       // the model has no thinking, or none that can be asked for
  thinking_mandatory = 21,         // off on a model that always thinks
  effort_unsupported = 22,         // an effort the row does not list
  budget_unsupported = 23,         // tokens on a model that knows levels only
  budget_out_of_range = 24,        // below the minimum, above the maximum, or above the total cap
  cap_unsupported = 25,            // the row lists neither cap parameter
  row_contradicts_itself = 26,     // `reasoning` object and supported_parameters disagree
  parameter_forbidden = 27,        // a sampling parameter etc. forbidden while thinking
  control_unsupported = 28,        // setting has no meaning for this control kind (toggle, always)
  // models and prices
  model_unknown = 40,
  price_unknown = 41,
  price_stale = 42,
  model_expired = 43,
  context_too_small = 44,
  capability_missing = 45,         // vision, tools, json, files asked of a row that lacks it
  // money and limits
  cost_above_max = 60,
  budget_refused = 61,
  store_unavailable = 62,
  price_overflow = 63,
  rate_limited = 64,               // our own limits of requests or tokens
  account_blocked = 65,            // a call of it cost more than its bound
  clock_refused = 66,              // this machine's clock cannot be trusted with windows
  idempotency_mismatch = 67,       // HTTP 422
  idempotency_in_flight = 68,      // HTTP 409
  // upstream
  upstream_auth = 80,
  upstream_payment = 81,
  upstream_permission = 82,
  upstream_not_found = 83,
  upstream_rate_limited = 84,
  upstream_bad_request = 85,
  upstream_unavailable = 86,
  upstream_internal = 87,
  upstream_overloaded = 88,
  upstream_timeout = 89,
  upstream_moderation = 90,
  upstream_in_flight_budget = 91,
  upstream_context_length = 92,
  upstream_too_large = 93,
  upstream_unknown_status = 94,
  midstream_error = 95,
  stream_truncated = 96,           // bare EOF: no finish reason, no [DONE]
  malformed_response = 97,
  response_too_large = 98,
  connect_failed = 99,
  tls_failed = 100,
  connection_lost = 101,
  malformed_function_call = 102,
  redirected = 103,
  empty_response = 104,            // no event at all under status 200
  upstream_key_limit = 105,        // the key's, guardrail's or workspace's own limit of dollars
  upstream_free_tier = 106,        // the free requests of the day
  upstream_call_too_dear = 107,    // more for this one call than the upstream holds for the account
  // time and cancellation
  connect_timeout = 120,
  first_token_timeout = 121,
  idle_timeout = 122,
  call_timeout = 123,
  cancelled = 124,
  // ours
  key_missing = 140,
  internal = 141,
  file_unreadable = 142,
  insecure_url = 143,
  model_forbidden = 144,           // not among the models a caller of the server may use
};

struct Error {
  Errc errc = Errc::internal;
  Kind kind = Kind::internal_error;
  std::string code;     // stable snake_case
  std::string message;  // what happened, with the value
  std::string remedy;   // what to do next
  Blame blame = Blame::orthink;
  Retry retry = Retry::no;
  std::optional<Duration> retry_after;
  std::optional<int> http_status;
  std::optional<std::string> provider;
  std::optional<std::string> scope;
  std::optional<std::string> resets_at;
};

// One row per Errc: what every failure of that name has in common.
struct ErrorRow {
  Errc errc;
  Kind kind;
  std::string_view code;
  Blame blame;
  Retry retry;
  std::string_view remedy;
};
std::span<const ErrorRow> error_rows();

// An Error with the row of `errc` filled in. `message` says what happened with the value; an empty `remedy` takes the
// row's default sentence.
Error make_error(Errc errc, std::string message, std::string remedy = {});

}  // namespace orthink
