#include "orthink/access/token.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/base/limits.h"
#include "tests/core/access/token_maker.h"

using namespace orthink;
using namespace orthink::access;

namespace {

constexpr Algorithm kAllowed[] = {Algorithm::es256, Algorithm::rs256};

std::string_view code(std::string_view text, TypeRule types = TypeRule::any_jwt) {
  const Judged<Token> token = read_token(text, kAllowed, types);
  return token ? "taken" : row(token.denial()).code;
}
std::string_view code_of_header(std::string_view header, TypeRule types = TypeRule::any_jwt) { return code(made_token(header, "{}"), types); }

}  // namespace

TEST_CASE("a token comes apart into what was signed, the claims and the signature") {
  const std::string text = made_token(R"({"alg":"ES256","kid":"k1","typ":"at+jwt"})", R"({"iss":"x"})", "sig");
  const Judged<Token> token = read_token(text, kAllowed, TypeRule::access_token);
  REQUIRE(token);
  CHECK(token->algorithm == Algorithm::es256);
  CHECK(token->kid == "k1");
  CHECK(token->signed_part == text.substr(0, text.rfind('.')));
  CHECK(token->claims == R"({"iss":"x"})");
  CHECK(token->signature == "sig");
}

TEST_CASE("the algorithm must be on the list, to the letter") {
  CHECK(code_of_header(R"({"alg":"RS256"})") == "taken");
  for (const char* alg : {"none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS384", "ES384", "PS256", "EdDSA", "es256", "ES256 ", "", "RSA1_5"}) {
    INFO(alg);
    CHECK(code_of_header(std::string(R"({"alg":")") + alg + "\"}") == "algorithm_refused");
  }
  for (const char* header : {R"({})", R"({"alg":null})", R"({"alg":["ES256"]})", R"({"alg":1})", R"({"ALG":"ES256"})"})
    CHECK(code_of_header(header) == "token_malformed");
}

TEST_CASE("a token without a signature is refused whatever its header says") {
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"ES256"})"}) {
    CHECK(code(made_token(header, "{}", "")) == "token_malformed");
    CHECK(code(base64url(header) + "." + base64url("{}")) == "token_malformed");
  }
}

TEST_CASE("crit is refused, even where it is empty or of a wrong type") {
  for (const char* crit : {R"(["exp"])", R"(["b64"])", "[]", "null", "1"})
    CHECK(code_of_header(std::string(R"({"alg":"ES256","crit":)") + crit + "}") == "critical_header");
}

TEST_CASE("keys that the token brings along are not looked at") {
  CHECK(code_of_header(R"({"alg":"ES256","jku":"https://evil.example/k","x5u":"file:///etc/passwd","jwk":{"kty":"oct","k":"AA"},"x5c":["AA"]})") == "taken");
}

TEST_CASE("the type is that of an access token, or any JWT where that is allowed") {
  for (const char* type : {R"("at+jwt")", R"("AT+JWT")", R"("application/at+jwt")", R"("Application/AT+jwt")"}) {
    const std::string header = std::string(R"({"alg":"ES256","typ":)") + type + "}";
    CHECK(code_of_header(header, TypeRule::access_token) == "taken");
    CHECK(code_of_header(header) == "taken");
  }
  for (const char* header : {R"({"alg":"ES256"})", R"({"alg":"ES256","typ":"JWT"})", R"({"alg":"ES256","typ":"application/jwt"})"}) {
    CHECK(code_of_header(header) == "taken");
    CHECK(code_of_header(header, TypeRule::access_token) == "type_refused");
  }
  for (const char* type : {R"("dpop+jwt")", R"("logout+jwt")", R"("")", "null", "1", R"(["JWT"])", R"("application/")", R"("JWT ")"}) {
    INFO(type);
    CHECK(code_of_header(std::string(R"({"alg":"ES256","typ":)") + type + "}") == "type_refused");
  }
}

TEST_CASE("a name of a key is any text, but text") {
  const Judged<Token> token = read_token(made_token(R"({"alg":"ES256","kid":"../../etc/passwd' OR 1=1"})", "{}"), kAllowed, TypeRule::any_jwt);
  REQUIRE(token);
  CHECK(token->kid == "../../etc/passwd' OR 1=1");
  CHECK(code_of_header(R"({"alg":"ES256","kid":1})") == "token_malformed");
  CHECK(code_of_header(R"({"alg":"ES256","kid":null})") == "token_malformed");
  CHECK(code_of_header(R"({"alg":"ES256","kid":")" + std::string(256, 'k') + "\"}") == "taken");
  CHECK(code_of_header(R"({"alg":"ES256","kid":")" + std::string(257, 'k') + "\"}") == "token_malformed");
}

TEST_CASE("the header is one JSON object without a member twice") {
  for (const char* header : {"", "[]", "null", "\"ES256\"", R"({"alg":"ES256","alg":"ES256"})", R"({"alg":"ES256"} )"
                                                            "x",
                             R"({"alg":"ES256",})", "{\"alg\":\"ES256\",\"x\":\"\xff\"}"}) {
    INFO(header);
    CHECK(code_of_header(header) == "token_malformed");
  }
  CHECK(code_of_header(R"({"alg":"ES256","x":[[[[[[[[]]]]]]]]})") == "token_malformed");
}

TEST_CASE("there are three parts of strict base64url") {
  const std::string good = made_token(R"({"alg":"ES256"})", "{}", "sig");
  CHECK(code(good) == "taken");
  CHECK(code("") == "token_malformed");
  CHECK(code("..") == "token_malformed");
  CHECK(code(good + ".") == "token_malformed");
  CHECK(code(good + "." + base64url("x")) == "token_malformed");
  CHECK(code(good + "=") == "token_malformed");
  CHECK(code(" " + good) == "token_malformed");
  CHECK(code(good + "\n") == "token_malformed");
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'+', '/', '=', ' ', '\0', '\xc3'}) {
      std::string bad = good;
      bad[i] = c;
      if (good[i] != '.') CHECK(code(bad) == "token_malformed");
    }
  }
}

TEST_CASE("a token cut anywhere is malformed or at most another unsigned one, and never read past its end") {
  const std::string good = made_token(R"({"alg":"ES256"})", R"({"iss":"x"})", "signature");
  for (size_t size = 0; size < good.size(); ++size) {
    const std::string cut = good.substr(0, size);
    const Judged<Token> token = read_token(cut, kAllowed, TypeRule::any_jwt);
    if (token) CHECK(token->signature.size() < 9);
  }
}

TEST_CASE("a token over 16 KiB is refused before it is decoded") {
  const std::string claims(12'000, ' ');
  CHECK(code(made_token(R"({"alg":"ES256"})", claims)) == "taken");
  CHECK(code(std::string(limits::kTokenBytesMax + 1, '!')) == "token_too_large");
  CHECK(code(std::string(limits::kTokenBytesMax, '!')) == "token_malformed");
}

TEST_CASE("the names of algorithms are there and back again") {
  for (const Algorithm each : {Algorithm::rs256, Algorithm::ps256, Algorithm::es256, Algorithm::eddsa}) CHECK(algorithm(name(each)) == each);
  CHECK_FALSE(algorithm("none"));
  CHECK_FALSE(algorithm("HS256"));
}

TEST_CASE("a token is told from a key by its dots") {
  CHECK(looks_like_token("a.b.c"));
  CHECK_FALSE(looks_like_token("ork_0123"));
  CHECK_FALSE(looks_like_token("a.b"));
  CHECK_FALSE(looks_like_token("a.b.c.d"));
}
