#include "native/sim/gzip_bomb.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink::sim;

namespace {

uint32_t le32(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

TEST_CASE("a bomb is small, and its trailer says how large it gets") {
  const std::string bomb = gzip_bomb(2);
  CHECK(bomb.starts_with("\x1f\x8b\x08"));
  CHECK(bomb.size() < 16'000);
  CHECK(le32(bomb, bomb.size() - 4) == 2U << 20U);
}
