// Dice: numbers that depend on a seed and a text alone, so that a simulation can be repeated.
//
//   Dice dice(seed, request_body);
//   dice.below(6);                       // 0..5
//
// splitmix64 over an FNV-1a start. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orthink::sim {

class Dice {
 public:
  Dice(uint64_t seed, std::string_view text) : state_(fnv(text) ^ (seed * 0x9e3779b97f4a7c15ULL)) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // REQUIRES: n > 0.
  uint64_t below(uint64_t n) { return next() % n; }
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }  // both included

  // `size` characters of `alphabet`.
  std::string letters(size_t size, std::string_view alphabet) {
    std::string out;
    out.reserve(size);
    for (size_t i = 0; i < size; ++i) out += alphabet[below(alphabet.size())];
    return out;
  }

  static uint64_t fnv(std::string_view text) {
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
  }

 private:
  uint64_t state_;
};

inline constexpr std::string_view kBase62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace orthink::sim
