#include "native/cli/help.h"

#include <catch2/catch_test_macros.hpp>
#include <sstream>

using namespace orthink::cli;

TEST_CASE("each verb's help shows its usage and every flag it takes", "[help]") {
  for (const VerbRow& verb : verb_rows()) {
    CAPTURE(verb.name);
    std::string help = help_of(verb.verb);
    CHECK(help.find("usage: orthink " + std::string(verb.name)) != std::string::npos);
    for (const FlagRow& flag : flag_rows()) {
      CAPTURE(flag.name);
      bool is_shown = help.find("  " + usage_of(flag) + " ") != std::string::npos;
      CHECK(is_shown == (belongs(flag, verb.verb) && !flag.is_hidden));
    }
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("  orthink") && !line.starts_with("  ORTHINK")) CHECK(line.size() <= 100);
  }
}

TEST_CASE("the overview names every verb but hidden ones", "[help]") {
  std::string text = overview();
  for (const VerbRow& verb : verb_rows()) CHECK((text.find("\n  " + std::string(verb.name) + " ") != std::string::npos) == !verb.is_hidden);
}

TEST_CASE("text is broken between words", "[help]") {
  CHECK(wrapped("one two three", 0, 8) == "one two\nthree");
  CHECK(wrapped("one two", 2, 5) == "  one\n  two");
  CHECK(wrapped("  an example stays as it is", 0, 8) == "  an example stays as it is");
  CHECK(wrapped("unbreakable", 0, 4) == "unbreakable");
  CHECK(wrapped("a\n\nb", 0, 10) == "a\n\nb");
}
