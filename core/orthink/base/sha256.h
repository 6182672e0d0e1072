// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104).
//
//   Sha256 hash;
//   hash.update("a");
//   hash.update("bc");
//   hex(hash.finish());      // "ba7816bf..."
//
// Not constant in time: for sums over public data, not for comparing secrets.
// Thread rule: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orthink {

class Sha256 {
 public:
  using Digest = std::array<uint8_t, 32>;

  Sha256& update(std::string_view bytes);
  // The sum of all bytes so far. The object is new again.
  Digest finish();

  static Digest of(std::string_view bytes);
  static Digest hmac(std::string_view key, std::string_view bytes);

 private:
  static constexpr size_t kBlock = 64;
  static constexpr std::array<uint32_t, 8> kStart{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  void compress();

  std::array<uint32_t, 8> state_ = kStart;
  std::array<uint8_t, kBlock> block_{};
  size_t filled_ = 0;
  uint64_t bytes_ = 0;
};

// Takes as long for any two texts of one length, so that the time tells nothing of where they differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

std::string hex(const Sha256::Digest& digest);  // 64 characters, lower case

}  // namespace orthink
