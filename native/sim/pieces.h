// Pieces: what the simulator counts as tokens, and the prose it thinks in.
//
// A piece is a word of at most eight letters with the space before it, a run of digits up to three, one mark of punctuation, or one
// character beyond ASCII. Good enough to be near the real counts of English, and exact in that the bill agrees with the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/sim/dice.h"

namespace orthink::sim {

// Views into `utf8`, in order; joined they are the text.
std::vector<std::string_view> pieces(std::string_view utf8);
uint64_t count_pieces(std::string_view utf8);
// The text of the first `n` pieces.
std::string_view first_pieces(std::string_view utf8, uint64_t n);

// Prose of exactly `n` pieces about `subject`, labelled as simulated in its first words.
std::string thinking_prose(Dice& dice, std::string_view subject, uint64_t n);

// `utf8` up to `bytes_max` bytes, cut between characters, on one line.
std::string excerpt(std::string_view utf8, size_t bytes_max);

}  // namespace orthink::sim
