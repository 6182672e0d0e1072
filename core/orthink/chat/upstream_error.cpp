// An error document, every part optional, `error` sometimes a plain string:
//
//   {"error":{"code":429,"message":"Provider returned error","error_type":..,"http_status":..,
//             "metadata":{"provider_name":..,"raw":"<JSON text | prose>" | {..},"error_type":..,"reason":..,"limit_source":..,
//                         "scope":..,"resets_at":..,"reasons":[..],"patterns":[..],"headers":{..}},
//             "availability":{"code":..,"retry_after":..}},
//    "error_type":..}
//
// What to do is decided by error_type, then limit_source and reason, then availability, then the number.
#include "orthink/chat/upstream_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "orthink/base/limits.h"
#include "orthink/chat/plain_text.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

using json::Value;

struct Name {
  std::string_view text;
  Errc errc;
};

// error_type of OpenRouter (OpenRouter's documentation) and the words OpenAI and Anthropic use for `code` and `type`.
constexpr Name kTypes[] = {
    {"invalid_request", Errc::upstream_bad_request},
    {"invalid_prompt", Errc::upstream_bad_request},
    {"max_tokens_exceeded", Errc::upstream_bad_request},
    {"token_limit_exceeded", Errc::upstream_bad_request},
    {"string_too_long", Errc::upstream_bad_request},
    {"precondition_failed", Errc::upstream_bad_request},
    {"unprocessable", Errc::upstream_bad_request},
    {"context_length_exceeded", Errc::upstream_context_length},
    {"content_policy_violation", Errc::upstream_moderation},
    {"refusal", Errc::upstream_moderation},
    {"authentication", Errc::upstream_auth},
    {"payment_required", Errc::upstream_payment},
    {"permission_denied", Errc::upstream_permission},
    {"not_found", Errc::upstream_not_found},
    {"payload_too_large", Errc::upstream_too_large},
    {"rate_limit_exceeded", Errc::upstream_rate_limited},
    {"server", Errc::upstream_internal},
    {"unmapped", Errc::upstream_internal},
    {"provider_unavailable", Errc::upstream_internal},
    {"provider_overloaded", Errc::upstream_overloaded},
    {"timeout", Errc::upstream_timeout},
    {"invalid_request_error", Errc::upstream_bad_request},
    {"invalid_api_key", Errc::upstream_auth},
    {"authentication_error", Errc::upstream_auth},
    {"permission_error", Errc::upstream_permission},
    {"not_found_error", Errc::upstream_not_found},
    {"model_not_found", Errc::upstream_not_found},
    {"insufficient_quota", Errc::upstream_payment},
    {"rate_limit_error", Errc::upstream_rate_limited},
    {"overloaded_error", Errc::upstream_overloaded},
    {"api_error", Errc::upstream_internal},
    {"server_error", Errc::upstream_internal},
};

constexpr Name kAvailability[] = {
    {"model_not_found", Errc::upstream_not_found},
    {"wrong_endpoint", Errc::upstream_bad_request},
    {"no_endpoints", Errc::upstream_not_found},
    {"model_deprecated", Errc::upstream_not_found},
    {"model_unavailable_upstream", Errc::upstream_not_found},
    {"constraint_filtered", Errc::upstream_not_found},
    {"privacy_restricted", Errc::upstream_not_found},
    {"free_variant_ended", Errc::upstream_not_found},
    {"region_restricted", Errc::upstream_permission},
    {"capacity_exhausted", Errc::upstream_rate_limited},
    {"temporarily_unavailable", Errc::upstream_unavailable},
};

template <size_t N>
std::optional<Errc> lookup(const Name (&names)[N], std::string_view text) {
  for (const Name& row : names)
    if (row.text == text) return row.errc;
  return std::nullopt;
}

Errc by_status(int status) {
  switch (status) {
    case 401:
      return Errc::upstream_auth;
    case 402:
      return Errc::upstream_payment;
    case 403:
      return Errc::upstream_permission;
    case 404:
    case 410:
      return Errc::upstream_not_found;
    case 408:
    case 504:
    case 524:
      return Errc::upstream_timeout;
    case 413:
      return Errc::upstream_too_large;
    case 429:
      return Errc::upstream_rate_limited;
    case 500:
    case 502:
      return Errc::upstream_internal;
    case 503:
      return Errc::upstream_unavailable;
    case 529:
      return Errc::upstream_overloaded;
    default:
      break;
  }
  if (status >= 300 && status < 400) return Errc::redirected;
  return status >= 400 && status < 500 ? Errc::upstream_bad_request : Errc::upstream_unknown_status;
}

const Value* member(const Value* object, std::string_view key) {
  return object != nullptr ? object->find(key) : nullptr;
}

std::string_view text_at(const Value* object, std::string_view key) {
  const Value* value = member(object, key);
  return value != nullptr && value->is_string() ? std::string_view(value->text()) : std::string_view();
}

std::optional<int64_t> whole_number(const Value* value) {
  if (value == nullptr || !(value->is_number() || value->is_string())) return std::nullopt;
  int64_t number = 0;
  const std::string& text = value->text();
  auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool is_whole = ec == std::errc() && (stop == text.data() + text.size() || (value->is_number() && *stop == '.'));
  return is_whole && !text.empty() ? std::optional(number) : std::nullopt;
}

