#include "native/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "native/system.h"
#include "orthink/base/limits.h"
#include "orthink/base/loopback.h"
#include "orthink/base/money.h"
#include "orthink/chat/ask.h"
#include "orthink/ledger/scope.h"
#include "orthink/wire/json.h"

namespace orthink {
namespace {

constexpr size_t kConfigBytesMax = size_t{256} << 10;
constexpr int64_t kSecondsMaxUs = int64_t{86'400} * 1'000'000;

constexpr std::array<std::string_view, 5> kLogLevels{"debug", "info", "warn", "error", "off"};

constexpr std::array kRows{
    ConfigRow{"base_url", "ORTHINK_BASE_URL", "", ConfigKind::url, "https://openrouter.ai/api/v1",
              "What /chat/completions is appended to; plain http only to loopback."},
    ConfigRow{"default_model", "ORTHINK_DEFAULT_MODEL", "--model", ConfigKind::text, kDefaultModel, "The model asked when none is named."},
    ConfigRow{"max_thinking_tokens", "ORTHINK_MAX_THINKING_TOKENS", "", ConfigKind::count, "16384",
              "The most thinking tokens a question may ask for; 0 sets no limit.", 0, 10'000'000},
    ConfigRow{"attempts", "ORTHINK_ATTEMPTS", "", ConfigKind::count, "3",
              "How often a call is tried at the most; only what is certain not to be bought twice.", 1, 10},
    ConfigRow{"retry_base_s", "ORTHINK_RETRY_BASE_S", "", ConfigKind::seconds, "0.5",
              "The first pause between attempts, doubled each time, with full jitter."},
    ConfigRow{"retry_cap_s", "ORTHINK_RETRY_CAP_S", "", ConfigKind::seconds, "20", "The longest pause between attempts."},
    ConfigRow{"connect_deadline_s", "ORTHINK_CONNECT_DEADLINE_S", "", ConfigKind::seconds, "5", "How long connecting may take."},
    ConfigRow{"first_token_deadline_s", "ORTHINK_FIRST_TOKEN_DEADLINE_S", "", ConfigKind::seconds, "",
              "How long the first token may take; unset: 60, or 300 when the model thinks."},
    ConfigRow{"idle_deadline_s", "ORTHINK_IDLE_DEADLINE_S", "", ConfigKind::seconds, "60",
              "The longest silence between bytes of an answer."},
    ConfigRow{"call_deadline_s", "ORTHINK_CALL_DEADLINE_S", "--deadline", ConfigKind::seconds, "900", "How long a whole call may take."},
    ConfigRow{"allow_stale_prices", "ORTHINK_ALLOW_STALE_PRICES", "", ConfigKind::boolean, "false",
              "Whether a paid call may use prices more than seven days old."},
    ConfigRow{"store", "ORTHINK_STORE", "", ConfigKind::store, "",
              "Where the ledger is: sqlite:PATH, redis://[USER:PASSWORD@]HOST[:PORT][/DB], redis+unix:PATH, or memory: (as long as the "
              "program runs); unset: ledger.db in the state folder."},
    ConfigRow{"user", "ORTHINK_USER", "", ConfigKind::text, "local", "Whose limits a call without --user counts against."},
    ConfigRow{"daily_limit_usd", "ORTHINK_DAILY_LIMIT_USD", "", ConfigKind::dollars, "50",
              "Dollars a user may spend in a UTC day, unless `orthink budget set` says otherwise; none lifts it."},
    ConfigRow{"monthly_limit_usd", "ORTHINK_MONTHLY_LIMIT_USD", "", ConfigKind::dollars, "1000",
              "Dollars a user may spend in a UTC month, likewise."},
    ConfigRow{"warn_percent", "ORTHINK_WARN_PERCENT", "", ConfigKind::count, "80",
              "How much of a limit may be used before receipts warn of it.", 1, 100},
    ConfigRow{"slice_tokens", "ORTHINK_SLICE_TOKENS", "", ConfigKind::count, "0",
              "Where the provider stops billing when a stream is closed, hold this much output at a time instead of the worst case, so that "
              "parallel calls leave room for each other; 0 holds it all.",
              0, 1'000'000},
    ConfigRow{"log_level", "ORTHINK_LOG_LEVEL", "", ConfigKind::level, "info",
              "What `mcp` and `serve` write to standard error, and what is graver: debug, info, warn, error, or off."},
    ConfigRow{"carry_traceparent", "ORTHINK_CARRY_TRACEPARENT", "", ConfigKind::boolean, "false",
              "Whether the trace that a caller names is told to the upstream."},
    ConfigRow{"metrics_token", "ORTHINK_METRICS_TOKEN", "", ConfigKind::secret, "",
              "What a reader of /metrics must show as a bearer token; unset: none, and only under loopback's names."},
    ConfigRow{"key_file", "ORTHINK_KEY_FILE", "", ConfigKind::path, "",
              "The file of the key, mode 0600; unset: key in the configuration folder."},
    ConfigRow{"listen", "ORTHINK_LISTEN", "--listen", ConfigKind::text, "127.0.0.1:8337",
              "Where `serve` listens; other addresses than loopback need auth."},
    ConfigRow{"mcp_path", "ORTHINK_MCP_PATH", "--path", ConfigKind::text, "/mcp", "The path of the tools there."},
    ConfigRow{"metrics_listen", "ORTHINK_METRICS_LISTEN", "--metrics", ConfigKind::text, "",
              "Where `serve` shows /metrics, /healthz and /readyz, on loopback, or anywhere with metrics_token; unset: no metrics."},
    ConfigRow{"allowed_hosts", "ORTHINK_ALLOWED_HOSTS", "", ConfigKind::text, "",
              "Names the server is reached by besides loopback's and that of auth_audience, separated by spaces."},
    ConfigRow{"allowed_origins", "ORTHINK_ALLOWED_ORIGINS", "", ConfigKind::text, "",
              "Origins of web pages that may call besides those of these hosts, such as https://app.example, separated by spaces."},
    ConfigRow{"connections_max", "ORTHINK_CONNECTIONS_MAX", "", ConfigKind::count, "1024", "Connections that `serve` holds at a time.", 1,
              100'000},
    ConfigRow{"orphan_s", "ORTHINK_ORPHAN_S", "", ConfigKind::seconds, "60",
              "How long a call goes on after its client's connection broke, where the client may come back for it."},
    ConfigRow{"drain_s", "ORTHINK_DRAIN_S", "--drain-s", ConfigKind::seconds, "10",
              "How long running calls may go on after SIGTERM before they are cancelled."},
    ConfigRow{"auth", "ORTHINK_AUTH", "--auth", ConfigKind::text, "none",
              "Who may call the server: none (this machine alone), keys (those of `orthink access`), jwt (tokens of auth_issuer), or both."},
    ConfigRow{"auth_keys_file", "ORTHINK_AUTH_KEYS_FILE", "", ConfigKind::path, "",
              "The table of the server's bearer keys, mode 0600; unset: access.json in the configuration folder."},
    ConfigRow{"auth_issuer", "ORTHINK_AUTH_ISSUER", "", ConfigKind::text, "", "Who issues tokens: their `iss`, to the byte."},
    ConfigRow{"auth_audience", "ORTHINK_AUTH_AUDIENCE", "", ConfigKind::text, "",
              "The address that clients reach this server by, such as https://orthink.example/mcp: what the `aud` of a token must name."},
    ConfigRow{"auth_jwks_url", "ORTHINK_AUTH_JWKS_URL", "", ConfigKind::url, "",
              "Where the issuer publishes its keys; plain http only from loopback."},
    ConfigRow{"auth_scopes", "ORTHINK_AUTH_SCOPES", "", ConfigKind::text, "", "Scopes that a token must have, separated by spaces."},
    ConfigRow{"auth_algorithms", "ORTHINK_AUTH_ALGORITHMS", "", ConfigKind::text, "ES256 RS256 EdDSA",
              "The algorithms a token may be signed by, of these and PS256, separated by spaces."},
    ConfigRow{"auth_access_token_type", "ORTHINK_AUTH_ACCESS_TOKEN_TYPE", "", ConfigKind::boolean, "false",
              "Whether a token's `typ` must be at+jwt (RFC 9068); else JWT or none does as well."},
    ConfigRow{"auth_user_claim", "ORTHINK_AUTH_USER_CLAIM", "", ConfigKind::text, "sub", "The claim that says whom a token's calls are charged to."},
    ConfigRow{"auth_tenant_claim", "ORTHINK_AUTH_TENANT_CLAIM", "", ConfigKind::text, "",
              "The claim that says whose money it is; unset: none."},
    ConfigRow{"openrouter_api_key", "OPENROUTER_API_KEY", "", ConfigKind::secret, "",
              "The key itself; wins over key_file, never shown, never read from this file."},
};

Error wrong(const std::string& place, const std::string& what, std::string remedy) {
  return make_error(Errc::invalid_config, place + " " + what, std::move(remedy));
}

Result<std::string> check_count(const ConfigRow& row, const std::string& place, const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const uint64_t least = row.least;
  const uint64_t most = row.most;
  if (error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most) return std::to_string(value);
  return wrong(place, "is \"" + text + "\"", "Give a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
}

std::optional<Duration> seconds_of(const std::string& text) {
  const Result<Money> decimal = Money::parse(text);  // six of its twelve decimals are microseconds
  if (!decimal || decimal->pico < 1'000'000 || decimal->pico / 1'000'000 > kSecondsMaxUs) return std::nullopt;
  return Duration::micros(decimal->pico / 1'000'000);
}

Result<std::string> check_dollars(const std::string& place, const std::string& text) {
  Limits limits;
  if (limits.set_text(LimitKind::usd_per_day, text)) return text;
  return wrong(place, "is \"" + text + "\"", "Give dollars, such as 50 or 2.5, at most 9007199, or none.");
}

// The value is not quoted: it may hold a password.
Result<std::string> check_store(const std::string& place, const std::string& text) {
  const auto names = [&](std::string_view scheme) { return text.starts_with(scheme) && text.size() > scheme.size(); };
  const bool is_plain = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (is_plain && (text == "memory:" || names("sqlite:") || names("redis://") || names("redis+unix:"))) return text;
  return wrong(place, "names no store", "Use memory:, sqlite:PATH, redis://HOST[:PORT][/DB] or redis+unix:PATH.");
}

Result<std::string> check_value(const ConfigRow& row, const std::string& place, const std::string& text) {
  switch (row.kind) {
    case ConfigKind::url: {
      Result<std::string> url = check_base_url(text);
      if (url) return url;
      Error error = url.error();
      error.message = place + ": " + error.message;
      return error;
    }
    case ConfigKind::count:
      return check_count(row, place, text);
    case ConfigKind::seconds:
      if (seconds_of(text)) return text;
      return wrong(place, "is \"" + text + "\"", "Give seconds, such as 60 or 0.5, at most 86400.");
    case ConfigKind::boolean:
      if (text == "true" || text == "1") return std::string("true");
      if (text == "false" || text == "0") return std::string("false");
      return wrong(place, "is \"" + text + "\"", "Give true or false.");
    case ConfigKind::level:
      if (std::find(kLogLevels.begin(), kLogLevels.end(), text) != kLogLevels.end()) return text;
      return wrong(place, "is \"" + text + "\"", "Give debug, info, warn, error or off.");
    case ConfigKind::store:
      return check_store(place, text);
    case ConfigKind::dollars:
      return check_dollars(place, text);
    case ConfigKind::secret:
      return std::string("set");
    case ConfigKind::text:
    case ConfigKind::path:
      break;
  }
  const bool is_plain = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!text.empty() && is_plain) return text;
  return wrong(place, text.empty() ? "is empty" : "has control characters", "Give a plain text, or leave it out.");
}

std::string text_of(const json::Value& value) {
  if (value.is_boolean()) return value.as_bool() ? "true" : "false";
  return value.text();
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Authority {
  std::string_view host;
  std::string_view port;
};

// Of "scheme://host:port/path"; the host of an IPv6 address keeps its brackets.
Authority authority_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find('/'));
  if (url.substr(0, 1) == "[") {
    const size_t end = url.find(']');
    const std::string_view host = url.substr(0, end == std::string_view::npos ? end : end + 1);
    return {host, url.substr(host.size())};
  }
  const size_t colon = url.find(':');
  return {url.substr(0, colon), colon == std::string_view::npos ? std::string_view{} : url.substr(colon)};
}

Error bad_url(std::string_view url, const std::string& what) {
  return make_error(Errc::invalid_config, "\"" + std::string(url) + "\" " + what, "Give an address such as https://openrouter.ai/api/v1.");
}

}  // namespace

std::span<const ConfigRow> config_rows() {
  return kRows;
}

std::string_view name(ConfigOrigin origin) {
  switch (origin) {
    case ConfigOrigin::builtin:
      return "default";
    case ConfigOrigin::file:
      return "file";
    case ConfigOrigin::environment:
      return "environment";
    case ConfigOrigin::flag:
      return "flag";
  }
  return "default";
}

std::string shown(const ConfigValue& value) {
  if (value.row->kind != ConfigKind::store) return value.text;
  // redis://USER:PASSWORD@HOST: the last '@' ends what may be secret.
  const size_t begin = value.text.find("://");
  const size_t at = value.text.rfind('@');
  if (begin == std::string::npos || at == std::string::npos || at < begin) return value.text;
  const size_t colon = value.text.find(':', begin + 3);
  if (colon >= at) return value.text;
  return value.text.substr(0, colon + 1) + "***" + value.text.substr(at);
}

const std::string& Config::text(std::string_view row_name) const {
  return std::find_if(values_.begin(), values_.end(), [&](const ConfigValue& v) { return v.row->name == row_name; })->text;
}

std::vector<std::string> Config::words(std::string_view row_name) const {
  std::vector<std::string> words;
  for (std::string_view rest = text(row_name); !rest.empty();) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

bool Config::is_set(std::string_view row_name) const {
  const auto value = std::find_if(values_.begin(), values_.end(), [&](const ConfigValue& v) { return v.row->name == row_name; });
  return value->origin != ConfigOrigin::builtin;
}

uint64_t Config::count(std::string_view row_name) const {
  const std::string& digits = text(row_name);
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::optional<NanoUsd> Config::dollars(std::string_view row_name) const {
  Limits limits;
  if (!limits.set_text(LimitKind::usd_per_day, text(row_name))) return std::nullopt;
  const std::optional<int64_t>& nano = limits.get(LimitKind::usd_per_day);
  return nano ? std::optional(NanoUsd{*nano}) : std::nullopt;
}

std::optional<Duration> Config::seconds(std::string_view row_name) const {
  return seconds_of(text(row_name));
}

struct ConfigLoader {
  Config config;

  ConfigValue* value(std::string_view row_name) {
    for (ConfigValue& v : config.values_)
      if (v.row->name == row_name) return &v;
    return nullptr;
  }
  void defaults(const std::string& config_folder, const std::string& state_folder) {
    for (const ConfigRow& row : kRows) config.values_.push_back({&row, std::string(row.initial), ConfigOrigin::builtin});
    if (!config_folder.empty()) {
      value("key_file")->text = config_folder + "/key";
      value("auth_keys_file")->text = config_folder + "/access.json";
    }
    if (!state_folder.empty()) value("store")->text = "sqlite:" + state_folder + "/ledger.db";
  }
  Result<void> set(ConfigValue& target, ConfigOrigin origin, const std::string& place, const std::string& text) {
    Result<std::string> checked = check_value(*target.row, place, text);
    if (!checked) return checked.error();
    target.text = std::move(*checked);
    target.origin = origin;
    return {};
  }
  Result<void> member(const std::string& path, const json::Member& entry) {
    const std::string place = path + ": \"" + entry.key + "\"";
    ConfigValue* target = value(entry.key);
    if (target == nullptr) {
      std::vector<std::string_view> names;
      for (const ConfigRow& row : kRows) names.push_back(row.name);
      const std::string_view close = closest_name(entry.key, names);
      return wrong(place, "is no setting",
                   close.empty() ? "docs/configuration.md lists the settings." : "Did you mean \"" + std::string(close) + "\"?");
    }
    if (target->row->kind == ConfigKind::secret) {
      const bool is_key = target->row->environment == "OPENROUTER_API_KEY";
      return wrong(place, "does not belong in this file",
                   is_key ? "Keep the key with `orthink key set`, and remove it here."
                          : "Set " + std::string(target->row->environment) + " in the environment, and remove it here.");
    }
    if (entry.value.is_array() || entry.value.is_object() || entry.value.is_null()) {
      return wrong(place, "is " + std::string(json::name(entry.value.type())), "Give a string, a number, or true or false.");
    }
    return set(*target, ConfigOrigin::file, place, text_of(entry.value));
  }
  Result<void> file(const std::string& path) {
    if (path.empty() || !file_facts(path)) return {};
    const Result<std::string> bytes = read_file(path, kConfigBytesMax);
    if (!bytes) return bytes.error();
    const Result<json::Value> document = json::parse(*bytes);
    if (!document) return wrong(path + ":", document.error().message, document.error().remedy);
    if (!document->is_object()) return wrong(path, "is not a JSON object", "Write {\"default_model\":\"...\"}.");
    for (const json::Member& entry : document->members())
      if (auto ok = member(path, entry); !ok) return ok;
    return {};
  }
  Result<void> environment(const Environment& variables) {
    if (!variables) return {};
    for (ConfigValue& target : config.values_) {
      const std::string variable(target.row->environment);
      const std::optional<std::string> text = variables(variable);
      if (!text) continue;
      if (auto ok = set(target, ConfigOrigin::environment, variable, *text); !ok) return ok;
    }
    return {};
  }
  Result<void> flag(const ConfigFlag& flag) {
    for (ConfigValue& target : config.values_)
      if (!target.row->flag.empty() && target.row->flag == flag.flag) return set(target, ConfigOrigin::flag, flag.flag, flag.text);
    return wrong(flag.flag, "is no setting", "docs/configuration.md lists the settings.");
  }
};

Result<Config> load_config(const ConfigSources& sources) {
  ConfigLoader loader;
  loader.defaults(sources.config_folder, sources.state_folder);
  if (auto ok = loader.file(sources.file_path); !ok) return ok.error();
  if (auto ok = loader.environment(sources.variables); !ok) return ok.error();
  for (const ConfigFlag& flag : sources.flags)
    if (auto ok = loader.flag(flag); !ok) return ok.error();
  return std::move(loader.config);
}

Result<Config> load_config(std::vector<ConfigFlag> flags) {
  const Folders own = folders();
  return load_config(ConfigSources{config_file_path(), own.config, environment, std::move(flags), own.state});
}

std::string config_file_path() {
  const std::string folder = folders().config;
  return folder.empty() ? "" : folder + "/config.json";
}

Result<std::string> check_base_url(std::string_view url) {
  const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_plain)
    return make_error(Errc::invalid_config, "the address has blanks or characters that no address has",
                      "Give an address such as https://openrouter.ai/api/v1.");
  const bool is_https = url.substr(0, 8) == "https://";
  if (!is_https && url.substr(0, 7) != "http://") return bad_url(url, "starts with neither https:// nor http://");
  if (url.find_first_of("?#@\\") != std::string_view::npos) {
    // Not quoted: what stands before an @ may be a password.
    return make_error(Errc::invalid_config, "the address has a user, a query or a fragment",
                      "Give an address such as https://openrouter.ai/api/v1.");
  }
  const auto [host, port] = authority_of(url);
  if (host.empty() || host == "[]") return bad_url(url, "names no host");
  if (!port.empty() && (port[0] != ':' || !is_digits(port.substr(1)) || port.size() > 6))
    return bad_url(url, "has a port that is no number");
  if (!is_https && !is_loopback(url)) return make_error(Errc::insecure_url, "\"" + std::string(url) + "\" would send the key unencrypted");
  while (url.back() == '/') url.remove_suffix(1);
  return std::string(url);
}

bool is_loopback(std::string_view url) {
  return is_loopback_host(authority_of(url).host);
}

std::string configuration_page() {
  std::string page =
      "# Configuration\n\n"
      "Later wins: the default, the file `$XDG_CONFIG_HOME/orthink/config.json` (one JSON object of the names below), the environment, "
      "flags.\n"
      "`orthink config` shows each value and where it came from. This page is made from the same table.\n\n"
      "| name | environment | flag | default | what it sets |\n|---|---|---|---|---|\n";
  for (const ConfigRow& row : kRows) {
    const auto code = [](std::string_view text) { return text.empty() ? std::string() : "`" + std::string(text) + "`"; };
    page += "| `" + std::string(row.name) + "` | `" + std::string(row.environment) + "` | " + code(row.flag) + " | " + code(row.initial) +
            " | " + std::string(row.what) + " |\n";
  }
  page +=
      "\nFolders: configuration in `$XDG_CONFIG_HOME/orthink`, the ledger and histories in `$XDG_STATE_HOME/orthink`, the catalogue in "
      "`$XDG_CACHE_HOME/orthink`.\n"
      "`NO_COLOR` switches colours off; `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` are honoured, except for loopback.\n";
  return page;
}

}  // namespace orthink
