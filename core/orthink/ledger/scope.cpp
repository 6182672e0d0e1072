#include "orthink/ledger/scope.h"

#include <algorithm>
#include <charconv>

#include "orthink/base/utf8.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr std::array<std::string_view, 5> kScopes{"global", "tenant", "user", "key", "session"};
constexpr std::array<std::string_view, kLimitKinds.size()> kLimits{"usd_per_day", "usd_per_month", "requests_per_minute", "requests_per_day",
                                                                   "tokens_per_minute"};
constexpr int64_t kCountMax = 1'000'000'000;
constexpr size_t kIdBytesMax = 256;

Error bad_limit(LimitKind kind, std::string_view text, std::string_view wants) {
  return make_error(Errc::invalid_argument, "the limit " + std::string(name(kind)) + " cannot be '" + std::string(text) + "'",
                    std::string("Give ") + std::string(wants) + ", or none to lift it.");
}

Result<int64_t> money_limit(LimitKind kind, std::string_view text) {
  const Result<Money> money = Money::parse(text);
  const int64_t nano = money ? money->pico / 1000 : -1;
  const bool is_lost = nano == 0 && money->pico > 0;  // what is meant to allow something allows nothing
  if (!money || nano > NanoUsd::kMax || is_lost) return bad_limit(kind, text, "dollars such as 5.25, at most 9007199");
  return nano;
}

Result<int64_t> count_limit(LimitKind kind, std::string_view text) {
  int64_t count = -1;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_whole = code == std::errc{} && end == text.data() + text.size();
  if (!is_whole || count < 0 || count > kCountMax) return bad_limit(kind, text, "a whole number up to 1000000000");
  return count;
}

Result<int64_t> limit_of(LimitKind kind, std::string_view text) {
  return is_money(kind) ? money_limit(kind, text) : count_limit(kind, text);
}

}  // namespace

std::string_view name(ScopeKind kind) { return kScopes[static_cast<size_t>(kind)]; }

std::optional<ScopeKind> scope_kind(std::string_view name) {
  for (size_t i = 0; i < kScopes.size(); ++i)
    if (kScopes[i] == name) return static_cast<ScopeKind>(i);
  return std::nullopt;
}

std::string Scope::to_text() const {
  std::string text(name(kind));
  return kind == ScopeKind::global ? text : text + ":" + id;
}

Result<Scope> Scope::parse(std::string_view text) {
  constexpr const char* kForms = "Write global, or user:NAME, tenant:NAME, key:NAME or session:NAME.";
  if (!is_utf8(text)) return make_error(Errc::invalid_argument, "the scope's name is not UTF-8", kForms);
  const size_t colon = std::min(text.find(':'), text.size());
  const std::optional<ScopeKind> kind = scope_kind(text.substr(0, colon));
  const std::string_view id = colon < text.size() ? text.substr(colon + 1) : std::string_view();
  const bool is_whole = kind && (*kind == ScopeKind::global ? colon == text.size() : !id.empty() && id.size() <= kIdBytesMax);
  const bool is_plain = std::none_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!is_whole || !is_plain) {
    const std::string message = text.size() > kIdBytesMax ? "a scope's name has at most 256 bytes" : "there is no scope '" + std::string(text) + "'";
    return make_error(Errc::invalid_argument, message, kForms);
  }
  return Scope{*kind, std::string(id)};
}

std::string_view name(LimitKind kind) { return kLimits[static_cast<size_t>(kind)]; }

std::optional<LimitKind> limit_kind(std::string_view name) {
  for (const LimitKind kind : kLimitKinds)
    if (kLimits[static_cast<size_t>(kind)] == name) return kind;
  return std::nullopt;
}

bool Limits::empty() const {
  return std::none_of(of.begin(), of.end(), [](const std::optional<int64_t>& limit) { return limit.has_value(); });
}

Result<Limits> Limits::parse(std::string_view text) {
  const Result<json::Value> document = json::parse(text);
  if (!document) return document.error();
  if (!document->is_object()) return make_error(Errc::invalid_argument, "limits are not a JSON object");
  Limits limits;
  for (const json::Member& member : document->members()) {
    const std::optional<LimitKind> kind = limit_kind(member.key);
    if (!kind) return make_error(Errc::unknown_field, "there is no limit '" + member.key + "'");
    if (member.value.is_null()) continue;
    const bool has_form = is_money(*kind) ? member.value.is_string() : member.value.is_number();
    if (!has_form) return bad_limit(*kind, json::dump(member.value), is_money(*kind) ? "dollars as a string" : "a whole number");
    const Result<int64_t> limit = limit_of(*kind, member.value.text());
    if (!limit) return limit.error();
    limits.set(*kind, *limit);
  }
  return limits;
}

std::string Limits::to_json() const {
  json::Writer out;
  out.object();
  for (const LimitKind kind : kLimitKinds) {
    const std::optional<int64_t>& limit = get(kind);
    if (!limit) continue;
    out.key(name(kind));
    if (is_money(kind))
      out.string(NanoUsd{*limit}.to_money().to_decimal());
    else
      out.number(*limit);
  }
  out.end();
  return out.take();
}

Result<void> Limits::set_text(LimitKind kind, std::string_view text) {
  if (text == "none") {
    set(kind, std::nullopt);
    return {};
  }
  const Result<int64_t> limit = limit_of(kind, text);
  if (!limit) return limit.error();
  set(kind, *limit);
  return {};
}

Limits tighter(const Limits& a, const Limits& b) {
  Limits both = a;
  for (const LimitKind kind : kLimitKinds) {
    const std::optional<int64_t>& other = b.get(kind);
    if (other && (!both.get(kind) || *other < *both.get(kind))) both.set(kind, other);
  }
  return both;
}

}  // namespace orthink
