// SHA-256 by the examples of FIPS 180-4 and RFC 4231, and the same sum however the bytes are cut.
#include "orthink/base/sha256.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;

TEST_CASE("sha-256: the examples of FIPS 180-4") {
  CHECK(hex(Sha256::of("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(Sha256::of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(Sha256::of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(Sha256::of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")) ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(hex(Sha256::of(std::string(1'000'000, 'a'))) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha-256: the same sum however the bytes are cut, at every length around a block") {
  std::string text;
  for (size_t i = 0; i < 200; ++i) {
    const Sha256::Digest whole = Sha256::of(text);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      Sha256 hash;
      hash.update(std::string_view(text).substr(0, cut)).update(std::string_view(text).substr(cut));
      if (hash.finish() != whole) FAIL("cut at " << cut << " of " << i);
      if (hash.finish() != Sha256::of("")) FAIL("not new after finish");
    }
    text += static_cast<char>(i * 7);
  }
}

TEST_CASE("hmac-sha-256: the cases of RFC 4231") {
  CHECK(hex(Sha256::hmac(std::string(20, '\x0b'), "Hi There")) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(Sha256::hmac("Jefe", "what do ya want for nothing?")) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(Sha256::hmac(std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hex(Sha256::hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("secrets are the same when every byte is, at every length") {
  for (size_t size = 0; size <= 40; ++size) {
    const std::string secret(size, 's');
    CHECK(same_secret(secret, std::string(size, 's')));
    CHECK_FALSE(same_secret(secret, secret + "s"));
    for (size_t at = 0; at < size; ++at) {
      std::string other = secret;
      other[at] = 't';
      CHECK_FALSE(same_secret(secret, other));
    }
  }
}
