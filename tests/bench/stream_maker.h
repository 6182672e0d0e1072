// StreamMaker: a seeded stream of chat completions as a provider would send it, read by read, for benchmarks.
//
// Of the reads 70 % hold one event, 20 % two to five, 10 % end anywhere (inside a character too). Events have about 380
// bytes: thinking with reasoning_details first, then output, then finish reason, usage and [DONE].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orthink::bench {

class StreamMaker {
 public:
  // Stops at about `bytes`.
  StreamMaker(uint64_t seed, uint64_t bytes) : state_(seed), bytes_(bytes) {}

  // The next read; empty when the stream is over. The view dies at the next call.
  std::string_view read();

  [[nodiscard]] uint64_t events() const { return events_; }
  [[nodiscard]] uint64_t made() const { return made_; }
  // FNV-1a of all thinking, then of all output.
  [[nodiscard]] uint64_t thinking_hash() const { return thinking_hash_; }
  [[nodiscard]] uint64_t output_hash() const { return output_hash_; }

 private:
  uint64_t below(uint64_t limit);
  bool add_event();
  void make_piece();

  uint64_t state_;
  uint64_t bytes_;
  uint64_t made_ = 0;
  uint64_t events_ = 0;
  uint64_t thinking_hash_ = 0xCBF29CE484222325;
  uint64_t output_hash_ = 0xCBF29CE484222325;
  size_t given_ = 0;         // of pending_, at the last read
  std::string pending_;      // made but not yet read
  std::string piece_;        // text of the event
  std::string quoted_;       // the same as JSON
  bool is_over_ = false;
};

uint64_t fnv1a(uint64_t hash, std::string_view bytes);

}  // namespace orthink::bench
