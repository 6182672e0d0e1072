#include "native/sim/pieces.h"

#include <array>

namespace orthink::sim {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t run(std::string_view text, size_t at, size_t most, bool (*belongs)(char)) {
  size_t n = 0;
  while (n < most && at + n < text.size() && belongs(text[at + n])) ++n;
  return n;
}

size_t character_bytes(std::string_view text, size_t at) {
  size_t n = 1;
  while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xc0U) == 0x80U) ++n;
  return n;
}

size_t piece_bytes(std::string_view text, size_t at) {
  const size_t space = text[at] == ' ' && at + 1 < text.size() && is_letter(text[at + 1]) ? 1 : 0;
  if (const size_t letters = run(text, at + space, 8, is_letter)) return space + letters;
  if (const size_t digits = run(text, at, 3, is_digit)) return digits;
  return character_bytes(text, at);
}

constexpr std::array<std::string_view, 20> kSentences = {
    "What is really being asked here is a matter of what can be left out.",
    "I should first settle what the words mean before I weigh them.",
    "There are two readings, and the plainer one is more likely.",
    "If I take the shorter path, the answer fits in a few lines.",
    "Let me check that against a small case: with nothing given, nothing follows.",
    "With one thing given, the rule holds, and it goes on holding.",
    "That looks right, but the edge is where such things break.",
    "The edge here is the empty case, and it does no harm.",
    "So far nothing speaks against the first idea.",
    "An example would help the reader more than a definition.",
    "I could list every detail, but most of them would not change the outcome.",
    "The cost of being wrong is small, so a direct answer is better than a careful one.",
    "Someone might object that this leaves something open.",
    "It does, and saying so is part of a good answer.",
    "Let me go over it once more, from the end to the start.",
    "The last step depends on the one before, and that one stands.",
    "Numbers would make this firmer, though none were given.",
    "I will keep the order: what it is, why it holds, what to do.",
    "Nothing more seems to be needed, but one more look costs little.",
    "Good; the pieces fit together.",
};

}  // namespace

std::vector<std::string_view> pieces(std::string_view utf8) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at < utf8.size();) {
    const size_t n = piece_bytes(utf8, at);
    out.push_back(utf8.substr(at, n));
    at += n;
  }
  return out;
}

uint64_t count_pieces(std::string_view utf8) {
  uint64_t n = 0;
  for (size_t at = 0; at < utf8.size(); ++n) at += piece_bytes(utf8, at);
  return n;
}

std::string_view first_pieces(std::string_view utf8, uint64_t n) {
  size_t at = 0;
  for (; n > 0 && at < utf8.size(); --n) at += piece_bytes(utf8, at);
  return utf8.substr(0, at);
}

std::string thinking_prose(Dice& dice, std::string_view subject, uint64_t n) {
  std::string text = "Simulated thinking about \"" + excerpt(subject, 60) + "\".";
  uint64_t have = count_pieces(text);
  size_t last = kSentences.size();
  while (have < n) {
    const size_t pick = dice.below(kSentences.size());
    if (pick == last) continue;
    last = pick;
    const size_t before = text.size();
    text += dice.below(6) == 0 ? "\n\n" : " ";
    text += kSentences[pick];
    have += count_pieces(std::string_view(text).substr(before));
  }
  return std::string(first_pieces(text, n));
}

std::string excerpt(std::string_view utf8, size_t bytes_max) {
  size_t end = 0;
  while (end < utf8.size()) {
    const size_t n = character_bytes(utf8, end);
    if (end + n > bytes_max) break;
    end += n;
  }
  std::string out(utf8.substr(0, end));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (end < utf8.size()) out += "...";
  return out;
}

}  // namespace orthink::sim
