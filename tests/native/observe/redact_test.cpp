#include "native/observe/redact.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <vector>

namespace orthink::observe {
namespace {

struct Case {
  const char* given;
  const char* wanted;
};

TEST_CASE("what looks like a credential is masked, the rest stands") {
  for (const Case& c : {
           Case{"", ""},
           Case{"a plain sentence, with numbers 42 and a risk-or-two", "a plain sentence, with numbers 42 and a risk-or-***"},
           Case{"key sk-or-v1-0123abcdEF_-x end", "key sk-or-*** end"},
           Case{"SK-OR-V1-0123", "SK-OR-***"},
           Case{"gluedsk-or-v1-abc\"", "gluedsk-or-***\""},
           Case{"sk-or-", "sk-or-"},
           Case{"sk-proj-0123456789abcdef", "sk-***"},
           Case{"ask-me-anything-you-want-to", "ask-me-anything-you-want-to"},
           Case{"ork_0123456789abcdef0123", "ork_***"},
           Case{"work_items and ork_face", "work_items and ork_face"},
           Case{"Authorization: Bearer abc.DEF-123~+/==, next", "Authorization: Bearer ***, next"},
           Case{"bearer\tx", "bearer\t***"},
           Case{"BEARER=xyz", "BEARER=***"},
           Case{"bearers of news", "bearers of news"},
           Case{"t=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln;", "t=***;"},
           Case{"eyJhbGciOiJub25lIn0.", "***"},
           Case{"eyJ is short", "eyJ is short"},
           Case{"redis://user:pa@ss@host:6379/0", "redis://***@host:6379/0"},
           Case{"see https://openrouter.ai/docs", "see https://openrouter.ai/docs"},
           Case{"sk-or-v1-a sk-or-v1-b", "sk-or-*** sk-or-***"},
       }) {
    CAPTURE(c.given);
    CHECK(redacted(c.given) == c.wanted);
  }
}

TEST_CASE("a key is masked wherever it stands") {
  const std::string key = "sk-or-v1-c4n4ry0123456789";
  const std::string around = "{\"a\":[1,2],'b':<c>\n\\u0000 \xc3\xa9 e s b : sk- Bearer eyJ ://";
  for (size_t at = 0; at <= around.size(); ++at) {
    const std::string text = redacted(around.substr(0, at) + key + around.substr(at));
    CAPTURE(text);
    CHECK(text.find("c4n4ry") == std::string::npos);
  }
}

// Texts made of what the scanner looks for, so that the pieces meet in every way.
TEST_CASE("whatever pieces meet, a key that stands whole is gone, and a second masking changes nothing") {
  const uint32_t seed = 20261130;
  CAPTURE(seed);
  std::mt19937 dice(seed);
  const std::vector<std::string> pieces{"sk-or-", "sk-", "ork_", "Bearer ", "bearer:", "eyJ", "eyJhbGci", "://", "@", ".", " ", "\n", "\"", "a1", "-", "_",
                                        "0123456789abcdef0", "host", "\xff", "\xc3\xa9"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t count = dice() % 12;
    const size_t key_at = dice() % (count + 1);
    for (size_t i = 0; i <= count; ++i) text += i == key_at ? "sk-or-v1-c4n4ry" : pieces[dice() % pieces.size()];
    const std::string once = redacted(text);
    CAPTURE(text, once);
    REQUIRE(once.find("c4n4ry") == std::string::npos);
    REQUIRE(redacted(once) == once);
  }
}

TEST_CASE("masking twice changes nothing more") {
  for (const char* text : {"Bearer sk-or-v1-abc", "x://a:b@c sk-or-v1-abc", "eyJhbGciOiJub25lIn0.eyJ9.x"}) CHECK(redacted(redacted(text)) == redacted(text));
}

}  // namespace
}  // namespace orthink::observe
