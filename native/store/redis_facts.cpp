#include "native/store/redis_facts.h"

#include <charconv>

#include "native/store/store.h"

namespace orthink {
namespace {

constexpr uint64_t kMajorMin = 6;

uint64_t leading_number(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Error refusal(const std::string& where, const std::string& why, std::string remedy) {
  return unusable_store(where + " " + why, std::move(remedy));
}

void take(RedisFacts& facts, std::string_view name, std::string_view value) {
  if (name == "run_id") facts.run_id = value;
  if (name == "redis_version") facts.version = value;
  if (name == "role") facts.role = value;
  if (name == "maxmemory") facts.memory_bytes_max = leading_number(value);
  if (name == "maxmemory_policy") facts.policy = value;
  if (name == "loading") facts.is_loading = value != "0";
  if (name == "aof_enabled") facts.has_append_only = value == "1";
}

}  // namespace

RedisFacts RedisFacts::parse(std::string_view info) {
  RedisFacts facts;
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find_first_of("\r\n"));
    info.remove_prefix(line.size() == info.size() ? line.size() : line.size() + 1);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) take(facts, line.substr(0, colon), line.substr(colon + 1));
  }
  return facts;
}

Result<void> RedisFacts::judge(const std::string& where) const {
  if (run_id.empty() || version.empty())
    return refusal(where, "does not say which server it is", "Let the user run INFO, and use a Redis or Valkey server.");
  if (leading_number(version) < kMajorMin)
    return refusal(where, "is version " + version + ", which is too old", "Use Redis 6 or later, or Valkey.");
  if (role != "master") return refusal(where, "is a replica", "Name the primary server in the URL.");
  if (is_loading) return make_error(Errc::store_unavailable, where + " is still loading its data", "Wait until it is ready.");
  if (memory_bytes_max > 0 && policy != "noeviction")
    return refusal(where, "may throw the ledger away: its maxmemory-policy is " + policy,
                   "Set maxmemory-policy noeviction, or give the ledger a server of its own.");
  return {};
}

}  // namespace orthink
