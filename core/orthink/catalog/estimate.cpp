#include "orthink/catalog/estimate.h"

#include <algorithm>
#include <array>

namespace orthink {
namespace {

// Classes of the linear model, and whether a piece of text starts a run of them.
enum Class : uint8_t { none, letter, digit, newline, space, punctuation, latin, near_east, east_asian, other };

struct Weights {
  uint16_t each;    // ten-thousandths of a token per character
  uint16_t start;   // more at the start of a run
};
constexpr std::array<Weights, 10> kWeights{{
    {0, 0},         // none
    {1'514, 4'689}, // ASCII letter
    {7'437, 0},     // digit
    {0, 11'249},    // newline: counted by runs
    {0, 0},         // the first space of a run is free, the others below
    {2'457, 3'014}, // ASCII punctuation
    {7'869, 0},     // Latin with diacritics
    {3'996, 0},     // U+0370 - U+08FF
    {7'831, 0},     // CJK, kana, Hangul, full width
    {4'216, 0},     // everything else
}};
constexpr uint64_t kFurtherSpace = 760;
constexpr uint64_t kWholeToken = 10'000;

constexpr Class ascii_class(unsigned char c) {
  if (c == '\n' || c == '\r') return newline;
  if (c <= ' ') return space;
  if (c >= '0' && c <= '9') return digit;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return letter;
  return punctuation;
}

constexpr std::array<Class, 128> kAscii = [] {
  std::array<Class, 128> table{};
  for (size_t c = 0; c < table.size(); ++c) table[c] = ascii_class(static_cast<unsigned char>(c));
  return table;
}();

constexpr bool is_east_asian(uint32_t c) {
  return (c >= 0x1100 && c <= 0x11FF) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xA960 && c <= 0xA97F) || (c >= 0xAC00 && c <= 0xD7FF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) || (c >= 0xFF00 && c <= 0xFFEF) || (c >= 0x20000 && c <= 0x3FFFF);
}

Class class_of(uint32_t c) {
  if ((c >= 0xC0 && c <= 0x24F) || (c >= 0x1E00 && c <= 0x1EFF)) return latin;
  if (c >= 0x370 && c <= 0x8FF) return near_east;
  return is_east_asian(c) ? east_asian : other;
}

// The code point at text[i] and its length in bytes. A byte that begins none counts as one character of its own.
struct CodePoint {
  uint32_t value;
  size_t size;
};
CodePoint code_point(std::string_view text, size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size < 2 || i + size > text.size()) return {lead, 1};
  uint32_t value = lead & (0x7FU >> size);
  for (size_t k = 1; k < size; ++k) value = (value << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
  return {value, size};
}

// Hundredths of a token, for the bound.
constexpr uint64_t kHundred = 100;
constexpr size_t kWordLettersMax = 24;   // longer runs of letters are no words

// Of a run of letters: humps as in camelCase are words of their own; capitals alone cost more.
uint64_t word_cost(std::string_view run) {
  uint64_t cost = 0;
  size_t i = 0;
  while (i < run.size()) {
    const size_t begin = i;
    while (i < run.size() && run[i] <= 'Z') ++i;
    const bool is_capitals = i - begin > 1;
    while (i < run.size() && run[i] >= 'a') ++i;
    const size_t size = i - begin;
    cost += kHundred * (1 + (size - 1) / 4 + (is_capitals ? (size + 2) / 3 : 0));
  }
  return cost;
}

uint64_t run_cost(std::string_view run) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto digits = static_cast<uint64_t>(std::count_if(run.begin(), run.end(), is_digit));
  if (digits == 0 && run.size() <= kWordLettersMax) return word_cost(run);
  return digits * kHundred + (run.size() - digits) * 85;
}

uint64_t foreign_cost(const CodePoint& c) {
  const uint64_t a_byte = c.value >= 0x400 && c.value <= 0x52F                               ? 65
                          : (c.value >= 0x370 && c.value <= 0x3FF) || (c.value >= 0x590 && c.value <= 0x77F) ? 75
                          : is_east_asian(c.value)                                            ? 70
                                                                                              : 100;
  return a_byte * c.size;
}

bool is_alphanumeric(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 && (kAscii[byte] == letter || kAscii[byte] == digit);
}
bool is_space(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x80 && (kAscii[byte] == space || kAscii[byte] == newline);
}

// U, in hundredths.
uint64_t upper_weight(std::string_view text) {
  uint64_t weight = 3 * kHundred;
  size_t i = 0;
  while (i < text.size()) {
    const size_t begin = i;
    if (is_alphanumeric(text[i])) {
      while (i < text.size() && is_alphanumeric(text[i])) ++i;
      weight += run_cost(text.substr(begin, i - begin));
    } else if (is_space(text[i])) {
      while (i < text.size() && is_space(text[i])) ++i;
      const size_t size = i - begin;
      if (size > 1 || text[begin] != ' ') weight += kHundred * (1 + (size + 7) / 8);
    } else if (static_cast<unsigned char>(text[i]) < 0x80) {
      weight += kHundred;
      ++i;
    } else {
      const CodePoint c = code_point(text, i);
      weight += foreign_cost(c);
      i += c.size;
    }
  }
  return weight;
}

}  // namespace

uint64_t tokens_bound(std::string_view utf8, uint16_t permille) {
  if (permille == 0) return utf8.size();
  // 1.05: the largest undercount of U in its measurement was 1 in 50.
  const uint64_t divisor = kHundred * 1'000 * 100;
  const uint64_t tokens = (upper_weight(utf8) * permille * 105 + divisor - 1) / divisor;
  return std::min<uint64_t>(tokens, utf8.size());
}

uint64_t tokens_expected(std::string_view utf8) {
  RunningTokens running;
  running.add(utf8);
  return running.tokens();
}

void RunningTokens::add(std::string_view utf8) {
  size_t i = 0;
  uint64_t weight = 0;
  uint8_t last = last_;
  while (i < utf8.size()) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    Class now = none;
    if (byte < 0x80) {
      now = kAscii[byte];
      ++i;
    } else {
      const CodePoint c = code_point(utf8, i);
      now = class_of(c.value);
      i += c.size;
    }
    const Weights& w = kWeights[now];
    weight += w.each;
    if (now != last) {
      weight += w.start;
    } else if (now == space) {
      weight += kFurtherSpace;
    }
    last = now;
  }
  weight_ += weight;
  last_ = last;
}

uint64_t RunningTokens::tokens() const {
  return (weight_ + kWholeToken - 1) / kWholeToken;
}

}  // namespace orthink
