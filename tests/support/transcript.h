// What a ResponseReader says of a body, as text: one line per delta, then the ending and the message for the next turn. Two
// decodings are the same exactly when their transcripts are.
//
//   CHECK(transcript(slices_bytes(body)) == transcript(slices_whole(body)));
#pragma once

#include <string>

#include "orthink/chat/stream.h"
#include "tests/support/slicer.h"

namespace orthink::test {

struct Decoded {
  std::string transcript;
  Ending ending;
  Answer answer;
};

Decoded decode(const Slices& slices, ResponseReader::Form form = ResponseReader::Form::detect);
std::string transcript(const Slices& slices, ResponseReader::Form form = ResponseReader::Form::detect);

}  // namespace orthink::test
