// Guards the token estimates: the weights of the linear model, the bound, and that a running count does not depend on cuts.
#include "orthink/catalog/estimate.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/slicer.h"

namespace orthink {
namespace {

TEST_CASE("expected tokens follow the weights of the character classes") {
  struct Row {
    const char* text;
    uint64_t ten_thousandths;
  };
  for (const Row& row : {
           Row{"", 0},
           Row{"a", 1'514 + 4'689},
           Row{"abcd", 4 * 1'514 + 4'689},
           Row{"ab cd", 4 * 1'514 + 2 * 4'689},
           Row{"7", 7'437},
           Row{"1234", 4 * 7'437},
           Row{"a  b", 2 * (1'514 + 4'689) + 760},
           Row{"\n", 11'249},
           Row{"\n\n\n", 11'249},
           Row{"a\nb\nc", 3 * (1'514 + 4'689) + 2 * 11'249},
           Row{"...", 3 * 2'457 + 3'014},
           Row{"\xC3\xA9", 7'869},
           Row{"\xD0\xB4\xD0\xB0", 2 * 3'996},
           Row{"\xE6\xBC\xA2\xE5\xAD\x97", 2 * 7'831},
           Row{"\xF0\x9F\x98\x80", 4'216},
       }) {
    INFO(row.text);
    CHECK(tokens_expected(row.text) == (row.ten_thousandths + 9'999) / 10'000);
  }
}

TEST_CASE("a running count does not depend on where the text is cut") {
  const std::string text = "Let me think.\n\n  1 + 1 = 2, na\xC3\xAFve \xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x98\x80 camelCase(x)  ==  3;";
  RunningTokens by_character;
  for (size_t i = 0; i < text.size();) {
    size_t size = 1;
    while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xC0) == 0x80) ++size;
    by_character.add(std::string_view(text).substr(i, size));
    i += size;
  }
  CHECK(by_character.tokens() == tokens_expected(text));
  RunningTokens shown;
  shown.add("a");
  CHECK(shown.tokens() == 1);
}

TEST_CASE("the bound never exceeds the bytes and an unknown family is bytes") {
  test::Seeded random(7);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (uint64_t i = random.below(60); i > 0; --i) text += static_cast<char>(random.below(256));
    CHECK(tokens_bound(text, 1'550) <= text.size());
    CHECK(tokens_bound(text, 0) == text.size());
    CHECK(tokens_bound(text, 1'000) <= tokens_bound(text, 1'550));
  }
}

TEST_CASE("the bound is above the expectation and tight enough for prose") {
  std::string prose;
  for (int i = 0; i < 40; ++i) prose += "The quick brown fox jumps over the lazy dog, and then it sleeps again. ";
  CHECK(tokens_bound(prose, 1'000) > tokens_expected(prose));
  CHECK(tokens_bound(prose, 1'000) * 2 < prose.size());
  CHECK(tokens_bound(std::string(1'000, '7'), 1'000) == 1'000);
  CHECK(tokens_bound(std::string(512, 'a'), 1'000) > 400);
}

}  // namespace
}  // namespace orthink
