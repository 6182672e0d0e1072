#include "native/access/signature.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/base/base64.h"
#include "tests/native/access/signer.h"

namespace orthink::access {
namespace {

using test::Signer;

SigningKey key_of(const Signer& signer) {
  const Result<KeySet> set = parse_jwks(signer.jwks());
  REQUIRE(set);
  return set->keys.front();
}

TEST_CASE("what was signed is right, for each algorithm, and nothing else is") {
  REQUIRE(signatures_ready());
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::rs256, Algorithm::ps256, Algorithm::eddsa}) {
    INFO(name(algorithm));
    const Signer signer(algorithm);
    const SigningKey key = key_of(signer);
    const std::string part = "header.claims";
    const std::string good = signer.signature(part);
    CHECK(is_signed(key, algorithm, part, good));
    CHECK_FALSE(is_signed(key, algorithm, "header.claim", good));
    CHECK_FALSE(is_signed(key, algorithm, part, ""));
    CHECK_FALSE(is_signed(key, algorithm, part, good + '\0'));
    CHECK_FALSE(is_signed(key, algorithm, part, good.substr(1)));
    CHECK_FALSE(is_signed(key, algorithm, part, std::string(good.size(), '\0')));
    CHECK_FALSE(is_signed(key, algorithm, part, std::string(good.size(), '\xff')));
    CHECK_FALSE(is_signed(key_of(Signer(algorithm)), algorithm, part, good));
    for (size_t bit = 0; bit < good.size() * 8; bit += 7) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      CHECK_FALSE(is_signed(key, algorithm, part, bad));
    }
    for (const Algorithm other : {Algorithm::es256, Algorithm::rs256, Algorithm::ps256, Algorithm::eddsa})
      if (other != algorithm) CHECK_FALSE(is_signed(key, other, part, good));
  }
}

TEST_CASE("an RSA key that names no algorithm still tells the two paddings apart") {
  const Signer signer(Algorithm::ps256);
  SigningKey key = key_of(signer);
  key.algorithm.reset();
  const std::string good = signer.signature("part");
  CHECK(is_signed(key, Algorithm::ps256, "part", good));
  CHECK_FALSE(is_signed(key, Algorithm::rs256, "part", good));
}

TEST_CASE("the example of RFC 8037, appendix A.4") {
  const Result<KeySet> set = parse_jwks(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  REQUIRE(set);
  const std::string part = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const auto signature = base64url_bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  REQUIRE(signature);
  CHECK(is_signed(set->keys[0], Algorithm::eddsa, part, *signature));
  CHECK_FALSE(is_signed(set->keys[0], Algorithm::eddsa, part + "x", *signature));
}

TEST_CASE("a point that is not on its curve is no key") {
  const Signer signer(Algorithm::es256);
  SigningKey key = key_of(signer);
  const std::string good = signer.signature("part");
  key.second.back() = static_cast<char>(key.second.back() ^ 1);
  CHECK_FALSE(is_signed(key, Algorithm::es256, "part", good));
  key.first = std::string(32, '\0');
  key.second = std::string(32, '\0');
  CHECK_FALSE(is_signed(key, Algorithm::es256, "part", good));
  key.first = std::string(32, '\xff');
  CHECK_FALSE(is_signed(key, Algorithm::es256, "part", good));
}

}  // namespace
}  // namespace orthink::access
