#include "orthink/access/jwks.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/base/base64.h"
#include "orthink/base/limits.h"

using namespace orthink;
using namespace orthink::access;

namespace {

std::string coordinate(char fill = 'x') { return base64url(std::string(32, fill)); }
std::string modulus(size_t bytes, char first = '\x80') { return base64url(first + std::string(bytes - 2, 'n') + '\x01'); }
std::string p256(const std::string& more = "") { return R"({"kty":"EC","crv":"P-256","x":")" + coordinate() + R"(","y":")" + coordinate('y') + "\"" + more + "}"; }
std::string ed25519(const std::string& more = "") { return R"({"kty":"OKP","crv":"Ed25519","x":")" + coordinate() + "\"" + more + "}"; }
std::string rsa(const std::string& n, const std::string& e, const std::string& more = "") {
  return R"({"kty":"RSA","n":")" + n + R"(","e":")" + e + "\"" + more + "}";
}
std::string set_of(const std::string& keys) { return R"({"keys":[)" + keys + "]}"; }
size_t taken(const std::string& keys) {
  const Result<KeySet> set = parse_jwks(set_of(keys));
  return set ? set->keys.size() : 0;
}

}  // namespace

TEST_CASE("a set of the three kinds is read, what else it holds is left out") {
  const Result<KeySet> set = parse_jwks(R"({"extra":1,"keys":[)" + p256(R"(,"kid":"a","use":"sig","alg":"ES256")") + "," + ed25519(R"(,"kid":"b")") + "," +
                                        rsa(modulus(256), "AQAB", R"(,"kid":"c","key_ops":["sign","verify"])") +
                                        R"(,{"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","crv":"P-384","x":"AA","y":"AA"},{"kty":"new"},7,null]})");
  REQUIRE(set);
  REQUIRE(set->keys.size() == 3);
  CHECK(set->keys[0].kind == KeyKind::p256);
  CHECK(set->keys[0].first == std::string(32, 'x'));
  CHECK(set->keys[0].second == std::string(32, 'y'));
  CHECK(set->keys[1].kind == KeyKind::ed25519);
  CHECK(set->keys[1].second.empty());
  CHECK(set->keys[2].kind == KeyKind::rsa);
  CHECK(set->keys[2].second == "\x01" + std::string(1, '\0') + "\x01");
}

TEST_CASE("a key is found by its name and by what it can check") {
  const Result<KeySet> set = parse_jwks(set_of(p256(R"(,"kid":"a","alg":"ES256")") + "," + rsa(modulus(256), "AQAB", R"(,"kid":"a")") + "," + ed25519()));
  REQUIRE(set);
  CHECK(set->find("a", Algorithm::es256).size() == 1);
  CHECK(set->find("a", Algorithm::rs256).size() == 1);
  CHECK(set->find("a", Algorithm::ps256).size() == 1);
  CHECK(set->find("a", Algorithm::eddsa).empty());
  CHECK(set->find("b", Algorithm::es256).empty());
  CHECK(set->find("", Algorithm::eddsa).empty());
  CHECK(set->find(std::nullopt, Algorithm::eddsa).size() == 1);
  CHECK(set->find(std::nullopt, Algorithm::es256).size() == 1);
}

TEST_CASE("a token that names no key is not tried against several") {
  const Result<KeySet> set = parse_jwks(set_of(p256(R"(,"kid":"a")") + "," + p256(R"(,"kid":"b")")));
  REQUIRE(set);
  CHECK(set->find(std::nullopt, Algorithm::es256).empty());
  CHECK(set->find("b", Algorithm::es256).size() == 1);
}

TEST_CASE("the algorithm that a key names is the only one, and must be one it can do") {
  const Result<KeySet> set = parse_jwks(set_of(rsa(modulus(256), "AQAB", R"(,"kid":"r","alg":"PS256")")));
  REQUIRE(set);
  CHECK(set->find("r", Algorithm::rs256).empty());
  CHECK(set->find("r", Algorithm::ps256).size() == 1);
  for (const char* alg : {R"("RS256")", R"("none")", R"("HS256")", R"("ES521")", "1", "null"}) CHECK(taken(p256(R"(,"alg":)" + std::string(alg))) == 0);
  CHECK(taken(rsa(modulus(256), "AQAB", R"(,"alg":"ES256")")) == 0);
  CHECK(taken(ed25519(R"(,"alg":"ES256")")) == 0);
  CHECK(taken(ed25519(R"(,"alg":"EdDSA")")) == 1);
}

TEST_CASE("keys for other uses are left out") {
  for (const char* more : {R"(,"use":"enc")", R"(,"use":1)", R"(,"use":"SIG")", R"(,"key_ops":["sign"])", R"(,"key_ops":[])", R"(,"key_ops":"verify")",
                           R"(,"key_ops":[1])", R"(,"use":"sig","key_ops":["encrypt"])", R"(,"kid":5)"}) {
    INFO(more);
    CHECK(taken(p256(more)) == 0);
  }
}

