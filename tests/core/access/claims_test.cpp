#include "orthink/access/claims.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "orthink/wire/json.h"

using namespace orthink;
using namespace orthink::access;

namespace {

constexpr int64_t kNow = 1'790'000'000;
const Instant kInstant{kNow * 1'000'000};

TokenRules rules() {
  TokenRules rules;
  rules.issuer = "https://id.example";
  rules.audience = "https://orthink.example/mcp";
  rules.scopes = {"orthink"};
  rules.tenant_claim = "org";
  return rules;
}

// Each claim's JSON text, in order.
std::map<std::string, std::string> good() {
  return {{"iss", R"("https://id.example")"}, {"aud", R"("https://orthink.example/mcp")"}, {"sub", R"("alice")"}, {"org", R"("acme")"},
          {"exp", std::to_string(kNow + 300)}, {"nbf", std::to_string(kNow - 10)},          {"iat", std::to_string(kNow - 10)},
          {"scope", R"("openid orthink")"}};
}
std::string text_of(const std::map<std::string, std::string>& claims) {
  std::string text;
  for (const auto& [name, value] : claims) text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
  return text + "}";
}
std::string_view code(std::string_view claims, const TokenRules& by = rules(), Instant now = kInstant) {
  const Judged<Admission> judged = judge_claims(now, by, claims);
  return judged ? "admitted" : row(judged.denial()).code;
}
std::string_view with(const std::string& claim, const std::string& value, const TokenRules& by = rules()) {
  std::map<std::string, std::string> claims = good();
  claims[claim] = value;
  return code(text_of(claims), by);
}
std::string_view without(const std::string& claim) {
  std::map<std::string, std::string> claims = good();
  claims.erase(claim);
  return code(text_of(claims));
}
std::string at(int64_t offset) { return std::to_string(kNow + offset); }

}  // namespace

TEST_CASE("a good token names who calls, who pays and until when") {
  const Judged<Admission> judged = judge_claims(kInstant, rules(), text_of(good()));
  REQUIRE(judged);
  CHECK(judged->caller.id == "jwt:https://id.example#alice");
  CHECK(judged->caller.user == "alice");
  CHECK(judged->caller.tenant == "acme");
  CHECK(judged->caller.key_name.empty());
  CHECK(judged->caller.scopes == std::vector<std::string>{"openid", "orthink"});
  CHECK(judged->until.us == (kNow + 360) * 1'000'000);
}

TEST_CASE("every claim times every JSON type, absent and twice: a table of who is let in") {
  // In the order: null, true, 0, -1, 1.5, 1e400, "", "x", [], ["x"], {}.
  const std::vector<std::string> types{"null", "true", "0", "-1", "1.5", "1e400", R"("")", R"("x")", "[]", R"(["x"])", "{}"};
  const std::string m = "claims_malformed";
  const std::map<std::string, std::vector<std::string>> expected{
      {"iss", {m, m, m, m, m, m, "issuer_wrong", "issuer_wrong", m, m, m}},
      {"aud", {m, m, m, m, m, m, "audience_wrong", "audience_wrong", "audience_wrong", "audience_wrong", m}},
      {"sub", {m, m, m, m, m, m, "subject_wrong", "admitted", m, m, m}},
      {"org", {m, m, m, m, m, m, "subject_wrong", "admitted", m, m, m}},
      {"exp", {m, m, "expired", m, m, m, m, m, m, m, m}},
      {"nbf", {m, m, "admitted", m, m, m, m, m, m, m, m}},
      {"iat", {m, m, "admitted", m, m, m, m, m, m, m, m}},
      {"scope", {m, m, m, m, m, m, "scope_missing", "scope_missing", m, m, m}},
      {"scp", {m, m, m, m, m, m, "admitted", "admitted", "admitted", "admitted", m}},
      {"jti", {"admitted", "admitted", "admitted", "admitted", "admitted", m, "admitted", "admitted", "admitted", "admitted", "admitted"}},
  };
  for (const auto& [claim, outcomes] : expected) {
    for (size_t i = 0; i < types.size(); ++i) {
      INFO(claim << " = " << types[i]);
      CHECK(with(claim, types[i]) == outcomes[i]);
    }
    std::string twice = text_of(good());
    const auto value = good().count(claim) > 0 ? good()[claim] : std::string(R"("x")");
    const std::string pair = ",\"" + claim + "\":" + value;
    twice.insert(twice.size() - 1, good().count(claim) > 0 ? pair : pair + pair);
    INFO(twice);
    CHECK(code(twice) == m);
  }
}

TEST_CASE("what must be there is missed") {
  CHECK(without("iss") == "issuer_wrong");
  CHECK(without("aud") == "audience_wrong");
  CHECK(without("exp") == "expired");
  CHECK(without("sub") == "subject_wrong");
  CHECK(without("org") == "subject_wrong");
  CHECK(without("scope") == "scope_missing");
  CHECK(without("nbf") == "admitted");
  CHECK(without("iat") == "admitted");
}

TEST_CASE("the issuer is the same to the byte") {
  for (const char* issuer : {"https://id.example/", "HTTPS://id.example", "https://id.example.evil", "https://id.exampl", "http://id.example"})
    CHECK(with("iss", '"' + std::string(issuer) + '"') == "issuer_wrong");
  CHECK(with("iss", R"("https:\/\/id.example")") == "admitted");
  TokenRules none = rules();
  none.issuer.clear();
  CHECK(with("iss", R"("")", none) == "issuer_wrong");
}

TEST_CASE("a token of another audience is refused, one of several is taken") {
  CHECK(with("aud", R"("https://other.example/mcp")") == "audience_wrong");
  CHECK(with("aud", R"("https://orthink.example")") == "audience_wrong");
  CHECK(with("aud", R"("https://orthink.example/mcp/")") == "audience_wrong");
  CHECK(with("aud", R"(["https://other.example/mcp","https://orthink.example/mcp"])") == "admitted");
  CHECK(with("aud", R"(["https://other.example/mcp"])") == "audience_wrong");
  CHECK(with("aud", R"(["https://orthink.example/mcp",7])") == "claims_malformed");
}

TEST_CASE("times hold to the second, with 60 seconds for clocks that differ") {
  CHECK(with("exp", at(-59)) == "admitted");
  CHECK(with("exp", at(-60)) == "expired");
  CHECK(with("nbf", at(60)) == "admitted");
  CHECK(with("nbf", at(61)) == "not_yet_valid");
  CHECK(with("iat", at(60)) == "admitted");
  CHECK(with("iat", at(61)) == "issued_wrong");
  TokenRules exact = rules();
  exact.skew = Duration::seconds(0);
  CHECK(with("exp", at(0), exact) == "expired");
  CHECK(with("exp", at(1), exact) == "admitted");
  TokenRules lax = rules();
  lax.skew = Duration::seconds(3600);
  CHECK(with("exp", at(-60), lax) == "expired");
}

TEST_CASE("numbers that are no whole seconds of this era are refused") {
  for (const char* number : {"1790000300.0", "1.79e9", "1e10", "-0", "9223372036854775808", "253402300800", "99999999999999999999999999", "1790000300000"})
    CHECK(with("exp", number) == "claims_malformed");
  CHECK(with("exp", "253402300799") == "admitted");
  CHECK(with("exp", '"' + at(300) + '"') == "claims_malformed");
}

TEST_CASE("who it is must be printable and fit into the ledger") {
  CHECK(with("sub", '"' + std::string(256, 'a') + '"') == "admitted");
  CHECK(with("sub", '"' + std::string(257, 'a') + '"') == "subject_wrong");
  CHECK(with("sub", R"("a\nb")") == "subject_wrong");
  CHECK(with("sub", R"("a\tb")") == "subject_wrong");
  CHECK(with("sub", R"("a\u001b[31mb")") == "subject_wrong");
  CHECK(with("sub", R"("a\u202eb")") == "subject_wrong");
  CHECK(with("sub", R"("Zo\u00eb")") == "admitted");
}

TEST_CASE("another claim may say who is charged") {
  TokenRules by = rules();
  by.user_claim = "email";
  std::map<std::string, std::string> claims = good();
  CHECK(code(text_of(claims), by) == "subject_wrong");
  claims["email"] = R"("alice@acme.example")";
  const Judged<Admission> judged = judge_claims(kInstant, by, text_of(claims));
  REQUIRE(judged);
  CHECK(judged->caller.user == "alice@acme.example");
  CHECK(judged->caller.id == "jwt:https://id.example#alice");
  by.tenant_claim.clear();
  CHECK(judge_claims(kInstant, by, text_of(claims))->caller.tenant.empty());
}

TEST_CASE("scopes come as words or as an array, and all that are needed must be there") {
  TokenRules by = rules();
  by.scopes = {"orthink", "spend"};
  CHECK(with("scope", R"("orthink")", by) == "scope_missing");
  CHECK(with("scope", R"("  spend  orthink ")", by) == "admitted");
  CHECK(with("scp", R"(["spend"])", by) == "admitted");
  CHECK(with("scp", R"("spend x")", by) == "admitted");
  CHECK(with("scp", R"(["spend",1])", by) == "claims_malformed");
  CHECK(with("scope", R"("orthinkspend orthink spendx")", by) == "scope_missing");
  std::string many = "\"orthink";
  for (int i = 0; i < 255; ++i) many += " s";
  CHECK(with("scope", many + '"') == "admitted");
  CHECK(with("scope", many + " s\"") == "claims_malformed");
  by.scopes.clear();
  CHECK(with("scope", R"("")", by) == "admitted");
}

TEST_CASE("claims are one JSON object") {
  for (const char* text : {"", "[]", "null", "7", "\"x\"", "{}x", "{", "{\"iss\":\"\xff\"}"}) CHECK(code(text) == "claims_malformed");
  CHECK(code("{}") == "issuer_wrong");
  CHECK(code(text_of(good()) + std::string(1, '\0')) == "claims_malformed");
}
