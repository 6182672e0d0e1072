#include "orthink/base/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace orthink {
namespace {

constexpr std::array<uint32_t, 64> kRound{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::array<uint32_t, 64> schedule(const std::array<uint8_t, 64>& block) {
  std::array<uint32_t, 64> words{};
  for (size_t i = 0; i < 16; ++i) {
    for (size_t j = 0; j < 4; ++j) words[i] = (words[i] << 8) | block[i * 4 + j];
  }
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t a = words[i - 15];
    const uint32_t b = words[i - 2];
    const uint32_t small0 = std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3);
    const uint32_t small1 = std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10);
    words[i] = words[i - 16] + small0 + words[i - 7] + small1;
  }
  return words;
}

}  // namespace

void Sha256::compress() {
  const std::array<uint32_t, 64> words = schedule(block_);
  auto [a, b, c, d, e, f, g, h] = state_;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t big1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t first = h + big1 + ((e & f) ^ (~e & g)) + kRound[i] + words[i];
    const uint32_t big0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t second = big0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const std::array<uint32_t, 8> more{a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < more.size(); ++i) state_[i] += more[i];
  filled_ = 0;
}

Sha256& Sha256::update(std::string_view bytes) {
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    const size_t taken = std::min(bytes.size(), kBlock - filled_);
    for (size_t i = 0; i < taken; ++i) block_[filled_ + i] = static_cast<uint8_t>(bytes[i]);
    filled_ += taken;
    bytes.remove_prefix(taken);
    if (filled_ == kBlock) compress();
  }
  return *this;
}

Sha256::Digest Sha256::finish() {
  const uint64_t bits = bytes_ * 8;
  update(std::string_view("\x80", 1));
  while (filled_ != kBlock - 8) update(std::string_view("\0", 1));
  for (size_t i = 0; i < 8; ++i) block_[kBlock - 8 + i] = static_cast<uint8_t>(bits >> (56 - i * 8));
  compress();
  Digest digest{};
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - i % 4 * 8));
  *this = Sha256();
  return digest;
}

Sha256::Digest Sha256::of(std::string_view bytes) { return Sha256().update(bytes).finish(); }

Sha256::Digest Sha256::hmac(std::string_view key, std::string_view bytes) {
  std::array<char, kBlock> inner{};
  if (key.size() > kBlock) {
    const Digest shorter = of(key);
    std::transform(shorter.begin(), shorter.end(), inner.begin(), [](uint8_t byte) { return static_cast<char>(byte); });
  } else {
    std::copy(key.begin(), key.end(), inner.begin());
  }
  std::array<char, kBlock> outer = inner;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  const Digest digest = Sha256().update({inner.data(), kBlock}).update(bytes).finish();
  Sha256 hash;
  hash.update({outer.data(), kBlock});
  for (const uint8_t byte : digest) {
    const char c = static_cast<char>(byte);
    hash.update({&c, 1});
  }
  return hash.finish();
}

bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  uint64_t difference = 0;
  size_t at = 0;
  for (; at + sizeof difference <= a.size(); at += sizeof difference) {
    uint64_t left = 0;
    uint64_t right = 0;
    std::memcpy(&left, a.data() + at, sizeof left);
    std::memcpy(&right, b.data() + at, sizeof right);
    difference |= left ^ right;
  }
  for (; at < a.size(); ++at) difference |= static_cast<uint64_t>(static_cast<uint8_t>(a[at]) ^ static_cast<uint8_t>(b[at]));
  volatile uint64_t whole = difference;  // so that no branch is made of a part of it
  return whole == 0;
}

std::string hex(const Sha256::Digest& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : digest) (out += kHex[byte >> 4]) += kHex[byte & 15];
  return out;
}

}  // namespace orthink
