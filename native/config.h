// Config: every setting in one table. Defaults, then the file, then the environment, then flags; later wins.
//
//   Result<Config> config = load_config({.file_path = config_file_path(), .variables = environment});
//   if (!config) return fail(config.error());
//   config->base_url();
//
// `orthink config` and docs/configuration.md are made from config_rows().
// Thread rule: values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/base/result.h"

namespace orthink {

enum class ConfigKind : uint8_t { text, url, count, seconds, dollars, boolean, store, path, secret, level };

struct ConfigRow {
  std::string_view name;         // key of the file: "base_url"
  std::string_view environment;  // "ORTHINK_BASE_URL"
  std::string_view flag;         // "--base-url"; empty: not on the command line
  ConfigKind kind;
  std::string_view initial;  // default as text; empty = none
  std::string_view what;     // a sentence
  uint64_t least = 0;        // of a count
  uint64_t most = 0;
};
std::span<const ConfigRow> config_rows();

enum class ConfigOrigin : uint8_t { builtin, file, environment, flag };
std::string_view name(ConfigOrigin origin);  // "default", "file", "environment", "flag"

struct ConfigValue {
  const ConfigRow* row = nullptr;
  std::string text;  // validated; for a secret "set", never the value. A store's may hold a password: print shown()
  ConfigOrigin origin = ConfigOrigin::builtin;
};

// What may be printed of a value: a store's password is masked.
std::string shown(const ConfigValue& value);

class Config {
 public:
  [[nodiscard]] const std::vector<ConfigValue>& values() const { return values_; }  // in the table's order
  [[nodiscard]] const std::string& text(std::string_view row_name) const;           // REQUIRES: a name of the table
  [[nodiscard]] std::vector<std::string> words(std::string_view row_name) const;    // of a text, as spaces part them
  [[nodiscard]] bool is_set(std::string_view row_name) const;                       // not from the default

  [[nodiscard]] const std::string& base_url() const { return text("base_url"); }  // without trailing '/'
  [[nodiscard]] const std::string& default_model() const { return text("default_model"); }
  [[nodiscard]] uint64_t max_thinking_tokens() const { return count("max_thinking_tokens"); }
  [[nodiscard]] uint32_t attempts() const { return static_cast<uint32_t>(count("attempts")); }
  [[nodiscard]] bool allows_stale_prices() const { return text("allow_stale_prices") == "true"; }
  [[nodiscard]] Duration connect_deadline() const { return *seconds("connect_deadline_s"); }
  [[nodiscard]] std::optional<Duration> first_token_deadline() const { return seconds("first_token_deadline_s"); }
  [[nodiscard]] Duration idle_deadline() const { return *seconds("idle_deadline_s"); }
  [[nodiscard]] Duration call_deadline() const { return *seconds("call_deadline_s"); }
  [[nodiscard]] Duration retry_base() const { return *seconds("retry_base_s"); }
  [[nodiscard]] Duration retry_cap() const { return *seconds("retry_cap_s"); }
  [[nodiscard]] const std::string& key_file() const { return text("key_file"); }
  [[nodiscard]] const std::string& user() const { return text("user"); }
  // What a user may spend, unless `orthink budget set` says otherwise; nothing: no limit.
  [[nodiscard]] std::optional<NanoUsd> daily_limit() const { return dollars("daily_limit_usd"); }
  [[nodiscard]] std::optional<NanoUsd> monthly_limit() const { return dollars("monthly_limit_usd"); }
  [[nodiscard]] uint64_t slice_tokens() const { return count("slice_tokens"); }
  [[nodiscard]] uint32_t warn_percent() const { return static_cast<uint32_t>(count("warn_percent")); }
  [[nodiscard]] const std::string& log_level() const { return text("log_level"); }  // "debug", "info", "warn", "error" or "off"
  [[nodiscard]] bool carries_traceparent() const { return text("carry_traceparent") == "true"; }
  [[nodiscard]] size_t connections_max() const { return static_cast<size_t>(count("connections_max")); }
  [[nodiscard]] Duration orphan_life() const { return *seconds("orphan_s"); }
  [[nodiscard]] Duration drain() const { return *seconds("drain_s"); }
  [[nodiscard]] const std::string& store() const { return text("store"); }  // empty: there is no folder for the ledger

 private:
  friend struct ConfigLoader;
  [[nodiscard]] uint64_t count(std::string_view row_name) const;
  [[nodiscard]] std::optional<Duration> seconds(std::string_view row_name) const;
  [[nodiscard]] std::optional<NanoUsd> dollars(std::string_view row_name) const;
  std::vector<ConfigValue> values_;
};

struct ConfigFlag {
  std::string flag;  // "--base-url"
  std::string text;
};

using Environment = std::function<std::optional<std::string>(const std::string&)>;

struct ConfigSources {
  std::string file_path;      // a file that is not there is no error
  std::string config_folder;  // for the default of key_file; empty: none
  Environment variables;      // empty: none
  std::vector<ConfigFlag> flags;
  std::string state_folder{};  // for the default of store; empty: none
};

// Errc::invalid_config names the source, the setting and what it takes; unknown keys of the file with "did you mean".
Result<Config> load_config(const ConfigSources& sources);
// The usual sources: the file of folders(), the process environment, and the given flags.
Result<Config> load_config(std::vector<ConfigFlag> flags = {});
std::string config_file_path();

// Of a base URL: https anywhere, http to loopback alone (Errc::insecure_url), no user, query or fragment. Without trailing '/'.
Result<std::string> check_base_url(std::string_view url);
// The host of a checked URL is 127.0.0.0/8, [::1] or localhost.
bool is_loopback(std::string_view url);

// docs/configuration.md.
std::string configuration_page();

}  // namespace orthink
