#include "tests/bench/stream_maker.h"

#include <algorithm>
#include <iterator>

namespace orthink::bench {
namespace {

constexpr std::string_view kWords[] = {
    "the",    " model", " should", " first", " look",  " at",   " each", " case",  ",",     " then", " weigh", " 42",  " in", " detail",
    ".",      " So",    " we",     " have",  " 3.14",  " and",  "\n\n",  " \"yes\"", " (maybe)", " na\xC3\xAFve", " \xE6\xBC\xA2\xE5\xAD\x97", " return", " value", "\n- ",
    " price", " of",    " tokens", " is",    " bound", "ing",   "er",    " \xF0\x9F\x98\x80", " x = y", ";",    " because", " that",
};

constexpr std::string_view kHead =
    R"(data: {"id":"gen-1787400000-pQ7vXk2LmN9aBcDeFgHi","provider":"Anthropic","model":"anthropic/claude-haiku-4.5",)"
    R"("object":"chat.completion.chunk","created":1787400000,"choices":[{"index":0,"delta":{"role":"assistant","content":")";
constexpr std::string_view kTail = R"(},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]})" "\n\n";
constexpr std::string_view kEnd =
    R"(data: {"id":"gen-1787400000-pQ7vXk2LmN9aBcDeFgHi","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":9,"completion_tokens":104,"cost":0.00085}})" "\n\ndata: [DONE]\n\n";

void append_quoted(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
}

}  // namespace

uint64_t fnv1a(uint64_t hash, std::string_view bytes) {
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

uint64_t StreamMaker::below(uint64_t limit) {
  state_ += 0x9E3779B97F4A7C15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return (z ^ (z >> 31)) % limit;
}

void StreamMaker::make_piece() {
  piece_.clear();
  quoted_.clear();
  for (uint64_t n = 1 + below(3); n > 0; --n) piece_ += kWords[below(std::size(kWords))];
  append_quoted(quoted_, piece_);
}

// False when the stream has ended.
bool StreamMaker::add_event() {
  if (is_over_) return false;
  const size_t before = pending_.size();
  if (made_ >= bytes_) {
    pending_ += kEnd;
    is_over_ = true;
  } else {
    make_piece();
    pending_ += kHead;
    if (made_ < bytes_ / 10 * 7) {
      thinking_hash_ = fnv1a(thinking_hash_, piece_);
      pending_.append(R"(","reasoning":")").append(quoted_);
      pending_.append(R"(","reasoning_details":[{"type":"reasoning.text","text":")").append(quoted_);
      pending_ += R"(","format":"anthropic-claude-v1","index":0}])";
    } else {
      output_hash_ = fnv1a(output_hash_, piece_);
      pending_.append(quoted_).append(R"(","reasoning":null,"reasoning_details":[])");
    }
    pending_ += kTail;
  }
  made_ += pending_.size() - before;
  ++events_;
  return true;
}

std::string_view StreamMaker::read() {
  pending_.erase(0, given_);
  const uint64_t kind = below(10);
  const uint64_t events = kind < 7 ? 1 : kind < 9 ? 2 + below(4) : 1 + below(2);
  for (uint64_t n = 0; n < events && add_event();) ++n;
  given_ = pending_.size();
  if (kind == 9 && given_ > 1) given_ = 1 + below(given_ - 1);
  return std::string_view(pending_).substr(0, given_);
}

}  // namespace orthink::bench
