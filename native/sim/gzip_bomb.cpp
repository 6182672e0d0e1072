// One deflate block with fixed codes: the literal 'x', then "258 bytes from one byte back" over and over (RFC 1951, 3.2.6).
#include "native/sim/gzip_bomb.h"

#include <array>

namespace orthink::sim {
namespace {

constexpr uint64_t kMatch = 258;

class Bits {
 public:
  explicit Bits(std::string& out) : out_(out) {}

  // `count` bits of `value`, lowest first.
  void put(uint32_t value, unsigned count) {
    held_ |= value << used_;
    used_ += count;
    for (; used_ >= 8; used_ -= 8, held_ >>= 8) out_ += static_cast<char>(held_ & 0xffU);
  }
  // A Huffman code goes out highest bit first.
  void put_code(uint32_t code, unsigned count) {
    for (unsigned i = count; i-- > 0;) put(code >> i & 1U, 1);
  }
  void flush() {
    if (used_ > 0) put(0, 8 - used_);
  }

 private:
  std::string& out_;
  uint32_t held_ = 0;
  unsigned used_ = 0;
};

void put_literal_x(Bits& bits) { bits.put_code(0x30U + 'x', 8); }

std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1U) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}

uint32_t crc_of_x(uint64_t count) {
  const std::array<uint32_t, 256> table = crc_table();
  uint32_t crc = 0xffffffffU;
  for (uint64_t i = 0; i < count; ++i) crc = table[(crc ^ 'x') & 0xffU] ^ (crc >> 8);
  return ~crc;
}

void put_le32(std::string& out, uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xffU);
}

}  // namespace

std::string gzip_bomb(uint64_t megabytes) {
  const uint64_t size = megabytes << 20U;
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", 10);
  Bits bits(out);
  bits.put(1, 1);   // last block
  bits.put(1, 2);   // fixed codes
  uint64_t left = size;
  if (left > 0) {
    put_literal_x(bits);
    --left;
  }
  for (; left >= kMatch; left -= kMatch) {
    bits.put_code(0xc5, 8);   // length code 285: 258 bytes
    bits.put_code(0, 5);      // distance code 0: one byte back
  }
  for (; left > 0; --left) put_literal_x(bits);
  bits.put_code(0, 7);        // end of block
  bits.flush();
  put_le32(out, crc_of_x(size));
  put_le32(out, static_cast<uint32_t>(size));
  return out;
}

}  // namespace orthink::sim
