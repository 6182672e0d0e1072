// Searching bytes a block at a time: where a JSON string stops being plain, and where a line ends.
//
// A block is 16 bytes where machine words are 64 bits wide (their base instruction sets have 16-byte vectors) and 8 bytes
// elsewhere (wasm32 without SIMD), so no target needs a source of its own. The searches read up to 16 bytes past the byte
// they stop at; callers keep that much readable.
// Thread rule: pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace orthink::scan {

static_assert(std::endian::native == std::endian::little, "the lowest set bit must be the first byte");

inline constexpr bool kIsWide = sizeof(void*) == 8;
inline constexpr size_t kBlockBytes = kIsWide ? 16 : 8;

using Vector = signed char __attribute__((vector_size(16)));
using Halves = uint64_t __attribute__((vector_size(16)));

inline Vector load_vector(const char* p) {
  Vector v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Offset of the first nonzero byte of a comparison; 16 if none.
inline size_t first_hit(const Vector& mask) {
  const auto halves = std::bit_cast<Halves>(mask);
  if (halves[0] != 0) return static_cast<size_t>(std::countr_zero(halves[0])) >> 3;
  if (halves[1] != 0) return 8 + (static_cast<size_t>(std::countr_zero(halves[1])) >> 3);
  return 16;
}

inline constexpr uint64_t kOnes = 0x0101010101010101;
inline constexpr uint64_t kHighs = 0x8080808080808080;

inline uint64_t load_word(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// High bits where a byte is zero. Exact up to and including the lowest one, which is all that is asked.
inline constexpr uint64_t zero_bytes(uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

inline size_t first_hit(uint64_t high_bits) {
  return high_bits == 0 ? 8 : static_cast<size_t>(std::countr_zero(high_bits)) >> 3;
}

// Offset of the first byte at p that is a quote, a backslash, a control byte or not ASCII; kBlockBytes if the block has none.
inline size_t string_special(const char* p) {
  if constexpr (kIsWide) {
    const Vector v = load_vector(p);
    return first_hit((v == '"') | (v == '\\') | (v < 0x20));  // signed: bytes from 0x80 are below 0x20 as well
  } else {
    const uint64_t word = load_word(p);
    const uint64_t quote = zero_bytes(word ^ (kOnes * '"'));
    const uint64_t backslash = zero_bytes(word ^ (kOnes * '\\'));
    return first_hit(quote | backslash | (((word - kOnes * 0x20) | word) & kHighs));
  }
}

// Offset of the first LF or CR of the block at p; kBlockBytes if none.
inline size_t line_special(const char* p) {
  if constexpr (kIsWide) {
    const Vector v = load_vector(p);
    return first_hit((v == '\n') | (v == '\r'));
  } else {
    const uint64_t word = load_word(p);
    return first_hit(zero_bytes(word ^ (kOnes * '\n')) | zero_bytes(word ^ (kOnes * '\r')));
  }
}

// True if the 64 bytes at p hold no LF or CR.
inline bool is_plain_stretch(const char* p) {
  const auto hits = [](const char* at) {
    const Vector v = load_vector(at);
    return (v == '\n') | (v == '\r');
  };
  const auto halves = std::bit_cast<Halves>((hits(p) | hits(p + 16)) | (hits(p + 32) | hits(p + 48)));
  return (halves[0] | halves[1]) == 0;
}

// The first LF or CR in [p, end), or `end`. REQUIRES: 16 readable bytes past `end`.
inline const char* line_end(const char* p, const char* end) {
  if constexpr (kIsWide) {
    while (end - p >= 64 && is_plain_stretch(p)) p += 64;
  }
  while (p < end) {
    const size_t at = line_special(p);
    p += at;
    if (at != kBlockBytes) return p < end ? p : end;
  }
  return end;
}

}  // namespace orthink::scan