TEST_CASE("a key that is published with its private half is nobody's secret") {
  CHECK(taken(p256(R"(,"d":"AA")")) == 0);
  CHECK(taken(rsa(modulus(256), "AQAB", R"(,"p":"AA")")) == 0);
  CHECK(taken(ed25519(R"(,"k":"AA")")) == 0);
}

TEST_CASE("RSA has 2048 to 8192 bits and an odd exponent over 2") {
  CHECK(taken(rsa(modulus(256), "AQAB")) == 1);
  CHECK(taken(rsa(modulus(1024), "AQAB")) == 1);
  CHECK(taken(rsa(modulus(256), "Aw")) == 1);                                                         // 3
  CHECK(taken(rsa(base64url(std::string(2, '\0') + '\x80' + std::string(254, 'n') + '\x01'), "AQAB")) == 1);  // leading zeros are none of its size
  CHECK(taken(rsa(modulus(256, '\x7f'), "AQAB")) == 0);                                               // 2047 bits
  CHECK(taken(rsa(modulus(128), "AQAB")) == 0);
  CHECK(taken(rsa(modulus(1025), "AQAB")) == 0);
  CHECK(taken(rsa(base64url('\x80' + std::string(254, 'n') + '\x02'), "AQAB")) == 0);  // even
  for (const char* e : {"", "AA", "AQ", "Ag", "AQAA", "AQAAAAE", "AQAB=", "!"}) {
    INFO(e);
    CHECK(taken(rsa(modulus(256), e)) == 0);
  }
  CHECK(taken(R"({"kty":"RSA","n":"AQAB"})") == 0);
  CHECK(taken(R"({"kty":"RSA","e":"AQAB"})") == 0);
  CHECK(taken(R"({"kty":"RSA","n":1,"e":"AQAB"})") == 0);
}

TEST_CASE("coordinates have 32 bytes") {
  CHECK(taken(p256()) == 1);
  CHECK(taken(ed25519()) == 1);
  CHECK(taken(R"({"kty":"EC","crv":"P-256","x":")" + base64url(std::string(31, 'x')) + R"(","y":")" + coordinate() + "\"}") == 0);
  CHECK(taken(R"({"kty":"EC","crv":"P-256","x":")" + coordinate() + R"(","y":")" + base64url(std::string(33, 'x')) + "\"}") == 0);
  CHECK(taken(R"({"kty":"EC","crv":"P-256","x":")" + coordinate() + "\"}") == 0);
  CHECK(taken(R"({"kty":"EC","crv":"P-256","y":")" + coordinate() + "\"}") == 0);
  CHECK(taken(R"({"crv":"P-256","x":"AA"})") == 0);
  CHECK(taken(R"({"kty":["EC"],"crv":"P-256"})") == 0);
  CHECK(taken(R"({"kty":"EC","x":"AA","y":"AA"})") == 0);
  CHECK(taken(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})") == 0);
  CHECK(taken(R"({"kty":"OKP","crv":"X25519","x":")" + coordinate() + "\"}") == 0);
  CHECK(taken(R"({"kty":"RSA","crv":"P-256","x":")" + coordinate() + R"(","y":")" + coordinate() + "\"}") == 0);
  CHECK(taken(R"({"kty":"EC","crv":"secp256k1","x":")" + coordinate() + R"(","y":")" + coordinate() + "\"}") == 0);
}

TEST_CASE("two keys of one kind with one name leave open which is meant") {
  CHECK_FALSE(parse_jwks(set_of(p256(R"(,"kid":"a")") + "," + p256(R"(,"kid":"a")"))));
  CHECK(taken(p256() + "," + p256()) == 2);
  CHECK(taken(p256(R"(,"kid":"a")") + "," + ed25519(R"(,"kid":"a")")) == 2);
  CHECK(taken(rsa(modulus(256), "AQAB", R"(,"kid":"a","alg":"RS256")") + "," + rsa(modulus(256), "AQAB", R"(,"kid":"a","alg":"PS256")")) == 2);
}

TEST_CASE("what is no set of keys is refused with a reason") {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":null})", "<html>", R"({"keys":[],"keys":[]})"}) {
    INFO(text);
    const Result<KeySet> set = parse_jwks(text);
    REQUIRE_FALSE(set);
    CHECK(set.error().errc == Errc::malformed_response);
    CHECK_FALSE(set.error().remedy.empty());
  }
}

TEST_CASE("a set has its caps") {
  std::string keys = ed25519();
  for (size_t i = 1; i < limits::kJwksKeysMax; ++i) keys += "," + ed25519(R"(,"kid":")" + std::to_string(i) + "\"");
  CHECK(taken(keys) == limits::kJwksKeysMax);
  CHECK(parse_jwks(set_of(keys + "," + ed25519(R"(,"kid":"x")"))).error().errc == Errc::too_large);
  CHECK(parse_jwks(set_of(ed25519()) + std::string(limits::kJwksBytesMax, ' ')).error().errc == Errc::too_large);
}
