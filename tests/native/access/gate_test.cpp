#include "native/access/gate.h"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <thread>

#include "native/access/keys_file.h"
#include "native/system.h"
#include "tests/native/access/signer.h"
#include "tests/native/raw_server.h"
#include "tests/native/temporary_folder.h"

namespace orthink::access {
namespace {

using orthink::test::Connection;
using orthink::test::RawServer;
using orthink::test::TemporaryFolder;
using test::Signer;

constexpr int64_t kNow = 1'790'000'000;
Instant at(int64_t seconds) { return Instant{(kNow + seconds) * 1'000'000}; }
const std::string kAudience = "https://orthink.example/mcp";
const std::string kIssuer = "https://id.example";

std::string claims(const std::string& audience = kAudience, int64_t exp = 300) {
  return R"({"iss":")" + kIssuer + R"(","aud":")" + audience + R"(","sub":"alice","scope":"orthink","exp":)" + std::to_string(kNow + exp) + "}";
}

// An issuer on loopback: what it answers may change.
class Issuer {
 public:
  explicit Issuer(std::string jwks)
      : jwks_(std::move(jwks)), server_([this](Connection& connection) {
          for (;;) {
            if (connection.read_request().empty()) return;
            ++asked;
            const std::lock_guard lock(mutex_);
            connection.write("HTTP/1.1 " + std::to_string(status_) + " X\r\nContent-Length: " + std::to_string(jwks_.size()) + "\r\nConnection: close\r\n\r\n" + jwks_);
            return;
          }
        }) {}
  void answer(int status, std::string jwks) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    jwks_ = std::move(jwks);
  }
  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<std::string> requests() const { return server_.requests(); }
  std::atomic<int> asked = 0;

 private:
  std::mutex mutex_;
  int status_ = 200;
  std::string jwks_;
  RawServer server_;
};

GateOptions options(GateKind kind, const std::string& url) {
  GateOptions options;
  options.kind = kind;
  options.jwks_url = url;
  options.rules.issuer = kIssuer;
  options.rules.audience = kAudience;
  options.rules.scopes = {"orthink"};
  options.rules.algorithms = {Algorithm::es256, Algorithm::rs256, Algorithm::eddsa, Algorithm::ps256};
  return options;
}
std::unique_ptr<Gate> opened(GateOptions options) {
  Result<std::unique_ptr<Gate>> gate = Gate::open(std::move(options));
  REQUIRE(gate);
  return std::move(*gate);
}
std::string code(const Verdict& verdict) {
  CHECK(verdict.caller.has_value() != verdict.denial.has_value());
  return verdict.caller ? verdict.caller->id : std::string(row(*verdict.denial).code);
}
std::string code(Gate& gate, const std::string& token, Instant when = at(0)) { return code(gate.admit("Bearer " + token, when)); }
const std::string kAlice = "jwt:" + kIssuer + "#alice";

// A key of the table in `path`, and what it is called by.
std::string added(const std::string& path, const std::string& name) {
  const std::string secret = make_key({entropy64(), entropy64(), entropy64(), entropy64()});
  AccessKey key;
  key.name = name;
  key.sha256 = Sha256::of(secret);
  REQUIRE(change_keys(path, [&](KeyTable& table) { return table.add(key); }));
  return secret;
}

TEST_CASE("without authentication everybody is local") {
  const auto gate = opened({});
  CHECK(gate->admit("", at(0)).caller->id == "local");
  CHECK(gate->admit("Bearer whatever", at(0)).caller->id == "local");
  CHECK(metadata_url(gate->facts()).empty());
  CHECK(gate->reload());
}

TEST_CASE("bearer keys come from a file and change at a reload, not before") {
  const TemporaryFolder folder;
  GateOptions given = options(GateKind::keys, "");
  given.keys_file = folder.file("access.json");
  const std::string first = added(given.keys_file, "first");
  const auto gate = opened(given);
  CHECK(code(*gate, first) == "key:first");
  CHECK(code(gate->admit("", at(0))) == "no_credentials");
  CHECK(code(gate->admit("Basic eDp5", at(0))) == "no_credentials");
  CHECK(gate->admit("", at(0)).challenge.status == 401);
  const std::string second = added(given.keys_file, "second");
  CHECK(code(*gate, second) == "key_unknown");
  REQUIRE(gate->reload());
  CHECK(code(*gate, second) == "key:second");
  CHECK(gate->status().keys == 2);
  REQUIRE(change_keys(given.keys_file, [](KeyTable& table) {
    table.remove("first");
    return Result<void>();
  }));
  REQUIRE(gate->reload());
  CHECK(code(*gate, first) == "key_unknown");
}

TEST_CASE("a table that has become unreadable leaves the old one in force") {
  const TemporaryFolder folder;
  GateOptions given = options(GateKind::keys, "");
  given.keys_file = folder.file("access.json");
  const std::string secret = added(given.keys_file, "ci");
  const auto gate = opened(given);
  REQUIRE(::chmod(given.keys_file.c_str(), 0644) == 0);
  CHECK_FALSE(gate->reload());
  CHECK(code(*gate, secret) == "key:ci");
  CHECK_FALSE(Gate::open(given));
}

TEST_CASE("a good token of each algorithm is let in after one look at the issuer's keys") {
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::rs256, Algorithm::eddsa, Algorithm::ps256}) {
    INFO(name(algorithm));
    const Signer signer(algorithm);
    Issuer issuer(signer.jwks());
    const auto gate = opened(options(GateKind::jwt, issuer.url()));
    CHECK(issuer.asked == 0);
    for (int i = 0; i < 3; ++i) CHECK(code(*gate, signer.token(claims())) == kAlice);
    CHECK(issuer.asked == 1);
    const Verdict verdict = gate->admit("Bearer " + signer.token(claims()), at(0));
    CHECK(verdict.caller->user == "alice");
    CHECK(verdict.caller->scopes == std::vector<std::string>{"orthink"});
  }
}

