#include "orthink/access/keys.h"

#include <algorithm>

#include "orthink/base/limits.h"
#include "orthink/wire/json.h"

namespace orthink::access {
namespace {

constexpr std::string_view kPrefix = "ork_";
constexpr size_t kNameBytesMax = 64;
constexpr size_t kTextBytesMax = 256;  // of a scope of the ledger
constexpr size_t kPatternsMax = 1'000;
constexpr uint64_t kSecondsMax = 253'402'300'799;  // the year 9999
constexpr json::ParseLimits kTableLimits{limits::kAccessKeysBytesMax, 100'000, 8};

bool is_key_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), is_plain);
}

bool is_plain_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::optional<uint8_t> nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

bool digest_read(std::string_view text, Sha256::Digest& out) {
  if (text.size() != out.size() * 2) return false;
  for (size_t i = 0; i < out.size(); ++i) {
    const std::optional<uint8_t> high = nibble(text[2 * i]);
    const std::optional<uint8_t> low = nibble(text[2 * i + 1]);
    if (!high || !low) return false;
    out[i] = static_cast<uint8_t>(*high << 4U | *low);
  }
  return true;
}

bool patterns_read(const json::Value& value, std::vector<std::string>& out) {
  if (!value.is_array() || value.members().empty() || value.members().size() > kPatternsMax) return false;
  for (const json::Member& each : value.members()) {
    if (!each.value.is_string() || each.value.text().empty() || !is_plain_text(each.value.text())) return false;
    out.push_back(each.value.text());
  }
  return true;
}

bool text_read(const json::Value& value, std::string& out) {
  if (!value.is_string() || value.text().empty() || value.text().size() > kTextBytesMax || !is_plain_text(value.text())) return false;
  out = value.text();
  return true;
}

bool name_read(const json::Value& value, AccessKey& out) { return text_read(value, out.name) && is_key_name(out.name); }
bool sum_read(const json::Value& value, AccessKey& out) { return value.is_string() && digest_read(value.text(), out.sha256); }
bool user_read(const json::Value& value, AccessKey& out) { return text_read(value, out.user); }
bool tenant_read(const json::Value& value, AccessKey& out) { return text_read(value, out.tenant); }
bool models_read(const json::Value& value, AccessKey& out) { return patterns_read(value, out.models); }
bool tools_read(const json::Value& value, AccessKey& out) { return patterns_read(value, out.tools); }
bool limits_read(const json::Value& value, AccessKey& out) {
  Result<Limits> limits = Limits::parse(json::dump(value));
  if (!limits) return false;
  out.limits = std::move(*limits);
  return true;
}
bool expires_read(const json::Value& value, AccessKey& out) {
  const std::optional<uint64_t> seconds = value.as_u64();
  if (!seconds || *seconds > kSecondsMax) return false;
  out.expires = Instant{static_cast<int64_t>(*seconds) * 1'000'000};
  return true;
}
bool disabled_read(const json::Value& value, AccessKey& out) {
  out.is_disabled = value.as_bool();
  return value.is_boolean();
}

struct MemberRow {
  std::string_view name;
  bool (*read)(const json::Value&, AccessKey&);
  std::string_view wants;
  bool is_needed = false;
};
constexpr MemberRow kMembers[] = {
    {"name", name_read, "1 to 64 letters, digits, dots, underscores or hyphens", true},
    {"sha256", sum_read, "64 hex digits in lower case", true},
    {"user", user_read, "a name of 1 to 256 bytes"},
    {"tenant", tenant_read, "a name of 1 to 256 bytes"},
    {"models", models_read, "an array of model ids, each of which may end in *; left out for every model"},
    {"tools", tools_read, "an array of names of tools; left out for every tool"},
    {"limits", limits_read, "an object such as {\"usd_per_day\":\"5\",\"requests_per_minute\":20}"},
    {"expires", expires_read, "whole seconds since 1970"},
    {"disabled", disabled_read, "true or false"},
};

Error bad_entry(size_t index, const std::string& what, std::string remedy = "`orthink access` writes this file; undo the last change made by hand.") {
  return make_error(Errc::invalid_config, "entry " + std::to_string(index + 1) + " of the table of keys " + what, std::move(remedy));
}

Result<AccessKey> entry_read(size_t index, const json::Value& entry) {
  if (!entry.is_object()) return bad_entry(index, "is no object");
  AccessKey key;
  for (const json::Member& member : entry.members()) {
    const auto* found = std::find_if(std::begin(kMembers), std::end(kMembers), [&](const MemberRow& each) { return each.name == member.key; });
    if (found == std::end(kMembers)) return bad_entry(index, "has a member that is not known");
    const std::string name(found->name);
    if (!found->read(member.value, key)) return bad_entry(index, "has a wrong \"" + name + "\"", name + " takes " + std::string(found->wants) + ".");
  }
  for (const MemberRow& each : kMembers)
    if (each.is_needed && entry.find(each.name) == nullptr) return bad_entry(index, "has no \"" + std::string(each.name) + "\"");
  return key;
}