std::optional<int> status_of(const Value& error) {
  for (const char* key : {"code", "http_status", "status"}) {
    std::optional<int64_t> number = whole_number(error.find(key));
    if (number && *number >= 300 && *number <= 599) return static_cast<int>(*number);
  }
  return std::nullopt;
}

std::optional<Value> parsed(std::string_view text) {
  Result<Value> value = json::parse(text, {.bytes_max = limits::kErrorBytesMax});
  if (!value) return std::nullopt;
  return std::move(*value);
}

// The sentence inside an error of a provider, whatever its shape: {"error":{"message"}}, {"message"}, {"msg"}, {"detail"}, a string
// that is JSON again, or prose.
std::string sentence_in(const Value& value, int depth = 0) {
  constexpr int kDepthMax = 5;
  if (depth > kDepthMax) return {};
  if (value.is_string()) {
    std::optional<Value> inner = value.text().find_first_of("{[") == std::string::npos ? std::nullopt : parsed(value.text());
    std::string found = inner ? sentence_in(*inner, depth + 1) : std::string();
    return found.empty() ? value.text() : found;
  }
  if (value.is_array() && !value.members().empty()) return sentence_in(value.members().front().value, depth + 1);
  for (const char* key : {"error", "message", "msg", "detail", "errors", "error_message", "reason"}) {
    const Value* inner = value.find(key);
    std::string found = inner != nullptr ? sentence_in(*inner, depth + 1) : std::string();
    if (!found.empty()) return found;
  }
  return {};
}

