#include "native/config.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "native/system.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

std::string origin_of(const Config& config, std::string_view row) {
  for (const ConfigValue& value : config.values())
    if (value.row->name == row) return std::string(name(value.origin));
  return "";
}

TEST_CASE("defaults are valid and complete") {
  const Result<Config> config = load_config(ConfigSources{});
  REQUIRE(config);
  CHECK(config->values().size() == config_rows().size());
  CHECK(config->base_url() == "https://openrouter.ai/api/v1");
  CHECK(config->attempts() == 3);
  CHECK(config->max_thinking_tokens() == 16'384);
  CHECK(config->retry_base() == Duration::millis(500));
  CHECK(config->retry_cap() == Duration::seconds(20));
  CHECK(config->connect_deadline() == Duration::seconds(5));
  CHECK_FALSE(config->first_token_deadline());
  CHECK(config->idle_deadline() == Duration::seconds(60));
  CHECK(config->call_deadline() == Duration::seconds(900));
  CHECK_FALSE(config->allows_stale_prices());
  CHECK(config->key_file().empty());
  CHECK(config->user() == "local");
  CHECK(config->daily_limit() == NanoUsd{50'000'000'000});
  CHECK(config->monthly_limit() == NanoUsd{1'000'000'000'000});
  CHECK(config->warn_percent() == 80);
  CHECK(config->log_level() == "info");
  CHECK_FALSE(config->carries_traceparent());
  CHECK(config->store().empty());  // no state folder was given
}

TEST_CASE("the ledger is in the state folder unless a store is named") {
  ConfigSources sources;
  sources.state_folder = "/state";
  CHECK(load_config(sources)->store() == "sqlite:/state/ledger.db");
  sources.variables = variables({{"ORTHINK_STORE", "redis+unix:/run/redis.sock"}, {"ORTHINK_DAILY_LIMIT_USD", "none"}});
  const Result<Config> config = load_config(sources);
  REQUIRE(config);
  CHECK(config->store() == "redis+unix:/run/redis.sock");
  CHECK_FALSE(config->daily_limit());
}

TEST_CASE("a list of words is parted by spaces, however many") {
  ConfigSources sources;
  sources.variables = variables({{"ORTHINK_ALLOWED_HOSTS", "  a.example b.example "}});
  const Result<Config> config = load_config(sources);
  REQUIRE(config);
  CHECK(config->words("allowed_hosts") == std::vector<std::string>{"a.example", "b.example"});
  CHECK(config->words("allowed_origins").empty());
}

TEST_CASE("a store's password is never shown") {
  const auto shown_store = [](const char* url) {
    const Result<Config> config = load_config({"", "", variables({{"ORTHINK_STORE", url}}), {}});
    REQUIRE(config);
    CHECK(config->store() == url);
    for (const ConfigValue& value : config->values())
      if (value.row->name == "store") return shown(value);
    return std::string();
  };
  CHECK(shown_store("redis://me:hunter2@host:6379/1") == "redis://me:***@host:6379/1");
  CHECK(shown_store("redis://:hunter2@host") == "redis://:***@host");
  CHECK(shown_store("redis://me:hun@ter/2@host") == "redis://me:***@host");
  CHECK(shown_store("redis://me@host:6379") == "redis://me@host:6379");
  CHECK(shown_store("redis://host:6379/2") == "redis://host:6379/2");
  CHECK(shown_store("sqlite:/a/b@c.db") == "sqlite:/a/b@c.db");
  const Result<Config> wrong = load_config({"", "", variables({{"ORTHINK_STORE", "rediss://me:hunter2@host"}}), {}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("later sources win and each value names its own") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("config.json");
  REQUIRE(write_file(path, R"({"default_model":"from/file","attempts":5,"idle_deadline_s":"7.5","allow_stale_prices":true})", 0644));
  const Result<Config> config =
      load_config({path,
                   folder.path(),
                   variables({{"ORTHINK_DEFAULT_MODEL", "from/environment"}, {"ORTHINK_ATTEMPTS", "4"}, {"OPENROUTER_API_KEY", "k"}}),
                   {{"--model", "from/flag"}}});
  REQUIRE(config);
  CHECK(config->default_model() == "from/flag");
  CHECK(origin_of(*config, "default_model") == "flag");
  CHECK(config->attempts() == 4);
  CHECK(origin_of(*config, "attempts") == "environment");
  CHECK(config->idle_deadline() == Duration::millis(7500));
  CHECK(origin_of(*config, "idle_deadline_s") == "file");
  CHECK(config->allows_stale_prices());
  CHECK(origin_of(*config, "base_url") == "default");
  CHECK(config->key_file() == folder.path() + "/key");
  CHECK(config->text("openrouter_api_key") == "set");
}

TEST_CASE("wrong settings are refused with their place and what they take") {
  struct Case {
    const char* variable;
    const char* text;
    Errc errc;
  };
  for (const Case& c : {Case{"ORTHINK_ATTEMPTS", "0", Errc::invalid_config},
                        {"ORTHINK_ATTEMPTS", "11", Errc::invalid_config},
                        {"ORTHINK_ATTEMPTS", "3x", Errc::invalid_config},
                        {"ORTHINK_ATTEMPTS", "-1", Errc::invalid_config},
                        {"ORTHINK_IDLE_DEADLINE_S", "0", Errc::invalid_config},
                        {"ORTHINK_IDLE_DEADLINE_S", "86401", Errc::invalid_config},
                        {"ORTHINK_IDLE_DEADLINE_S", "soon", Errc::invalid_config},
                        {"ORTHINK_ALLOW_STALE_PRICES", "maybe", Errc::invalid_config},
                        {"ORTHINK_LOG_LEVEL", "verbose", Errc::invalid_config},
                        {"ORTHINK_STORE", "postgres://x", Errc::invalid_config},
                        {"ORTHINK_STORE", "sqlite:", Errc::invalid_config},
                        {"ORTHINK_DAILY_LIMIT_USD", "-1", Errc::invalid_config},
                        {"ORTHINK_DAILY_LIMIT_USD", "9007200", Errc::invalid_config},
                        {"ORTHINK_MONTHLY_LIMIT_USD", "much", Errc::invalid_config},
                        {"ORTHINK_WARN_PERCENT", "101", Errc::invalid_config},
                        {"ORTHINK_WARN_PERCENT", "0", Errc::invalid_config},
                        {"ORTHINK_USER", "a\nb", Errc::invalid_config},
                        {"ORTHINK_DEFAULT_MODEL", "a\nb", Errc::invalid_config},
                        {"ORTHINK_BASE_URL", "http://openrouter.ai/api/v1", Errc::insecure_url},
                        {"ORTHINK_BASE_URL", "openrouter.ai", Errc::invalid_config}}) {
    INFO(c.variable << "=" << c.text);
    const Result<Config> config = load_config({"", "", variables({{c.variable, c.text}}), {}});
    REQUIRE_FALSE(config);
    CHECK(config.error().errc == c.errc);
    CHECK(config.error().message.find(c.variable) != std::string::npos);
    CHECK_FALSE(config.error().remedy.empty());
  }
}

TEST_CASE("a wrong file is refused, with a guess at what was meant") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("config.json");
  const auto refusal = [&](const char* text) {
    REQUIRE(write_file(path, text, 0644));
    const Result<Config> config = load_config({path, "", {}, {}});
    REQUIRE_FALSE(config);
    CHECK(config.error().errc == Errc::invalid_config);
    CHECK(config.error().message.find(path) != std::string::npos);
    return config.error();
  };
  CHECK(refusal(R"({"defualt_model":"x"})").remedy == "Did you mean \"default_model\"?");
  CHECK(refusal(R"({"openrouter_api_key":"sk-or-secret"})").message.find("sk-or-secret") == std::string::npos);
  refusal(R"({"attempts":[3]})");
  refusal(R"(["attempts"])");
  refusal(R"({"attempts":3)");
  CHECK(load_config({folder.file("absent.json"), "", {}, {}}));
}

TEST_CASE("plain http goes to loopback alone") {
  for (const char* good : {"https://openrouter.ai/api/v1", "https://a", "https://a:8443/x/", "http://127.0.0.1:80/api/v1",
                           "http://127.9.9.9", "http://localhost:1234", "http://[::1]:99/v1", "https://[2001:db8::1]/v1"}) {
    INFO(good);
    CHECK(check_base_url(good));
  }
  struct Case {
    const char* url;
    Errc errc;
  };
  for (const Case& c : {Case{"http://openrouter.ai", Errc::insecure_url},
                        {"http://127.0.0.1.evil.example", Errc::insecure_url},
                        {"http://127.1", Errc::insecure_url},
                        {"http://128.0.0.1", Errc::insecure_url},
                        {"http://localhost.evil.example", Errc::insecure_url},
                        {"http://[::2]", Errc::insecure_url},
                        {"http://127.0.0.1@evil.example/", Errc::invalid_config},
                        {"https://user:secret@host/", Errc::invalid_config},
                        {"https://host/?a=1", Errc::invalid_config},
                        {"https://host/#x", Errc::invalid_config},
                        {"ftp://host", Errc::invalid_config},
                        {"https://", Errc::invalid_config},
                        {"https:///path", Errc::invalid_config},
                        {"https://host:port", Errc::invalid_config},
                        {"https://ho st", Errc::invalid_config},
                        {"", Errc::invalid_config},
                        {"http://127.0.0.1\\@evil.example", Errc::invalid_config}}) {
    INFO(c.url);
    const Result<std::string> url = check_base_url(c.url);
    REQUIRE_FALSE(url);
    CHECK(url.error().errc == c.errc);
    CHECK(url.error().message.find("secret") == std::string::npos);
  }
  CHECK(*check_base_url("https://a/v1//") == "https://a/v1");
  CHECK(is_loopback("http://127.0.0.1:1/x"));
  CHECK_FALSE(is_loopback("https://127.0.0.1.example/x"));
}

TEST_CASE("the page of settings is the table") {
  const std::string page = configuration_page();
  for (const ConfigRow& row : config_rows()) CHECK(page.find("`" + std::string(row.environment) + "`") != std::string::npos);
  const Result<std::string> kept = read_file(ORTHINK_SOURCE_DIR "/docs/configuration.md", size_t{1} << 20);
  if (kept) CHECK(*kept == page);
}

}  // namespace
}  // namespace orthink
