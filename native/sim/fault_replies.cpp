#include "native/sim/fault_replies.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace orthink::sim {
namespace {

constexpr std::string_view kTenYearsSeconds = "315360000";
constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;

std::string formatted(Instant when, const char* form) {
  const std::time_t seconds = static_cast<std::time_t>(when.us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), form, &parts);
  return text.data();
}

std::string iso_time(Instant when) { return formatted(when, "%Y-%m-%dT%H:%M:%S.000Z"); }

Instant next_day(Instant when) { return Instant{(when.us / kDayUs + 1) * kDayUs}; }

std::string retry_after(std::string_view argument, Instant now) {
  if (argument == "date") return http_date(now + Duration::seconds(60));
  if (argument == "garbage") return "in a while";
  if (argument == "10y") return std::string(kTenYearsSeconds);
  if (argument == "none") return {};
  return std::string(argument);
}

Reply with_retry_after(Reply reply, const FaultSpec& spec, const FaultContext& context) {
  const std::string value = retry_after(spec.argument, context.now);
  if (!value.empty()) reply.headers.push_back({"Retry-After", value});
  return reply;
}

Reply budget_exceeded(std::string_view scope, const FaultContext& context) {
  return error_reply(403, "Budget limit exceeded",
                     {.error_type = "permission_denied",
                      .limit_source = "openrouter_" + std::string(scope) + "_budget",
                      .scope = std::string(scope),
                      .resets_at = iso_time(next_day(context.now))});
}

Reply forbidden(const FaultSpec& spec, const FaultContext& context) {
  if (spec.argument == "guardrail" || spec.argument == "workspace") return budget_exceeded(spec.argument, context);
  if (spec.argument == "key-limit") {
    return error_reply(403, "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys",
                       {.error_type = "permission_denied", .limit_source = "openrouter_key_limit"});
  }
  return error_reply(403, std::string(context.model) + " requires moderation on " + std::string(context.provider) +
                              ". Your input was flagged for \"violence\". No credits were charged.",
                     {.provider = std::string(context.provider), .error_type = "content_policy_violation", .moderation_reasons = {"violence"},
                      .flagged_input = "..."});
}

Reply unpayable(const FaultSpec& spec, const FaultContext& context) {
  if (spec.argument == "key-limit") {
    return error_reply(402, "Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys",
                       {.provider_is_null = true, .error_type = "payment_required", .limit_source = "openrouter_key_limit"});
  }
  if (spec.argument == "too-dear") {
    return error_reply(402, "This request could cost more than your balance allows in flight.",
                       {.error_type = "payment_required",
                        .reason = "weight_exceeds_budget",
                        .limit_source = "openrouter_credits",
                        .remedy_hint = "Lower max_tokens or shorten the prompt."});
  }
  return error_reply(402,
                     "This request requires more credits, or fewer max_tokens. You requested up to " + std::to_string(context.cap_tokens) +
                         " tokens, but can only afford " + std::to_string(context.cap_tokens / 10) +
                         ". To increase, visit https://openrouter.ai/settings/credits and add more credits",
                     {.provider_is_null = true, .error_type = "payment_required", .limit_source = "openrouter_credits"});
}

Reply page(int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.content_type = "text/html; charset=utf-8";
  reply.body = std::move(body);
  return reply;
}

Reply from_provider(int status, std::string_view message, std::string_view type, const FaultContext& context) {
  return error_reply(status, message, {.provider = std::string(context.provider), .error_type = std::string(type)});
}

Reply error_under_200(const FaultSpec& spec) {
  const int code = std::atoi(spec.argument.c_str());
  Reply reply;
  reply.body = "\n         \n" + error_body(code, "Provider returned error", {.provider = "Simulated", .error_type = "provider_unavailable"});
  return reply;
}

}  // namespace

std::string http_date(Instant when) { return formatted(when, "%a, %d %b %Y %H:%M:%S GMT"); }

std::optional<Reply> fault_reply(const FaultSpec& spec, const FaultContext& context) {
  switch (spec.fault) {
    case Fault::status_429:
      return with_retry_after(error_reply(429, "Provider returned error",
                                          {.provider = std::string(context.provider),
                                           .raw = std::string(context.model) + " is temporarily rate-limited upstream. Please retry shortly.",
                                           .error_type = "rate_limit_exceeded",
                                           .limit_source = "upstream_provider_shared_pool"}),
                              spec, context);
    case Fault::status_429_daily:
      return error_reply(429, "Rate limit exceeded: free-models-per-day. Add credits to unlock more free model requests per day",
                         {.provider_is_null = true, .error_type = "rate_limit_exceeded", .limit_source = "openrouter_free_tier_daily"});
    case Fault::status_402: return unpayable(spec, context);
    case Fault::status_402_in_flight:
      return with_retry_after(error_reply(402, "Too much is in flight for this balance. Wait for running requests to finish.",
                                          {.reason = "in_flight_budget_exhausted",
                                           .limit_source = "openrouter_in_flight_budget",
                                           .remedy_hint = "Retry after the running requests have settled."}),
                              spec, context);
    case Fault::status_403: return forbidden(spec, context);
    case Fault::status_404:
      return error_reply(404, "No endpoints found for " + std::string(context.model) + ".", {.error_type = "not_found"});
    case Fault::status_408: return error_reply(408, "Request timed out", {.error_type = "timeout"});
    case Fault::status_413: return error_reply(413, "Request Entity Too Large", {.error_type = "payload_too_large"});
    case Fault::status_500: return error_reply(500, "Internal Server Error", {.error_type = "server"});
    case Fault::status_502: return from_provider(502, "Provider returned an invalid response", "provider_unavailable", context);
    case Fault::status_503:
      return with_retry_after(error_reply(503, "There is no available model provider that meets your routing requirements",
                                          {.provider_is_null = true, .error_type = "provider_overloaded"}),
                              spec, context);
    case Fault::status_504:
    case Fault::status_504_billed: return error_reply(504, "The operation was aborted", {.error_type = "timeout"});
    case Fault::status_524: return page(524, "<!DOCTYPE html><title>524: A timeout occurred</title>\n");
    case Fault::status_529: return from_provider(529, "Overloaded", "provider_overloaded", context);
    case Fault::error_body_200: return error_under_200(spec);
    case Fault::html_200: return page(200, "<!DOCTYPE html><title>Sign in to the network</title>\n");
    case Fault::redirect: {
      Reply reply = page(307, "");
      reply.headers.push_back({"Location", spec.argument});
      return reply;
    }
    default: return std::nullopt;
  }
}

}  // namespace orthink::sim
