#include "orthink/access/admitted.h"

#include <catch2/catch_test_macros.hpp>

using namespace orthink;
using namespace orthink::access;

namespace {

Admission admission(const std::string& id, int64_t until_seconds) {
  Admission made;
  made.caller.id = id;
  made.until = Instant{until_seconds * 1'000'000};
  return made;
}
Instant at(int64_t seconds) { return Instant{seconds * 1'000'000}; }

}  // namespace

TEST_CASE("a token is known until it ends, under the keys it was checked with") {
  Admitted admitted;
  const Sha256::Digest token = Sha256::of("a");
  CHECK(admitted.find(at(0), token, 0) == nullptr);
  admitted.remember(token, 1, admission("alice", 100));
  REQUIRE(admitted.find(at(99), token, 1));
  CHECK(admitted.find(at(99), token, 1)->id == "alice");
  CHECK(admitted.find(at(100), token, 1) == nullptr);
  CHECK(admitted.find(at(0), token, 2) == nullptr);
  CHECK(admitted.find(at(0), Sha256::of("b"), 1) == nullptr);
  admitted.remember(Sha256::of("b"), 2, admission("bob", 100));
  CHECK(admitted.size() == 1);
  CHECK(admitted.find(at(0), token, 2) == nullptr);
}

TEST_CASE("what is remembered is bounded") {
  Admitted admitted;
  for (size_t i = 0; i < 3 * Admitted::kTokensMax; ++i) {
    admitted.remember(Sha256::of(std::to_string(i)), 1, admission("x", 100));
    REQUIRE(admitted.size() <= Admitted::kTokensMax);
  }
  CHECK(admitted.find(at(0), Sha256::of(std::to_string(3 * Admitted::kTokensMax - 1)), 1));
}
