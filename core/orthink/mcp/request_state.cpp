#include "orthink/mcp/request_state.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "orthink/base/base64.h"
#include "orthink/base/sha256.h"

namespace orthink::mcp {
namespace {

constexpr size_t kMacBytes = 32;
constexpr size_t kTimeBytes = 8;

std::string bytes_of(const Sha256::Digest& digest) {
  return {digest.begin(), digest.end()};
}

std::string big_endian(uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

void write_sorted(std::string& out, const json::Value& value) {
  if (!value.is_object() && !value.is_array()) return json::write(out, value);
  std::vector<const json::Member*> members;
  for (const json::Member& member : value.members()) members.push_back(&member);
  if (value.is_object()) std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  out += value.is_object() ? '{' : '[';
  for (const json::Member* member : members) {
    if (value.is_object()) {
      json::write_string(out, member->key);
      out += ':';
    }
    write_sorted(out, member->value);
    out += ',';
  }
  out += value.is_object() ? '}' : ']';
}

std::string mac_of(std::string_view key, std::string_view binding, std::string_view rest) {
  std::string text(binding);
  text += rest;
  return bytes_of(Sha256::hmac(key, text));
}

}  // namespace

std::string state_binding(std::string_view principal, std::string_view method, std::string_view name, const json::Value& arguments) {
  std::string text;
  for (std::string_view part : {principal, method, name}) {
    text += big_endian(part.size());
    text += part;
  }
  write_sorted(text, arguments);
  return bytes_of(Sha256::of(text));
}

std::string seal_state(std::string_view key, std::string_view binding, Instant expires, std::string_view payload) {
  std::string rest = big_endian(static_cast<uint64_t>(expires.ms()));
  rest += payload;
  return base64url(mac_of(key, binding, rest) + rest);
}

std::optional<std::string> open_state(std::string_view key, std::string_view binding, Instant now, std::string_view sealed) {
  const std::optional<std::string> bytes = base64url_bytes(sealed);
  if (key.empty() || !bytes || bytes->size() < kMacBytes + kTimeBytes) return std::nullopt;
  const std::string_view mac = std::string_view(*bytes).substr(0, kMacBytes), rest = std::string_view(*bytes).substr(kMacBytes);
  if (!same_secret(mac, mac_of(key, binding, rest))) return std::nullopt;
  uint64_t expires_ms = 0;
  for (char c : rest.substr(0, kTimeBytes)) expires_ms = (expires_ms << 8) | static_cast<uint8_t>(c);
  if (static_cast<uint64_t>(now.ms()) >= expires_ms) return std::nullopt;
  return std::string(rest.substr(kTimeBytes));
}

}  // namespace orthink::mcp
