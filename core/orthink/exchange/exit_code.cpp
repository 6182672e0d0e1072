#include "orthink/exchange/exit_code.h"

namespace orthink {

int exit_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::answered:
    case Outcome::tool_calls:
    case Outcome::truncated:
      return 0;
    case Outcome::thinking_used_all:
    case Outcome::empty:
    case Outcome::filtered:
      return 4;
  }
  return 1;
}

int exit_code(const Error& error) {
  // What the upstream says is its own: also a 400 or a rate limit of theirs; but money that is not there is a budget on either side.
  const bool is_upstream = error.errc >= Errc::upstream_auth && error.errc <= Errc::upstream_call_too_dear;
  if (error.errc == Errc::cancelled) return 130;
  if (is_upstream && error.kind != Kind::budget_exceeded) return 1;
  switch (error.kind) {
    case Kind::budget_exceeded:
    case Kind::rate_limit_exceeded:
      return 3;
    case Kind::validation_error:
    case Kind::thinking_tokens_exceeded:
    case Kind::model_unavailable:
      return 2;
    case Kind::authentication_failed:
    case Kind::upstream_error:
    case Kind::timeout:
    case Kind::cancelled:
    case Kind::internal_error:
      return 1;
  }
  return 1;
}

}  // namespace orthink