void patterns_written(json::Writer& out, std::string_view name, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return;
  out.key(name).array();
  for (const std::string& pattern : patterns) out.string(pattern);
  out.end();
}

std::string entry_json(const AccessKey& key) {
  json::Writer out;
  out.object().key("name").string(key.name).key("sha256").string(hex(key.sha256));
  if (!key.user.empty()) out.key("user").string(key.user);
  if (!key.tenant.empty()) out.key("tenant").string(key.tenant);
  patterns_written(out, "models", key.models);
  patterns_written(out, "tools", key.tools);
  if (!key.limits.empty()) out.key("limits").raw(key.limits.to_json());
  if (key.expires) out.key("expires").number(key.expires->us / 1'000'000);
  if (key.is_disabled) out.key("disabled").boolean(true);
  return out.end().take();
}

}  // namespace

std::string make_key(const std::array<uint64_t, 4>& entropy) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string key(kPrefix);
  for (const uint64_t word : entropy)
    for (unsigned shift = 64; shift > 0; shift -= 4) key += kDigits[word >> (shift - 4) & 15U];
  return key;
}

bool same_digest(const Sha256::Digest& a, const Sha256::Digest& b) {
  const auto text = [](const Sha256::Digest& digest) { return std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()); };
  return same_secret(text(a), text(b));
}

Result<KeyTable> KeyTable::parse(std::string_view text) {
  const Result<json::Value> document = json::parse(text, kTableLimits);
  if (!document) return make_error(Errc::invalid_config, "the table of keys: " + document.error().message, document.error().remedy);
  const json::Value* listed = document->is_object() ? document->find("keys") : nullptr;
  if (listed == nullptr || !listed->is_array() || document->members().size() != 1)
    return make_error(Errc::invalid_config, "the table of keys is not {\"keys\":[...]}", "`orthink access add` writes one.");
  KeyTable table;
  for (size_t i = 0; i < listed->members().size(); ++i) {
    Result<AccessKey> key = entry_read(i, listed->members()[i].value);
    if (!key) return key.error();
    if (Result<void> added = table.add(std::move(*key)); !added) return bad_entry(i, "cannot stand: " + added.error().message);
  }
  return table;
}

std::string KeyTable::to_json() const {
  std::string text = "{\"keys\":[";
  for (size_t i = 0; i < keys_.size(); ++i) text += (i == 0 ? "\n" : ",\n") + entry_json(keys_[i]);
  return text + "\n]}\n";
}

Result<void> KeyTable::add(AccessKey key) {
  if (!is_key_name(key.name))
    return make_error(Errc::invalid_argument, "that is no name for a key", "Use 1 to 64 letters, digits, dots, underscores or hyphens.");
  if (keys_.size() >= limits::kAccessKeysMax)
    return make_error(Errc::too_large, "there are " + std::to_string(limits::kAccessKeysMax) + " keys already", "Remove those that nobody uses.");
  for (const AccessKey& each : keys_) {
    if (each.name == key.name)
      return make_error(Errc::invalid_argument, "there is a key named " + key.name + " already", "Take another name, or remove that key first.");
    if (same_digest(each.sha256, key.sha256))
      return make_error(Errc::invalid_argument, "the keys " + each.name + " and " + key.name + " are the same key", "Make a key for each caller.");
  }
  keys_.push_back(std::move(key));
  return {};
}

bool KeyTable::remove(std::string_view name) { return std::erase_if(keys_, [name](const AccessKey& key) { return key.name == name; }) > 0; }

bool KeyTable::disable(std::string_view name, bool disabled) {
  for (AccessKey& key : keys_) {
    if (key.name != name) continue;
    key.is_disabled = disabled;
    return true;
  }
  return false;
}

Judged<Principal> KeyTable::find(Instant now, std::string_view presented) const {
  const Sha256::Digest sum = Sha256::of(presented.substr(0, limits::kTokenBytesMax));
  size_t place = keys_.size();
  for (size_t i = 0; i < keys_.size(); ++i) {
    const auto mask = static_cast<size_t>(0) - static_cast<size_t>(same_digest(keys_[i].sha256, sum));
    place = (i & mask) | (place & ~mask);
  }
  if (place == keys_.size() || presented.size() > limits::kTokenBytesMax) return Denial::key_unknown;
  const AccessKey& key = keys_[place];
  if (key.is_disabled) return Denial::key_disabled;
  if (key.expires && now >= *key.expires) return Denial::key_expired;
  Principal caller;
  caller.id = "key:" + key.name;
  caller.user = key.user;
  caller.tenant = key.tenant;
  caller.key_name = key.name;
  if (!key.limits.empty()) caller.limits = key.limits;
  caller.models = key.models;
  caller.tools = key.tools;
  return caller;
}

}  // namespace orthink::access