std::string joined_texts(const Value* list) {
  std::string out;
  if (list == nullptr) return out;
  for (const json::Member& item : list->members()) {
    if (!item.value.is_string()) continue;
    if (!out.empty()) out += ", ";
    out += item.value.text();
  }
  return out;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string message_of(const Value& error, const Value* metadata) {
  std::string message = error.is_string() ? sentence_in(error) : std::string(text_at(&error, "message"));
  if (message.empty()) message = sentence_in(error);
  const Value* raw = member(metadata, "raw");
  std::string reason = raw != nullptr ? sentence_in(*raw) : std::string();
  if (reason.empty()) reason = joined_texts(member(metadata, "reasons"));
  if (reason.empty()) reason = joined_texts(member(metadata, "patterns"));
  if (!reason.empty() && !contains(message, reason)) message += (message.empty() ? "" : ": ") + reason;
  return message;
}

// limit_source of OpenRouter: whose limit of money or requests it is. A provider's own limit of requests is none of them.
constexpr Name kLimits[] = {
    {"openrouter_in_flight_budget", Errc::upstream_in_flight_budget},
    {"openrouter_credits", Errc::upstream_payment},
    {"openrouter_key_limit", Errc::upstream_key_limit},
    {"openrouter_guardrail_budget", Errc::upstream_key_limit},
    {"openrouter_workspace_budget", Errc::upstream_key_limit},
    {"openrouter_free_tier_daily", Errc::upstream_free_tier},
};
constexpr Name kLimitReasons[] = {
    {"in_flight_budget_exhausted", Errc::upstream_in_flight_budget},
    {"weight_exceeds_budget", Errc::upstream_call_too_dear},
};

// 402, 403 and 429 are many things; reason and limit_source tell them apart.
Errc refined(Errc errc, const Value& error, const Value* metadata, std::string_view message) {
  if (errc == Errc::upstream_payment || errc == Errc::upstream_permission || errc == Errc::upstream_rate_limited) {
    if (std::optional<Errc> known = lookup(kLimitReasons, text_at(metadata, "reason"))) return *known;
    if (std::optional<Errc> known = lookup(kLimits, text_at(metadata, "limit_source"))) return *known;
  }
  if (errc == Errc::upstream_permission) {
    if (!text_at(metadata, "limit_source").empty() || contains(message, "imit exceeded")) return Errc::upstream_key_limit;
    if (member(metadata, "reasons") != nullptr || member(metadata, "patterns") != nullptr) return Errc::upstream_moderation;
  }
  if (errc == Errc::upstream_bad_request) {
    if (contains(message, "maximum context length")) return Errc::upstream_context_length;
    if (contains(message, "is not a valid model ID")) return Errc::upstream_not_found;
  }
  if (std::optional<Errc> known = lookup(kAvailability, text_at(member(&error, "availability"), "code"))) return *known;
  return errc;
}

std::optional<Errc> by_type(const Value& error, const Value* metadata, const Value* beside) {
  std::string_view type = text_at(metadata, "error_type");
  if (type.empty()) type = text_at(&error, "error_type");
  if (type.empty()) type = text_at(beside, "error_type");
  if (type.starts_with("image_")) return Errc::upstream_bad_request;
  return lookup(kTypes, type);
}

// The vendors' own words, trusted less than the number.
std::optional<Errc> by_vendor_word(const Value& error) {
  std::optional<Errc> word = lookup(kTypes, text_at(&error, "code"));
  return word ? word : lookup(kTypes, text_at(&error, "type"));
}

void add_facts(Error& error, const Value& object, const Value* metadata) {
  if (std::string_view provider = text_at(metadata, "provider_name"); !provider.empty()) error.provider = plain_text(provider);
  std::string_view scope = text_at(metadata, "limit_source");
  if (scope.empty()) scope = text_at(metadata, "scope");
  if (!scope.empty()) error.scope = plain_text(scope);
  if (std::string_view resets = text_at(metadata, "resets_at"); !resets.empty()) error.resets_at = plain_text(resets);
  constexpr int64_t kSecondsMax = 366LL * 24 * 3600;
  std::optional<int64_t> seconds = whole_number(member(object.find("availability"), "retry_after"));
  if (seconds && *seconds >= 0 && *seconds <= kSecondsMax) error.retry_after = Duration::seconds(*seconds);
}

struct Source {
  const Value* document = nullptr;  // what stands around `error`
  int status = 0;
  bool is_midstream = false;  // under status 200
};

Error error_from(const Value& object, const Source& source) {
  const Value* metadata = object.find("metadata");
  int status = status_of(object).value_or(source.status);
  std::string message = message_of(object, metadata);
  std::optional<Errc> known = by_type(object, metadata, source.document);
  if (!known && status >= 300) known = by_status(status);
  if (!known) known = by_vendor_word(object);
  Errc errc =
      refined(known.value_or(source.is_midstream ? Errc::midstream_error : Errc::upstream_unknown_status), object, metadata, message);
  bool is_providers_fault = errc == Errc::upstream_internal || errc == Errc::upstream_unknown_status || errc == Errc::upstream_timeout;
  if (source.is_midstream && is_providers_fault) errc = Errc::midstream_error;

  if (message.empty()) message = "the upstream gave no reason";
  Error error = make_error(errc, plain_text(message, limits::kErrorTextMax));
  if (status >= 300) error.http_status = status;
  add_facts(error, object, metadata);
  return error;
}

std::optional<uint64_t> digits(std::string_view text) {
  uint64_t value = 0;
  auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// Retry-After in seconds or as a date; else X-RateLimit-Reset, milliseconds since 1970.
std::optional<Duration> retry_after(std::string_view after, std::string_view reset, Instant now) {
  constexpr uint64_t kSecondsMax = 366ULL * 24 * 3600;
  if (auto seconds = digits(after)) return Duration::seconds(static_cast<int64_t>(std::min(*seconds, kSecondsMax)));
  if (auto date = http::parse_date(after)) return std::max(*date - now, Duration{});
  auto ms = digits(reset);
  constexpr uint64_t kMsMax = 4'102'444'800'000;  // the year 2100
  if (ms && *ms <= kMsMax) return std::max(Instant::from_ms(static_cast<int64_t>(*ms)) - now, Duration{});
  return std::nullopt;
}

Error error_without_document(int status, std::string_view body) {
  constexpr size_t kShownMax = 200;
  std::string message = "status " + std::to_string(status);
  std::string shown = plain_text(body, kShownMax);
  message += shown.empty() ? " without a body" : " with a body that is no error document: " + shown;
  Error error = make_error(by_status(status), std::move(message));
  error.http_status = status;
  return error;
}

}  // namespace

Error error_from_response(const http::Head& head, std::string_view body, Instant now) {
  std::optional<Value> document = parsed(body);
  const Value* object = member(document ? &*document : nullptr, "error");
  bool is_bare = document && object == nullptr && (document->find("message") != nullptr || document->find("detail") != nullptr);
  if (is_bare) object = &*document;
  bool is_usable = object != nullptr && (object->is_object() || object->is_string());
  Source source{.document = document ? &*document : nullptr, .status = head.status, .is_midstream = head.status < 300};
  Error error = is_usable ? error_from(*object, source) : error_without_document(head.status, body);
  if (head.status >= 300) error.http_status = head.status;

  std::string_view provider = head.find("X-Provider-Name");
  if (!error.provider && !provider.empty()) error.provider = plain_text(provider);
  std::string_view reset = head.find("X-RateLimit-Reset");
  const Value* old_headers = is_usable ? member(object->find("metadata"), "headers") : nullptr;
  if (reset.empty()) reset = text_at(old_headers, "X-RateLimit-Reset");
  if (auto wait = retry_after(head.find("Retry-After"), error.retry == Retry::after ? reset : std::string_view(), now))
    error.retry_after = wait;
  return error;
}

bool is_error_document(std::string_view body) {
  const std::optional<Value> document = parsed(body);
  const Value* object = member(document ? &*document : nullptr, "error");
  return object != nullptr && object->is_object();
}

Error error_from_object(std::string_view error_json, int http_status) {
  std::optional<Value> object = parsed(error_json);
  Source source{.document = nullptr, .status = http_status, .is_midstream = http_status < 300};
  if (object && (object->is_object() || object->is_string())) return error_from(*object, source);
  Error error = make_error(source.is_midstream ? Errc::midstream_error : by_status(http_status), "the upstream gave no reason");
  if (http_status >= 300) error.http_status = http_status;
  return error;
}

}  // namespace orthink
