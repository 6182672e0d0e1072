// The functions of OpenSSL's libcrypto that are used, loaded by name at run time: only who takes tokens pays for it.
//
// Its headers are used for types and constants; libcrypto.so.3 is OpenSSL 3.0 and later.
#pragma once

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <string>

namespace orthink::access {

struct CryptoLibrary {
  decltype(&::EVP_PKEY_CTX_new_from_name) pkey_ctx_new_from_name = nullptr;
  decltype(&::EVP_PKEY_CTX_free) pkey_ctx_free = nullptr;
  decltype(&::EVP_PKEY_CTX_set_rsa_padding) set_rsa_padding = nullptr;
  decltype(&::EVP_PKEY_CTX_set_rsa_pss_saltlen) set_rsa_pss_saltlen = nullptr;
  decltype(&::EVP_PKEY_fromdata_init) fromdata_init = nullptr;
  decltype(&::EVP_PKEY_fromdata) fromdata = nullptr;
  decltype(&::EVP_PKEY_CTX_new_from_pkey) pkey_ctx_new_from_pkey = nullptr;
  decltype(&::EVP_PKEY_public_check) public_check = nullptr;
  decltype(&::EVP_PKEY_new_raw_public_key) new_raw_public_key = nullptr;
  decltype(&::EVP_PKEY_free) pkey_free = nullptr;
  decltype(&::EVP_MD_CTX_new) md_ctx_new = nullptr;
  decltype(&::EVP_MD_CTX_free) md_ctx_free = nullptr;
  decltype(&::EVP_sha256) sha256 = nullptr;
  decltype(&::EVP_DigestVerifyInit) verify_init = nullptr;
  decltype(&::EVP_DigestVerify) verify = nullptr;
  decltype(&::OSSL_PARAM_construct_BN) param_number = nullptr;
  decltype(&::OSSL_PARAM_construct_octet_string) param_bytes = nullptr;
  decltype(&::OSSL_PARAM_construct_utf8_string) param_text = nullptr;
  decltype(&::OSSL_PARAM_construct_end) param_end = nullptr;
  decltype(&::BN_bin2bn) bin2bn = nullptr;
  decltype(&::BN_free) bn_free = nullptr;
  decltype(&::ECDSA_SIG_new) ecdsa_sig_new = nullptr;
  decltype(&::ECDSA_SIG_set0) ecdsa_sig_set0 = nullptr;
  decltype(&::ECDSA_SIG_free) ecdsa_sig_free = nullptr;
  decltype(&::i2d_ECDSA_SIG) i2d_ecdsa_sig = nullptr;
  decltype(&::ERR_clear_error) clear_error = nullptr;

  std::string failure;  // why nothing could be loaded; empty when it could

  // Loads on the first call; the same table ever after. Thread rule: any thread.
  static const CryptoLibrary& instance();
};

}  // namespace orthink::access
