// Guards the JSON grammar of the pull cursor: the whole test suite accepted and refused as it should, as a document of its own
// and as a value that is skipped; numbers, escapes and surrogates at their edges.
#include "orthink/wire/cursor.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/slicer.h"

namespace orthink {
namespace {

// A text with the sentinel and padding that a Cursor needs; the padding is JSON, to show that it is never read as such.
struct Padded {
  explicit Padded(std::string_view text, char sentinel = '\n') : size(text.size()), bytes(std::string(text) + sentinel + std::string(40, '}')) {}
  [[nodiscard]] std::string_view view() const { return std::string_view(bytes).substr(0, size); }
  size_t size;
  std::string bytes;
};

bool is_json(std::string_view text, char sentinel = '\n') {
  const Padded padded(text, sentinel);
  Cursor at(padded.view());
  at.space();
  return at.skip() && at.is_at_end();
}

std::string text_of(std::string_view quoted) {
  const Padded padded(quoted);
  Cursor at(padded.view());
  Span span;
  REQUIRE(at.string(span));
  REQUIRE(at.is_at_end());
  return span.present() ? unescaped(span) : "(absent)";
}

std::optional<uint64_t> integer_of(std::string_view text) {
  const Padded padded(text);
  Cursor at(padded.view());
  std::optional<uint64_t> value = 77;
  REQUIRE(at.integer(value));
  REQUIRE(at.is_at_end());
  return value;
}

TEST_CASE("the JSON test suite is judged as it asks") {
  const auto folder = test::folder_of("ORTHINK_CORPORA");
  if (!folder) SKIP("ORTHINK_CORPORA names no folder");
  uint64_t accepted = 0;
  uint64_t refused = 0;
  for (const auto& path : test::files_ending(*folder / "json-test-suite", ".json")) {
    const std::string name = path.filename().string();
    const bool must_accept = name.rfind("y_", 0) == 0;
    if (!must_accept && name.rfind("n_", 0) != 0) continue;
    const std::string text = test::read_file(path);
    INFO(name);
    CHECK(is_json(text, '\n') == must_accept);
    CHECK(is_json(text, '\0') == must_accept);
    if (must_accept) {
      CHECK(is_json("{\"skipped\":" + text + "}"));
      ++accepted;
    } else {
      ++refused;
    }
  }
  CHECK(accepted == 95);
  CHECK(refused == 188);
}

TEST_CASE("white space never runs past the end of the text") {
  CHECK(is_json("{} \t\r\n"));
  CHECK_FALSE(is_json("{\"a\":1"));
  CHECK_FALSE(is_json("{\"a\":[1,2"));
  CHECK_FALSE(is_json("{\"a\":"));
  CHECK_FALSE(is_json(""));
  CHECK_FALSE(is_json("   "));
  CHECK_FALSE(is_json("tru"));
  CHECK_FALSE(is_json("\"a"));
  CHECK_FALSE(is_json("\"a\\"));
  CHECK_FALSE(is_json("\"\\u12"));
}

TEST_CASE("depth is capped, not the stack") {
  const auto nested = [](size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(is_json(nested(64)));
  CHECK_FALSE(is_json(nested(65)));
  CHECK_FALSE(is_json(std::string(10'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK_FALSE(is_json(objects));
}

TEST_CASE("numbers follow the grammar whatever their size; only plain integers have a value") {
  for (const char* good : {"0", "-0", "1e400", "-1E-400", "0.0", "123456789012345678901234567890", "1.5e+3"}) CHECK(is_json(good));
  for (const char* bad : {"01", "+1", "1.", ".5", "1e", "1e+", "-", "0x1", "NaN", "Infinity", "1_000"}) CHECK_FALSE(is_json(bad));
  CHECK(integer_of("0") == 0);
  CHECK(integer_of("42") == 42);
  CHECK(integer_of("999999999999999999") == 999'999'999'999'999'999);
  for (const char* absent : {"1000000000000000000", "18446744073709551616", "-1", "1.0", "1e3", "null", "\"1\"", "[1]", "{}", "true"}) {
    INFO(absent);
    CHECK_FALSE(integer_of(absent).has_value());
  }
}

TEST_CASE("strings: escapes, UTF-8, control bytes") {
  CHECK(text_of(R"("a\"\\\/\b\f\n\r\t\u0041")") == "a\"\\/\b\f\n\r\tA");
  CHECK(text_of("\"\\u00e9\\u20AC\\ud83d\\ude00\"") == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(text_of("\"\\u0000\"") == std::string(1, '\0'));
  CHECK(text_of("\"\x7F\"") == "\x7F");
  CHECK(text_of("7") == "(absent)");
  for (size_t size : {0U, 1U, 7U, 8U, 15U, 16U, 17U, 31U, 32U, 33U, 1'000U}) CHECK(text_of("\"" + std::string(size, 'x') + "\"").size() == size);
  for (const char* bad : {"\"\t\"", "\"\n\"", "\"\x01\"", "\"\\x\"", "\"\\u12G4\"", "\"\\\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"",
                          "\"\xC3\"", "\"\xE2\x82\"", "\"\x80\"", "\"\xFF\"", "\"\xE0\x80\x80\"", "\"\xF0\x80\x80\x80\""}) {
    INFO(bad);
    CHECK_FALSE(is_json(bad));
    CHECK_FALSE(is_json("[" + std::string(bad) + "]"));
  }
  CHECK_FALSE(is_json(std::string("\"a\0b\"", 5)));
}

TEST_CASE("surrogate halves are joined across pieces or replaced") {
  const auto joined = [](std::initializer_list<const char*> pieces) {
    std::string out;
    uint32_t held = 0;
    for (const char* piece : pieces) {
      const Padded padded(piece);
      Cursor at(padded.view());
      Span span;
      REQUIRE(at.string(span));
      append_unescaped(out, span, held);
    }
    flush_held(out, held);
    return out;
  };
  const std::string smile = "\xF0\x9F\x98\x80";
  const std::string lost = "\xEF\xBF\xBD";
  CHECK(joined({R"("a\ud83d")", R"("\ude00b")"}) == "a" + smile + "b");
  CHECK(joined({R"("a\ud83d")", R"("")", R"("\ude00b")"}) == "a" + smile + "b");
  CHECK(joined({R"("\ud83d")", R"("x")"}) == lost + "x");
  CHECK(joined({R"("\ud83d")", R"("\ud83d")", R"("\ude00")"}) == lost + smile);
  CHECK(joined({R"("\ude00")", R"("\ud83d")"}) == lost + lost);
  CHECK(joined({R"("\ud83dx")"}) == lost + "x");
  CHECK(joined({R"("\ud83d\n")"}) == lost + "\n");
}

TEST_CASE("escaped keys are compared by what they say") {
  const Padded padded(R"({"\u0061b":1,"a\/":2,")" + std::string(100, 'k') + R"(\n":3})");
  Cursor at(padded.view());
  std::vector<std::string> keys;
  REQUIRE(at.object([&](std::string_view key) {
    keys.emplace_back(key);
    return at.skip();
  }));
  CHECK(keys == std::vector<std::string>{"ab", "a/", ""});
}

}  // namespace
}  // namespace orthink
