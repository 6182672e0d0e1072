#include "orthink/access/jwks_cache.h"

#include <catch2/catch_test_macros.hpp>

#include "orthink/base/base64.h"

using namespace orthink;
using namespace orthink::access;

namespace {

std::string body(const std::string& kid) {
  return R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":")" + kid + R"(","x":")" + base64url(std::string(32, 'x')) + "\"}]}";
}
Instant at(int64_t seconds) { return Instant::zero() + Duration::seconds(seconds); }
JwksCache::Found look(const JwksCache& cache, Instant now, const char* kid) { return cache.find(now, std::string(kid), Algorithm::eddsa); }
void fetch(JwksCache& cache, Instant now, const std::string& answer) {
  REQUIRE(cache.may_fetch(now));
  cache.began(now);
  REQUIRE(cache.fetched(now, answer));
}

}  // namespace

TEST_CASE("with nothing there a fetch is asked for, one at a time") {
  JwksCache cache({});
  const JwksCache::Found found = look(cache, at(0), "a");
  CHECK(found.should_fetch);
  CHECK_FALSE(found.has_set);
  CHECK(found.keys.empty());
  CHECK(cache.may_fetch(at(0)));
  cache.began(at(0));
  CHECK(cache.is_fetching());
  CHECK_FALSE(cache.may_fetch(at(1000)));
}

TEST_CASE("fresh keys are used without a fetch, old ones while a fetch is asked for") {
  JwksCache cache({});
  fetch(cache, at(0), body("a"));
  CHECK(look(cache, at(599), "a").keys.size() == 1);
  CHECK_FALSE(look(cache, at(599), "a").should_fetch);
  CHECK(look(cache, at(600), "a").keys.size() == 1);
  CHECK(look(cache, at(600), "a").should_fetch);
}

TEST_CASE("a storm of unknown names fetches once a minute") {
  JwksCache cache({});
  fetch(cache, at(0), body("a"));
  for (int64_t ms = 0; ms < 600'000; ms += 10) {
    const Instant now = Instant::from_ms(ms);
    const JwksCache::Found found = look(cache, now, "invented");
    CHECK(found.keys.empty());
    CHECK(found.has_set);
    if (found.should_fetch && cache.may_fetch(now)) fetch(cache, now, body("a"));
  }
  CHECK(cache.fetches() == 10);
}

TEST_CASE("a new key of the issuer is found by its first token, and a withdrawn one is gone") {
  JwksCache cache({});
  fetch(cache, at(0), body("old"));
  const uint64_t before = cache.generation();
  const JwksCache::Found found = look(cache, at(61), "new");
  REQUIRE(found.should_fetch);
  fetch(cache, at(61), body("new"));
  CHECK(look(cache, at(61), "new").keys.size() == 1);
  CHECK(look(cache, at(61), "old").keys.empty());
  CHECK(cache.generation() != before);
}

TEST_CASE("while fetches fail old keys serve until they are stale, then none does") {
  JwksCache cache({});
  fetch(cache, at(0), body("a"));
  const int64_t stale = 24 * 3600;
  for (int64_t s = 600; s < stale; s += 600) {
    REQUIRE(cache.may_fetch(at(s)));
    cache.began(at(s));
    if (s % 1200 == 0)
      cache.failed();
    else
      CHECK_FALSE(cache.fetched(at(s), "<html>down for maintenance</html>"));
    CHECK(look(cache, at(s), "a").keys.size() == 1);
  }
  CHECK(look(cache, at(stale - 1), "a").keys.size() == 1);
  CHECK(look(cache, at(stale), "a").keys.empty());
  CHECK_FALSE(look(cache, at(stale), "a").has_set);
  CHECK(look(cache, at(stale), "a").should_fetch);
}

TEST_CASE("a failed fetch is not repeated at once") {
  JwksCache cache({});
  cache.began(at(0));
  cache.failed();
  CHECK_FALSE(cache.may_fetch(at(59)));
  CHECK(cache.may_fetch(at(60)));
}
