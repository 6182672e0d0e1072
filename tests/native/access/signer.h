// Key pairs and signatures for tests: what an issuer of tokens has. Uses OpenSSL directly, so that the code under test is not its own judge.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "orthink/base/base64.h"
#include "orthink/access/token.h"

namespace orthink::access::test {

class Signer {
 public:
  explicit Signer(Algorithm algorithm, std::string kid = "k1") : algorithm_(algorithm), kid_(std::move(kid)), key_(made(algorithm), &::EVP_PKEY_free) {}

  // One entry of a JWK set.
  [[nodiscard]] std::string jwk() const {
    std::string text = R"({"use":"sig","kid":")" + kid_ + R"(","alg":")" + std::string(name(algorithm_)) + "\",";
    if (algorithm_ == Algorithm::es256) return text + R"("kty":"EC","crv":"P-256","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, 32) + R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y, 32) + "\"}";
    if (algorithm_ != Algorithm::eddsa) return text + R"("kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N, 256) + R"(","e":")" + number(OSSL_PKEY_PARAM_RSA_E, 3) + "\"}";
    std::string raw(32, '\0');
    size_t size = raw.size();
    ::EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size);
    return text + R"("kty":"OKP","crv":"Ed25519","x":")" + base64url(raw) + "\"}";
  }
  [[nodiscard]] std::string jwks() const { return R"({"keys":[)" + jwk() + "]}"; }
  [[nodiscard]] std::string header() const { return R"({"typ":"at+jwt","alg":")" + std::string(name(algorithm_)) + R"(","kid":")" + kid_ + "\"}"; }
  [[nodiscard]] std::string token(std::string_view claims) const { return token(header(), claims); }
  [[nodiscard]] std::string token(std::string_view header, std::string_view claims) const {
    const std::string part = base64url(header) + "." + base64url(claims);
    return part + "." + base64url(signature(part));
  }
  [[nodiscard]] std::string signature(std::string_view part) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(), &::EVP_MD_CTX_free);
    EVP_PKEY_CTX* inner = nullptr;
    ::EVP_DigestSignInit(context.get(), &inner, algorithm_ == Algorithm::eddsa ? nullptr : ::EVP_sha256(), nullptr, key_.get());
    if (algorithm_ == Algorithm::ps256) {
      ::EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING);
      ::EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST);
    }
    std::string out(1024, '\0');
    size_t size = out.size();
    ::EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, reinterpret_cast<const unsigned char*>(part.data()), part.size());
    out.resize(size);
    return algorithm_ == Algorithm::es256 ? pair_of(out) : out;
  }

 private:
  static EVP_PKEY* made(Algorithm algorithm) {
    if (algorithm == Algorithm::es256) return ::EVP_EC_gen("P-256");
    if (algorithm == Algorithm::eddsa) return ::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    return ::EVP_RSA_gen(2048);
  }
  // DER into R and S.
  static std::string pair_of(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&::ECDSA_SIG_free)> pair(::d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &::ECDSA_SIG_free);
    std::string out(64, '\0');
    ::BN_bn2binpad(::ECDSA_SIG_get0_r(pair.get()), reinterpret_cast<unsigned char*>(out.data()), 32);
    ::BN_bn2binpad(::ECDSA_SIG_get0_s(pair.get()), reinterpret_cast<unsigned char*>(out.data()) + 32, 32);
    return out;
  }
  [[nodiscard]] std::string number(const char* parameter, int size) const {
    BIGNUM* value = nullptr;
    ::EVP_PKEY_get_bn_param(key_.get(), parameter, &value);
    std::string out(static_cast<size_t>(size), '\0');
    ::BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), size);
    ::BN_free(value);
    return base64url(out);
  }

  Algorithm algorithm_;
  std::string kid_;
  std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key_;
};

}  // namespace orthink::access::test