TEST_CASE("a token that anything is wrong with is refused by name") {
  const Signer signer(Algorithm::es256);
  const Signer stranger(Algorithm::es256);
  Issuer issuer(signer.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  const std::string good = signer.token(claims());
  CHECK(code(*gate, good) == kAlice);
  CHECK(code(*gate, stranger.token(claims())) == "signature_wrong");
  CHECK(code(*gate, signer.token(claims("https://other.example/mcp"))) == "audience_wrong");
  CHECK(code(*gate, signer.token(claims(kAudience, -100))) == "expired");
  CHECK(code(*gate, signer.token(R"({"iss":"https://evil.example","aud":")" + kAudience + "\"}")) == "issuer_wrong");
  CHECK(code(*gate, base64url(R"({"alg":"none"})") + "." + base64url(claims()) + ".") == "token_malformed");
  CHECK(code(*gate, base64url(R"({"alg":"none"})") + "." + base64url(claims()) + ".AA") == "algorithm_refused");
  CHECK(code(*gate, signer.token(R"({"alg":"HS256","kid":"k1"})", claims())) == "algorithm_refused");
  CHECK(code(*gate, signer.token(R"({"alg":"RS256","kid":"k1"})", claims())) == "signing_key_unknown");
  CHECK(code(*gate, signer.token(R"({"alg":"ES256","kid":"k1","crit":["exp"]})", claims())) == "critical_header");
  CHECK(code(*gate, signer.token(R"({"alg":"ES256","kid":"k1","typ":"dpop+jwt"})", claims())) == "type_refused");
  CHECK(code(*gate, signer.token(R"({"alg":"ES256"})", claims())) == kAlice);
  CHECK(code(*gate, "ork_" + std::string(64, '0')) == "token_malformed");
  const Verdict weak = gate->admit("Bearer " + signer.token(R"({"iss":")" + kIssuer + R"(","aud":")" + kAudience + R"(","sub":"a","exp":)" + std::to_string(kNow + 9) + "}"), at(0));
  CHECK(code(weak) == "scope_missing");
  CHECK(weak.challenge.status == 403);
  CHECK(issuer.asked == 1);
}

TEST_CASE("a good token is good in none of its altered forms") {
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  const std::string good = signer.token(claims());
  REQUIRE(code(*gate, good) == kAlice);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = good[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(gate->admit("Bearer " + bad, at(0)).caller);
  }
  for (size_t size = 0; size < good.size(); ++size) CHECK_FALSE(gate->admit("Bearer " + good.substr(0, size), at(0)).caller);
}

TEST_CASE("a token that came before is refused when it ends, and in every altered form") {
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  const std::string good = signer.token(claims());
  for (int64_t s = 0; s < 360; s += 60) CHECK(code(*gate, good, at(s)) == kAlice);
  CHECK(code(*gate, good, at(360)) == "expired");
  const std::string unsigned_form = good.substr(0, good.rfind('.') + 1) + base64url(std::string(64, '\0'));
  CHECK(code(*gate, unsigned_form, at(10)) == "signature_wrong");
}

TEST_CASE("a token that came before is refused once its key is withdrawn") {
  const Signer old_key(Algorithm::eddsa, "k");
  const Signer new_key(Algorithm::eddsa, "k");
  Issuer issuer(old_key.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  const std::string good = old_key.token(claims(kAudience, 3600));
  CHECK(code(*gate, good, at(0)) == kAlice);
  CHECK(code(*gate, good, at(1)) == kAlice);
  issuer.answer(200, new_key.jwks());
  CHECK(code(*gate, Signer(Algorithm::eddsa, "other").token(claims()), at(61)) == "signing_key_unknown");  // has the keys fetched
  CHECK(code(*gate, good, at(62)) == "signature_wrong");
}

TEST_CASE("a storm of unknown key names asks the issuer once a minute, and good tokens pass meanwhile") {
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  REQUIRE(code(*gate, signer.token(claims()), at(-600)) == kAlice);
  for (int i = 0; i < 600; ++i) {
    const std::string header = R"({"alg":"EdDSA","kid":"invented-)" + std::to_string(i) + "\"}";
    CHECK(code(*gate, signer.token(header, claims()), at(i - 600)) == "signing_key_unknown");
    if (i % 50 == 0) CHECK(code(*gate, signer.token(claims()), at(i - 600)) == kAlice);
  }
  CHECK(issuer.asked == 10);
  CHECK(gate->status().fetches == 10);
}

TEST_CASE("many who come at once with the first token cause one question to the issuer") {
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  const std::string token = signer.token(claims());
  std::atomic<int> admitted = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      if (gate->admit("Bearer " + token, at(0)).caller) ++admitted;
    });
  for (std::thread& each : callers) each.join();
  CHECK(admitted == 8);
  CHECK(issuer.asked == 1);
}

TEST_CASE("the issuer's new key is taken up by its first token, its withdrawn key is not taken any more") {
  const Signer old_key(Algorithm::es256, "old");
  const Signer new_key(Algorithm::es256, "new");
  Issuer issuer(old_key.jwks());
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  CHECK(code(*gate, old_key.token(claims()), at(0)) == kAlice);
  issuer.answer(200, R"({"keys":[)" + old_key.jwk() + "," + new_key.jwk() + "]}");
  CHECK(code(*gate, new_key.token(claims()), at(10)) == "signing_key_unknown");  // asked less than a minute ago
  CHECK(code(*gate, new_key.token(claims()), at(61)) == kAlice);
  CHECK(code(*gate, old_key.token(claims()), at(61)) == kAlice);
  issuer.answer(200, new_key.jwks());
  CHECK(code(*gate, Signer(Algorithm::es256, "other").token(claims()), at(122)) == "signing_key_unknown");
  CHECK(code(*gate, old_key.token(claims()), at(123)) == "signing_key_unknown");
}

TEST_CASE("an issuer that does not answer closes the gate until it does") {
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  issuer.answer(500, "oops");
  const auto gate = opened(options(GateKind::jwt, issuer.url()));
  const std::string token = signer.token(claims());
  const Verdict verdict = gate->admit("Bearer " + token, at(0));
  CHECK(code(verdict) == "keys_unavailable");
  CHECK(verdict.challenge.status == 503);
  CHECK(gate->status().last_failure == "HTTP 500");
  issuer.answer(200, "<html></html>");
  CHECK(code(*gate, token, at(30)) == "keys_unavailable");
  CHECK(issuer.asked == 1);
  CHECK(code(*gate, token, at(60)) == "keys_unavailable");
  CHECK(gate->status().last_failure.find("not valid JSON") != std::string::npos);
  issuer.answer(200, signer.jwks());
  CHECK(code(*gate, token, at(120)) == kAlice);
  CHECK(gate->status().last_failure.empty());
}

TEST_CASE("nobody at the issuer's address is the same") {
  const Signer signer(Algorithm::eddsa);
  std::string url;
  {
    const RawServer gone([](Connection&) {});
    url = gone.url();
  }
  const auto gate = opened(options(GateKind::jwt, url));
  CHECK(code(*gate, signer.token(claims())) == "keys_unavailable");
  CHECK_FALSE(gate->status().last_failure.empty());
}

TEST_CASE("a redirect to other keys is not followed") {
  const Signer signer(Algorithm::eddsa);
  Issuer elsewhere(signer.jwks());
  RawServer server([&](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  const auto gate = opened(options(GateKind::jwt, server.url()));
  CHECK(code(*gate, signer.token(claims())) == "keys_unavailable");
  CHECK(elsewhere.asked == 0);
}

TEST_CASE("the issuer is asked without any credential of a caller") {
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  {
    const auto gate = opened(options(GateKind::jwt, issuer.url()));
    CHECK(code(*gate, signer.token(claims())) == kAlice);
  }
  for (const std::string& request : issuer.requests()) {
    CHECK(request.find("uthorization") == std::string::npos);
    CHECK(request.find(signer.token(claims()).substr(0, 20)) == std::string::npos);
  }
}

TEST_CASE("with both, what has two dots is a token and everything else a key") {
  const TemporaryFolder folder;
  const Signer signer(Algorithm::eddsa);
  Issuer issuer(signer.jwks());
  GateOptions given = options(GateKind::both, issuer.url());
  given.keys_file = folder.file("access.json");
  const std::string secret = added(given.keys_file, "ci");
  const auto gate = opened(given);
  CHECK(code(*gate, secret) == "key:ci");
  CHECK(issuer.asked == 0);
  CHECK(code(*gate, signer.token(claims())) == kAlice);
  CHECK(code(*gate, "a.b.c") == "token_malformed");
  CHECK(code(*gate, "a.b") == "key_unknown");
  CHECK(metadata_url(gate->facts()) == "https://orthink.example/.well-known/oauth-protected-resource/mcp");
}

TEST_CASE("no answer repeats what was presented") {
  const TemporaryFolder folder;
  const Signer signer(Algorithm::es256, "canary-kid");
  Issuer issuer(Signer(Algorithm::es256).jwks());
  GateOptions given = options(GateKind::both, issuer.url());
  given.keys_file = folder.file("access.json");
  const auto gate = opened(given);
  const std::string canary = "canary-7f3a";
  for (const std::string& presented : {canary, "ork_" + canary, signer.token(R"({"iss":")" + canary + "\"}"), canary + ".a.b", canary + " " + canary}) {
    const Verdict verdict = gate->admit("Bearer " + presented, at(0));
    std::string all = verdict.challenge.body + gate->status().last_failure;
    for (const http::Header& each : verdict.challenge.headers) all += each.name + each.value;
    CHECK(all.find("canary") == std::string::npos);
    CHECK(all.find(presented.substr(0, 16)) == std::string::npos);
  }
}

Result<GateOptions> from(std::map<std::string, std::string> variables) {
  ConfigSources sources;
  sources.config_folder = "/etc/orthink";
  sources.variables = [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find("ORTHINK_AUTH" + name.substr(std::min<size_t>(name.size(), 12)));
    if (!name.starts_with("ORTHINK_AUTH") || found == variables.end()) return std::nullopt;
    return found->second;
  };
  const Result<Config> config = load_config(sources);
  REQUIRE(config);
  return GateOptions::from(*config);
}

TEST_CASE("the settings say who may call") {
  const Result<GateOptions> nothing = from({});
  REQUIRE(nothing);
  CHECK(nothing->kind == GateKind::none);
  const Result<GateOptions> keys = from({{"ORTHINK_AUTH", "keys"}});
  REQUIRE(keys);
  CHECK(keys->kind == GateKind::keys);
  CHECK(keys->keys_file == "/etc/orthink/access.json");
  const Result<GateOptions> tokens = from({{"ORTHINK_AUTH", "both"}, {"ORTHINK_AUTH_ISSUER", kIssuer}, {"ORTHINK_AUTH_AUDIENCE", kAudience},
                                           {"ORTHINK_AUTH_JWKS_URL", "https://id.example/jwks"}, {"ORTHINK_AUTH_SCOPES", "a  b"},
                                           {"ORTHINK_AUTH_ALGORITHMS", "EdDSA PS256"}, {"ORTHINK_AUTH_ACCESS_TOKEN_TYPE", "true"},
                                           {"ORTHINK_AUTH_USER_CLAIM", "email"}, {"ORTHINK_AUTH_TENANT_CLAIM", "org"}});
  REQUIRE(tokens);
  CHECK(tokens->kind == GateKind::both);
  CHECK(tokens->rules.issuer == kIssuer);
  CHECK(tokens->rules.audience == kAudience);
  CHECK(tokens->jwks_url == "https://id.example/jwks");
  CHECK(tokens->rules.scopes == std::vector<std::string>{"a", "b"});
  CHECK(tokens->rules.algorithms == std::vector<Algorithm>{Algorithm::eddsa, Algorithm::ps256});
  CHECK(tokens->rules.types == TypeRule::access_token);
  CHECK(tokens->rules.user_claim == "email");
  CHECK(tokens->rules.tenant_claim == "org");
}

TEST_CASE("settings that cannot work are refused before anyone is served") {
  const std::map<std::string, std::string> good{{"ORTHINK_AUTH", "jwt"}, {"ORTHINK_AUTH_ISSUER", kIssuer}, {"ORTHINK_AUTH_AUDIENCE", kAudience},
                                                {"ORTHINK_AUTH_JWKS_URL", "https://id.example/jwks"}};
  REQUIRE(from(good));
  const std::pair<const char*, const char*> rows[] = {
      {"ORTHINK_AUTH", "yes"}, {"ORTHINK_AUTH", "JWT"}, {"ORTHINK_AUTH_ALGORITHMS", "none"}, {"ORTHINK_AUTH_ALGORITHMS", "ES256 HS256"},
      {"ORTHINK_AUTH_ALGORITHMS", " "}, {"ORTHINK_AUTH_AUDIENCE", "https://orthink.example/mcp/"}, {"ORTHINK_AUTH_AUDIENCE", "orthink"},
      {"ORTHINK_AUTH_AUDIENCE", "https://orthink.example/mcp#x"}, {"ORTHINK_AUTH_AUDIENCE", "http://orthink.example/mcp"}, {"ORTHINK_AUTH_SCOPES", "a\"b"}};
  for (const auto& [name, value] : rows) {
    INFO(name << "=" << value);
    std::map<std::string, std::string> bad = good;
    bad[name] = value;
    const Result<GateOptions> refused = from(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().errc == Errc::invalid_config);
    CHECK_FALSE(refused.error().remedy.empty());
  }
  for (const char* missing : {"ORTHINK_AUTH_ISSUER", "ORTHINK_AUTH_AUDIENCE", "ORTHINK_AUTH_JWKS_URL"}) {
    std::map<std::string, std::string> bad = good;
    bad.erase(missing);
    CHECK_FALSE(from(bad));
  }
  GateOptions insecure = options(GateKind::jwt, "http://id.example/jwks");
  CHECK(Gate::open(insecure).error().errc == Errc::insecure_url);
}

}  // namespace
}  // namespace orthink::access
