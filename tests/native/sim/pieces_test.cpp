#include "native/sim/pieces.h"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace orthink::sim;

TEST_CASE("pieces joined are the text, whatever the text") {
  const std::array<std::string, 8> texts = {"", " ", "  two  spaces", "Hello, world! 12345", "extraordinarily", "na\xc3\xafve \xe4\xb8\xad\xe6\x96\x87",
                                            "\xff\x80 broken", "\xf0\x9f\x99\x82"};
  for (const std::string& text : texts) {
    std::string joined;
    const auto all = pieces(text);
    for (const std::string_view piece : all) {
      CHECK_FALSE(piece.empty());
      joined += piece;
    }
    CHECK(joined == text);
    CHECK(count_pieces(text) == all.size());
    CHECK(first_pieces(text, all.size()) == text);
    CHECK(first_pieces(text, 0).empty());
  }
}

TEST_CASE("prose has exactly the length asked for and says that it is simulated") {
  for (uint64_t n = 0; n < 300; n += 7) {
    Dice dice(3, "x");
    const std::string text = thinking_prose(dice, "Why \"this\"?\nAnd that", n);
    CHECK(count_pieces(text) == n);
    if (n > 3) CHECK(text.starts_with("Simulated thinking"));
  }
}

TEST_CASE("an excerpt is one line and cut between characters") {
  CHECK(excerpt("a\nb", 10) == "a b");
  CHECK(excerpt("\xe4\xb8\xad\xe6\x96\x87", 4) == "\xe4\xb8\xad...");
}
