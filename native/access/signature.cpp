#include "native/access/signature.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "native/access/crypto_library.h"
#include "orthink/base/limits.h"

namespace orthink::access {
namespace {

constexpr size_t kCurveBytes = 32;

const CryptoLibrary& crypto() { return CryptoLibrary::instance(); }

struct Release {
  void operator()(EVP_PKEY* key) const { crypto().pkey_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { crypto().pkey_ctx_free(context); }
  void operator()(EVP_MD_CTX* context) const { crypto().md_ctx_free(context); }
  void operator()(BIGNUM* number) const { crypto().bn_free(number); }
  void operator()(ECDSA_SIG* signature) const { crypto().ecdsa_sig_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Owned<EVP_PKEY> key_from(const char* kind, OSSL_PARAM* params) {
  const Owned<EVP_PKEY_CTX> context(crypto().pkey_ctx_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || crypto().fromdata_init(context.get()) != 1 || crypto().fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    return nullptr;
  return Owned<EVP_PKEY>(key);
}

// A parameter's number is in the machine's byte order, a JWK's is big-endian.
std::string native_order(std::string_view number) {
  std::string out(number);
  if constexpr (std::endian::native == std::endian::little) std::reverse(out.begin(), out.end());
  return out;
}

Owned<EVP_PKEY> rsa_key(const SigningKey& key) {
  std::string modulus = native_order(key.first);
  std::string exponent = native_order(key.second);
  const auto number = [](const char* name, std::string& text) {
    return crypto().param_number(name, reinterpret_cast<unsigned char*>(text.data()), text.size());
  };
  OSSL_PARAM params[] = {number(OSSL_PKEY_PARAM_RSA_N, modulus), number(OSSL_PKEY_PARAM_RSA_E, exponent), crypto().param_end()};
  return key_from("RSA", params);
}

Owned<EVP_PKEY> p256_key(const SigningKey& key) {
  std::string point = "\x04" + key.first + key.second;  // uncompressed (SEC 1 section 2.3.3)
  std::string group = "P-256";
  OSSL_PARAM params[] = {crypto().param_text(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
                         crypto().param_bytes(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()), crypto().param_end()};
  Owned<EVP_PKEY> made = key_from("EC", params);
  if (!made) return nullptr;
  const Owned<EVP_PKEY_CTX> context(crypto().pkey_ctx_new_from_pkey(nullptr, made.get(), nullptr));
  if (!context || crypto().public_check(context.get()) != 1) return nullptr;
  return made;
}

Owned<EVP_PKEY> key_of(const SigningKey& key) {
  switch (key.kind) {
    case KeyKind::rsa:
      return rsa_key(key);
    case KeyKind::p256:
      return p256_key(key);
    case KeyKind::ed25519:
      return Owned<EVP_PKEY>(crypto().new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(key.first), key.first.size()));
  }
  return nullptr;
}

// R and S of 32 bytes each (RFC 7518 section 3.4) as the DER that OpenSSL reads.
std::optional<std::string> der_of(std::string_view signature) {
  if (signature.size() != 2 * kCurveBytes) return std::nullopt;
  Owned<BIGNUM> r(crypto().bin2bn(bytes(signature), kCurveBytes, nullptr));
  Owned<BIGNUM> s(crypto().bin2bn(bytes(signature) + kCurveBytes, kCurveBytes, nullptr));
  const Owned<ECDSA_SIG> pair(crypto().ecdsa_sig_new());
  if (!r || !s || !pair || crypto().ecdsa_sig_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();  // set0 took both
  (void)s.release();
  std::array<unsigned char, 80> der{};
  unsigned char* end = der.data();
  const int size = crypto().i2d_ecdsa_sig(pair.get(), &end);
  if (size <= 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(der.data()), static_cast<size_t>(size));
}

bool padding_set(EVP_PKEY_CTX* context, Algorithm algorithm) {
  if (algorithm == Algorithm::rs256) return crypto().set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (algorithm != Algorithm::ps256) return true;
  return crypto().set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         crypto().set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool is_right(EVP_PKEY* key, Algorithm algorithm, std::string_view signed_part, std::string_view signature) {
  const Owned<EVP_MD_CTX> digest(crypto().md_ctx_new());
  const EVP_MD* hash = algorithm == Algorithm::eddsa ? nullptr : crypto().sha256();
  EVP_PKEY_CTX* context = nullptr;  // belongs to the digest
  if (!digest || crypto().verify_init(digest.get(), &context, hash, nullptr, key) != 1 || !padding_set(context, algorithm)) return false;
  return crypto().verify(digest.get(), bytes(signature), signature.size(), bytes(signed_part), signed_part.size()) == 1;
}

}  // namespace

Result<void> signatures_ready() {
  if (crypto().failure.empty()) return {};
  return make_error(Errc::invalid_config, "tokens cannot be checked: " + crypto().failure, "Install OpenSSL 3 (Debian: libssl3 or libssl3t64), or use bearer keys.");
}

bool is_signed(const SigningKey& key, Algorithm algorithm, std::string_view signed_part, std::string_view signature) {
  if (!key.may_check(algorithm)) return false;
  bool holds = false;
  if (const Owned<EVP_PKEY> made = key_of(key)) {
    if (algorithm == Algorithm::es256) {
      const std::optional<std::string> der = der_of(signature);
      holds = der && is_right(made.get(), algorithm, signed_part, *der);
    } else {
      holds = is_right(made.get(), algorithm, signed_part, signature);
    }
  }
  crypto().clear_error();  // the library keeps what failed for each thread
  return holds;
}

}  // namespace orthink::access
