#include "wasm/documents.h"

#include <array>
#include <optional>
#include <utility>

#include "orthink/ledger/batch_json.h"
#include "orthink/wire/json.h"

namespace orthink::wasm {
namespace {

Error wrong(std::string_view what) { return make_error(Errc::invalid_argument, std::string(what)); }

Result<json::Value> object_from(std::string_view text) {
  if (text.empty()) return json::Value::object();
  Result<json::Value> value = json::parse(text);
  if (value && !value->is_object()) return wrong("this document must be an object");
  return value;
}

const std::string* text_at(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->is_string() ? &value->text() : nullptr;
}

template <class Enum, size_t N>
std::optional<Enum> named(const std::array<std::pair<std::string_view, Enum>, N>& names, const std::string* text) {
  if (text == nullptr) return std::nullopt;
  for (const auto& [name, value] : names) {
    if (name == *text) return value;
  }
  return std::nullopt;
}

constexpr auto kWhere = std::to_array<std::pair<std::string_view, input::Lost::Where>>({
    {"resolve", input::Lost::Where::resolve},
    {"connect", input::Lost::Where::connect},
    {"tls", input::Lost::Where::tls},
    {"sending", input::Lost::Where::sending},
    {"waiting", input::Lost::Where::waiting},
    {"body", input::Lost::Where::body},
});

constexpr uint64_t kOptionMsMax = uint64_t{366} * 24 * 3'600'000;  // a year: longer is a mistake, and its microseconds still fit

// False when `key` is no duration, or its value is none.
bool set_duration(Deadlines& deadlines, std::string_view key, const json::Value& value) {
  const std::optional<uint64_t> ms = value.as_u64();
  if (!ms || *ms > kOptionMsMax) return false;
  const Duration duration = Duration::millis(static_cast<int64_t>(*ms));
  if (key == "connect_ms") deadlines.connect = duration;
  else if (key == "first_token_ms") deadlines.first_token = duration;
  else if (key == "idle_ms") deadlines.idle = duration;
  else if (key == "call_ms") deadlines.call = duration;
  else return false;
  return true;
}

// {"scopes":{"global":{},"user:alice":{"usd_per_day":"5"}},"epoch":"...","warn_percent":80,"slice_tokens":2000}: the limits are those of the budget document.
bool set_scopes(ledger::ScopeList& scopes, const json::Value& value) {
  if (!value.is_object() || value.members().empty() || value.members().front().key != name(ScopeKind::global)) return false;
  scopes.clear();
  for (const json::Member& member : value.members()) {
    Result<Scope> scope = Scope::parse(member.key);
    const Result<Limits> limits = Limits::parse(json::dump(member.value));
    if (!scope || !limits) return false;
    scopes.push_back({std::move(*scope), *limits});
  }
  return true;
}

bool set_ledger(LedgerOptions& options, const json::Value& value) {
  if (!value.is_object()) return false;
  for (const auto& [key, each] : value.members()) {
    const std::optional<uint64_t> number = each.as_u64();
    if (key == "epoch" && each.is_string()) options.epoch = each.text();
    else if (key == "warn_percent" && number && *number <= 100) options.warn_percent = static_cast<uint32_t>(*number);
    else if (key == "slice_tokens" && number) options.slice_tokens = *number;
    else if (key != "scopes" || !set_scopes(options.scopes, each)) return false;
  }
  return true;
}

bool set_option(ExchangeOptions& options, std::string_view key, const json::Value& value) {
  const std::optional<uint64_t> number = value.as_u64();
  if (key == "call_id" && value.is_string()) options.call_id = value.text();
  else if (key == "entropy" && number) options.entropy = *number;
  else if (key == "thinking_tokens_max" && number) options.prepare.thinking_tokens_max = *number;
  else if (key == "attempts" && number && *number >= 1 && *number <= 100) options.retry.attempts_max = static_cast<uint32_t>(*number);
  else if (key == "allow_stale_prices" && value.is_boolean()) options.prepare.allows_stale_prices = value.as_bool();
  else if (key == "ledger") return set_ledger(options.ledger, value);
  else return set_duration(options.deadlines, key, value);
  return true;
}

}  // namespace

Result<ExchangeOptions> exchange_options(std::string_view json) {
  Result<json::Value> document = object_from(json);
  if (!document) return document.error();
  ExchangeOptions options;
  for (const json::Member& member : document->members()) {
    if (!set_option(options, member.key, member.value)) return wrong("option '" + member.key + "' is unknown or its value will not do");
  }
  options.prepare.call_deadline = options.deadlines.call;
  options.prepare.is_paid = true;
  return options;
}

Result<ReadOptions> read_options(std::string_view json) {
  Result<json::Value> document = object_from(json);
  if (!document) return document.error();
  ReadOptions options;
  for (const json::Member& member : document->members()) {
    const std::string* text = text_at(*document, member.key);
    if (text != nullptr && member.key == "model") options.model = *text;
    else if (text != nullptr && member.key == "as" && (*text == "events" || *text == "deltas")) options.as_deltas = *text == "deltas";
    else return wrong("option '" + member.key + "' is unknown or its value will not do");
  }
  return options;
}

Result<input::Head> head_from(std::string_view json, uint32_t leg) {
  Result<json::Value> document = object_from(json);
  if (!document) return document.error();
  const json::Value* status = document->find("status");
  const json::Value* headers = document->find("headers");
  if (status == nullptr || !status->as_u64() || *status->as_u64() > 999) return wrong("a head needs a status from 0 to 999");
  if (headers == nullptr || !headers->is_array()) return wrong("a head needs an array of headers");
  input::Head head{.leg = leg, .head = {.status = static_cast<int>(*status->as_u64()), .headers = {}}};
  for (const json::Member& pair : headers->members()) {
    const auto& parts = pair.value.members();
    if (!pair.value.is_array() || parts.size() != 2 || !parts[0].value.is_string() || !parts[1].value.is_string()) {
      return wrong("a header is a pair of strings");
    }
    head.head.headers.push_back({parts[0].value.text(), parts[1].value.text()});
  }
  return head;
}

Result<input::Lost> lost_from(std::string_view json, uint32_t leg) {
  Result<json::Value> document = object_from(json);
  if (!document) return document.error();
  const auto where = named(kWhere, text_at(*document, "where"));
  const json::Value* sent_any = document->find("sent_any");
  if (!where || sent_any == nullptr || !sent_any->is_boolean()) return wrong("lost needs where and sent_any");
  const std::string* detail = text_at(*document, "detail");
  return input::Lost{.leg = leg, .where = *where, .sent_any = sent_any->as_bool(), .detail = detail != nullptr ? *detail : std::string()};
}

Result<StoreReply> store_reply_from(std::string_view json) {
  Result<json::Value> document = object_from(json);
  if (!document) return document.error();
  return read_reply(*document);
}

}  // namespace orthink::wasm
