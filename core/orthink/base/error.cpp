#include "orthink/base/error.h"

#include <array>
#include <utility>

namespace orthink {
namespace {

constexpr std::array<std::string_view, 10> kKindNames{
    "AUTHENTICATION_FAILED", "RATE_LIMIT_EXCEEDED", "BUDGET_EXCEEDED", "MODEL_UNAVAILABLE", "THINKING_TOKENS_EXCEEDED",
    "VALIDATION_ERROR",      "UPSTREAM_ERROR",      "TIMEOUT",         "CANCELLED",         "INTERNAL_ERROR",
};

using enum Kind;
using B = Blame;
using R = Retry;

constexpr ErrorRow kRows[] = {
    {Errc::invalid_argument, validation_error, "invalid_argument", B::caller, R::changed,
     "Correct the argument; --help shows what each one takes."},
    {Errc::invalid_json, validation_error, "invalid_json", B::caller, R::changed, "Send one valid JSON document in UTF-8."},
    {Errc::too_large, validation_error, "too_large", B::caller, R::changed, "Send less: shorten the text or leave out attachments."},
    {Errc::too_deep, validation_error, "too_deep", B::caller, R::changed, "Flatten the document: JSON may nest 64 levels deep."},
    {Errc::duplicate_key, validation_error, "duplicate_key", B::caller, R::changed, "Name every key of an object once."},
    {Errc::unknown_field, validation_error, "unknown_field", B::caller, R::changed,
     "Remove the field or correct its name; docs/ask.schema.json lists them all."},
    {Errc::missing_field, validation_error, "missing_field", B::caller, R::changed, "Add the missing field."},
    {Errc::not_a_chat_body, validation_error, "not_a_chat_body", B::caller, R::changed, "Give a body of the chat completions interface."},
    {Errc::invalid_config, validation_error, "invalid_config", B::caller, R::changed,
     "Correct the setting; `orthink config` shows each value and where it came from."},
    {Errc::empty_prompt, validation_error, "empty_prompt", B::caller, R::changed, "Write a question."},

    {Errc::thinking_unsupported, validation_error, "thinking_unsupported", B::caller, R::changed,
     "Leave the thinking setting out, or choose a model from `orthink models --reasoning`."},
    {Errc::thinking_mandatory, validation_error, "thinking_mandatory", B::caller, R::changed,
     "Ask for the lowest effort instead, or choose a model whose thinking can be switched off."},
    {Errc::effort_unsupported, validation_error, "effort_unsupported", B::caller, R::changed,
     "Choose an effort that the model lists, or pass --lenient to take the nearest lower one."},
    {Errc::budget_unsupported, validation_error, "budget_unsupported", B::caller, R::changed,
     "Give an effort instead of a number of tokens, or pass --lenient."},
    {Errc::budget_out_of_range, validation_error, "budget_out_of_range", B::caller, R::changed,
     "Choose a number of thinking tokens inside the limits, or raise the total cap."},
    {Errc::cap_unsupported, validation_error, "cap_unsupported", B::caller, R::changed,
     "Choose another model, or pass --lenient to go without an enforced total cap."},
    {Errc::row_contradicts_itself, validation_error, "row_contradicts_itself", B::remote, R::changed,
     "Choose another model, or pass --lenient to trust the row's reasoning object."},
    {Errc::parameter_forbidden, validation_error, "parameter_forbidden", B::caller, R::changed,
     "Leave the parameter out while the model thinks, or pass --lenient to have it dropped."},
    {Errc::control_unsupported, validation_error, "control_unsupported", B::caller, R::changed,
     "Use a setting that this model's thinking knows; `orthink models ID` shows them."},

    {Errc::model_unknown, model_unavailable, "model_unknown", B::caller, R::changed,
     "Look the name up with `orthink models`, or renew the catalogue with `orthink models --refresh`."},
    {Errc::price_unknown, budget_exceeded, "price_unknown", B::policy, R::changed,
     "Set --max-cost to bound the call, or choose a model whose price is known."},
    {Errc::price_stale, budget_exceeded, "price_stale", B::policy, R::changed, "Renew the prices with `orthink models --refresh`."},
    {Errc::model_expired, model_unavailable, "model_expired", B::caller, R::changed, "Choose a newer model with `orthink models`."},
    {Errc::context_too_small, validation_error, "context_too_small", B::caller, R::changed,
     "Shorten the prompt, lower the total cap, or choose a model with a longer context."},
    {Errc::capability_missing, validation_error, "capability_missing", B::caller, R::changed,
     "Choose a model that has it: `orthink models --cap`."},

    {Errc::cost_above_max, budget_exceeded, "cost_above_max", B::policy, R::changed,
     "Raise --max-cost, lower the thinking or the total cap, or pass --fit to have them lowered."},
    {Errc::budget_refused, budget_exceeded, "budget_refused", B::policy, R::after, "Wait until the limit resets, or have it raised."},
    {Errc::store_unavailable, internal_error, "store_unavailable", B::orthink, R::after,
     "Check the store with `orthink doctor`; nothing was sent or bought."},
    {Errc::price_overflow, budget_exceeded, "price_overflow", B::policy, R::changed, "Lower the total cap or shorten the prompt."},
    {Errc::rate_limited, rate_limit_exceeded, "rate_limited", B::policy, R::after, "Wait until the limit has room again, or have it raised."},
    {Errc::account_blocked, budget_exceeded, "account_blocked", B::policy, R::no, "Have an operator clear it with `orthink budget clear`."},
    {Errc::clock_refused, internal_error, "clock_refused", B::orthink, R::no, "Set the machine's clock; `orthink doctor` shows the difference."},
    {Errc::idempotency_mismatch, validation_error, "idempotency_mismatch", B::caller, R::changed,
     "Use a new key for a new question; a key stands for one question for a day."},
    {Errc::idempotency_in_flight, validation_error, "idempotency_in_flight", B::caller, R::after,
     "Ask again later with the same key; nothing is bought twice. `orthink why` tells what became of the call."},

    {Errc::upstream_auth, authentication_failed, "upstream_auth", B::caller, R::changed,
     "Set a valid key with `orthink key set` or OPENROUTER_API_KEY."},
    {Errc::upstream_payment, budget_exceeded, "upstream_payment", B::caller, R::changed,
     "Add credit to the account, or lower the total cap."},
    {Errc::upstream_permission, authentication_failed, "upstream_permission", B::caller, R::changed,
     "Use a key that may do this, or choose another model."},
    {Errc::upstream_not_found, model_unavailable, "upstream_not_found", B::caller, R::changed,
     "Choose another model, or relax the provider preferences."},
    {Errc::upstream_rate_limited, rate_limit_exceeded, "upstream_rate_limited", B::remote, R::after,
     "Wait and try again, or choose another model or provider."},
    {Errc::upstream_bad_request, validation_error, "upstream_bad_request", B::caller, R::changed,
     "Change the request as the message says."},
    {Errc::upstream_unavailable, model_unavailable, "upstream_unavailable", B::remote, R::after,
     "Try again later, or choose another model."},
    {Errc::upstream_internal, upstream_error, "upstream_internal", B::remote, R::same,
     "Try again; if it stays, choose another model or provider."},
    {Errc::upstream_overloaded, upstream_error, "upstream_overloaded", B::remote, R::after,
     "Wait and try again, or choose another model or provider."},
    {Errc::upstream_timeout, timeout, "upstream_timeout", B::remote, R::no,
     "The call may have been billed; look at the upstream's activity page before asking again."},
    {Errc::upstream_moderation, upstream_error, "upstream_moderation", B::caller, R::changed,
     "Reword the prompt, or choose a model without this moderation."},
    {Errc::upstream_key_limit, budget_exceeded, "upstream_key_limit", B::caller, R::after,
     "Have the limit of the key or workspace raised in the upstream's settings, use another key, or wait until it resets."},
    {Errc::upstream_free_tier, rate_limit_exceeded, "upstream_free_tier", B::caller, R::after,
     "Ask again after 00:00 UTC, add credit to the account, or choose a model that is not free."},
    {Errc::upstream_call_too_dear, budget_exceeded, "upstream_call_too_dear", B::caller, R::changed,
     "Lower the total cap or shorten the prompt; waiting does not help."},
    {Errc::upstream_in_flight_budget, rate_limit_exceeded, "upstream_in_flight_budget", B::remote, R::after,
     "Wait for running calls to settle, run fewer at once, or lower the total cap."},
    {Errc::upstream_context_length, validation_error, "upstream_context_length", B::caller, R::changed,
     "Shorten the prompt, lower the total cap, or choose a model with a longer context."},
    {Errc::upstream_too_large, validation_error, "upstream_too_large", B::caller, R::changed,
     "Send less: shorten the text or leave out attachments."},
    {Errc::upstream_unknown_status, upstream_error, "upstream_unknown_status", B::remote, R::no,
     "Check that ORTHINK_BASE_URL names a chat completions endpoint."},
    {Errc::midstream_error, upstream_error, "midstream_error", B::remote, R::same, "Ask again; what came so far may have been billed."},
    {Errc::stream_truncated, upstream_error, "stream_truncated", B::remote, R::same, "Ask again; what came so far may have been billed."},
    {Errc::malformed_response, upstream_error, "malformed_response", B::remote, R::no,
     "Check that ORTHINK_BASE_URL names a chat completions endpoint, or choose another provider."},
    {Errc::response_too_large, upstream_error, "response_too_large", B::remote, R::changed, "Lower the total cap."},
    {Errc::connect_failed, upstream_error, "connect_failed", B::remote, R::same,
     "Check the network and ORTHINK_BASE_URL; `orthink doctor` tries the connection."},
    {Errc::tls_failed, upstream_error, "tls_failed", B::remote, R::same,
     "Check the machine's clock and its certificates; `orthink doctor` tries the connection."},
    {Errc::connection_lost, upstream_error, "connection_lost", B::remote, R::no,
     "The call may have been billed; look at the upstream's activity page before asking again."},
    {Errc::malformed_function_call, upstream_error, "malformed_function_call", B::remote, R::same,
     "Ask again, or simplify the tools' schemas."},
    {Errc::redirected, upstream_error, "redirected", B::remote, R::changed,
     "Set ORTHINK_BASE_URL to the address it moved to; redirects are not followed with a key."},
    {Errc::empty_response, upstream_error, "empty_response", B::remote, R::same, "Ask again, or choose another provider."},

    {Errc::connect_timeout, timeout, "connect_timeout", B::remote, R::same, "Check the network; nothing was sent or bought."},
    {Errc::first_token_timeout, timeout, "first_token_timeout", B::remote, R::no,
     "Allow more time, lower the thinking, or choose a faster model; the call may have been billed."},
    {Errc::idle_timeout, timeout, "idle_timeout", B::remote, R::no, "Choose another provider; the call may have been billed."},
    {Errc::call_timeout, timeout, "call_timeout", B::policy, R::changed,
     "Allow more time with --deadline, or lower the thinking; the call may have been billed."},
    {Errc::cancelled, Kind::cancelled, "cancelled", B::caller, R::no, "Ask again when you like; the receipt shows what was spent."},

    {Errc::key_missing, authentication_failed, "key_missing", B::caller, R::changed,
     "Set a key with `orthink key set` or OPENROUTER_API_KEY."},
    {Errc::internal, internal_error, "internal", B::orthink, R::no,
     "This is a fault of orthink; report it with the command that led here."},
    {Errc::file_unreadable, validation_error, "file_unreadable", B::caller, R::changed, "Check the file's name and its permissions."},
    {Errc::insecure_url, validation_error, "insecure_url", B::caller, R::changed, "Use https; plain http is for loopback addresses only."},
    {Errc::model_forbidden, model_unavailable, "model_forbidden", B::policy, R::changed,
     "Ask one of the models this caller may use, or ask whoever runs the server for more."},
};

const ErrorRow& row_of(Errc errc) {
  const ErrorRow* internal_row = nullptr;
  for (const ErrorRow& row : kRows) {
    if (row.errc == errc) return row;
    if (row.errc == Errc::internal) internal_row = &row;
  }
  return *internal_row;
}

}  // namespace

std::string_view name(Kind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

std::string_view name(Blame blame) {
  switch (blame) {
    case Blame::caller:
      return "caller";
    case Blame::remote:
      return "remote";
    case Blame::policy:
      return "policy";
    case Blame::orthink:
      return "orthink";
  }
  return "orthink";
}

std::string_view name(Retry retry) {
  switch (retry) {
    case Retry::no:
      return "no";
    case Retry::same:
      return "same";
    case Retry::after:
      return "after";
    case Retry::changed:
      return "changed";
  }
  return "no";
}

std::span<const ErrorRow> error_rows() {
  return kRows;
}

Error make_error(Errc errc, std::string message, std::string remedy) {
  const ErrorRow& row = row_of(errc);
  Error error;
  error.errc = errc;
  error.kind = row.kind;
  error.code = row.code;
  error.message = std::move(message);
  error.remedy = remedy.empty() ? std::string(row.remedy) : std::move(remedy);
  error.blame = row.blame;
  error.retry = row.retry;
  return error;
}

}  // namespace orthink
