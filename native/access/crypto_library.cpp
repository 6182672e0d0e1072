#include "native/access/crypto_library.h"

#include "native/library_loader.h"

namespace orthink::access {
namespace {

constexpr const char* kSoname = "libcrypto.so.3";

void load_numbers(LibraryLoader& loader, CryptoLibrary& crypto) {
  loader.find(crypto.param_bytes, "OSSL_PARAM_construct_octet_string");
  loader.find(crypto.param_number, "OSSL_PARAM_construct_BN");
  loader.find(crypto.param_text, "OSSL_PARAM_construct_utf8_string");
  loader.find(crypto.param_end, "OSSL_PARAM_construct_end");
  loader.find(crypto.bin2bn, "BN_bin2bn");
  loader.find(crypto.bn_free, "BN_free");
  loader.find(crypto.ecdsa_sig_new, "ECDSA_SIG_new");
  loader.find(crypto.ecdsa_sig_set0, "ECDSA_SIG_set0");
  loader.find(crypto.ecdsa_sig_free, "ECDSA_SIG_free");
  loader.find(crypto.i2d_ecdsa_sig, "i2d_ECDSA_SIG");
  loader.find(crypto.clear_error, "ERR_clear_error");
}

CryptoLibrary load() {
  CryptoLibrary crypto;
  LibraryLoader loader(kSoname, crypto.failure);
  loader.find(crypto.pkey_ctx_new_from_name, "EVP_PKEY_CTX_new_from_name");
  loader.find(crypto.pkey_ctx_new_from_pkey, "EVP_PKEY_CTX_new_from_pkey");
  loader.find(crypto.pkey_ctx_free, "EVP_PKEY_CTX_free");
  loader.find(crypto.set_rsa_padding, "EVP_PKEY_CTX_set_rsa_padding");
  loader.find(crypto.set_rsa_pss_saltlen, "EVP_PKEY_CTX_set_rsa_pss_saltlen");
  loader.find(crypto.fromdata_init, "EVP_PKEY_fromdata_init");
  loader.find(crypto.fromdata, "EVP_PKEY_fromdata");
  loader.find(crypto.public_check, "EVP_PKEY_public_check");
  loader.find(crypto.new_raw_public_key, "EVP_PKEY_new_raw_public_key");
  loader.find(crypto.pkey_free, "EVP_PKEY_free");
  loader.find(crypto.md_ctx_new, "EVP_MD_CTX_new");
  loader.find(crypto.md_ctx_free, "EVP_MD_CTX_free");
  loader.find(crypto.sha256, "EVP_sha256");
  loader.find(crypto.verify_init, "EVP_DigestVerifyInit");
  loader.find(crypto.verify, "EVP_DigestVerify");
  load_numbers(loader, crypto);
  return crypto;
}

}  // namespace

const CryptoLibrary& CryptoLibrary::instance() {
  static const CryptoLibrary crypto = load();
  return crypto;
}

}  // namespace orthink::access
