#include "native/observe/trace_context.h"

#include <algorithm>
#include <set>

namespace orthink::observe {
namespace {

constexpr size_t kParentSize = 55;  // of version 00
constexpr size_t kStateBytesMax = 512;
constexpr size_t kStateMembersMax = 32;
constexpr size_t kKeyBytesMax = 256;
constexpr size_t kValueBytesMax = 256;

// Lower case only, as section 3.2.2 has it.
std::optional<uint64_t> hex_of(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value << 4 | static_cast<uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return value;
}

void append_hex(std::string& out, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out += "0123456789abcdef"[value >> (4 * i) & 15];
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Section 3.3.1.3.1; a tenant's key ("1a2b@vendor") may begin with a digit.
bool is_key(std::string_view key) {
  const size_t at = key.find('@');
  const std::string_view system = at == std::string_view::npos ? key : key.substr(at + 1);
  const std::string_view tenant = at == std::string_view::npos ? "a" : key.substr(0, at);
  const auto is_inner = [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/'; };
  const bool is_short = at == std::string_view::npos ? key.size() <= kKeyBytesMax : tenant.size() <= 241 && system.size() <= 14;
  return is_short && !system.empty() && is_lower(system[0]) && std::all_of(system.begin(), system.end(), is_inner) && !tenant.empty() &&
         (is_lower(tenant[0]) || is_digit(tenant[0])) && std::all_of(tenant.begin(), tenant.end(), is_inner);
}

bool is_value(std::string_view value) {
  const auto is_inner = [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; };
  return !value.empty() && value.size() <= kValueBytesMax && value.back() != ' ' && std::all_of(value.begin(), value.end(), is_inner);
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  if (text.size() < kParentSize || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::optional<uint64_t> version = hex_of(text.substr(0, 2));
  const std::optional<uint64_t> high = hex_of(text.substr(3, 16));
  const std::optional<uint64_t> low = hex_of(text.substr(19, 16));
  const std::optional<uint64_t> span = hex_of(text.substr(36, 16));
  const std::optional<uint64_t> flags = hex_of(text.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xff) return std::nullopt;
  const bool has_more = text.size() > kParentSize;
  if (has_more && (*version == 0 || text[kParentSize] != '-')) return std::nullopt;
  TraceContext context{*high, *low, *span, 0, (*flags & 1) != 0, ""};
  if (!context.is_valid()) return std::nullopt;
  return context;
}

std::string checked_tracestate(std::string_view text) {
  if (text.size() > kStateBytesMax) return {};
  std::string checked;
  std::set<std::string_view> keys;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view member = trimmed(text.substr(at, comma - at));
    at = comma + 1;
    if (member.empty()) continue;
    const size_t equals = std::min(member.find('='), member.size());
    const std::string_view key = member.substr(0, equals);
    if (equals == member.size() || !is_key(key) || !is_value(member.substr(equals + 1)) || !keys.insert(key).second) return {};
    if (keys.size() > kStateMembersMax) return {};
    checked.append(checked.empty() ? "" : ",").append(member);
  }
  return checked;
}

TraceContext child_of(const TraceContext& parent, uint64_t span) {
  return {parent.trace_high, parent.trace_low, span, parent.span, parent.is_sampled, parent.state};
}

std::string trace_id_hex(const TraceContext& context) {
  std::string out;
  append_hex(out, context.trace_high, 16);
  append_hex(out, context.trace_low, 16);
  return out;
}

std::string span_id_hex(uint64_t span) {
  std::string out;
  append_hex(out, span, 16);
  return out;
}

std::string traceparent_text(const TraceContext& context) {
  return "00-" + trace_id_hex(context) + "-" + span_id_hex(context.span) + (context.is_sampled ? "-01" : "-00");
}

}  // namespace orthink::observe
