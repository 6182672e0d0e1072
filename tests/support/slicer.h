// The cuts under which every stream must give the same answer: whole, byte by byte, and at random places from a seed.
//
//   for (const auto& cut : {slices_whole(text), slices_bytes(text), slices_seeded(text, seed)}) check(decode(cut));
//
// The slices are views of the text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orthink::test {

using Slices = std::vector<std::string_view>;

Slices slices_whole(std::string_view text);
Slices slices_bytes(std::string_view text);
// Pieces of 1 to `longest` bytes; short ones are as likely as long ones.
Slices slices_seeded(std::string_view text, uint64_t seed, size_t longest = 4'096);

// A small, portable generator (splitmix64): the same numbers on every machine.
class Seeded {
 public:
  explicit Seeded(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t limit) { return next() % limit; }

 private:
  uint64_t state_;
};

// How many seeded cuts a test makes: 50, or 1,000 where the environment has ORTHINK_LONG.
uint64_t seeded_rounds();

std::string read_file(const std::filesystem::path& path);
// The folder that an environment variable names; where it is unset or missing a line is printed and the caller skips.
std::optional<std::filesystem::path> folder_of(const char* variable);
// Files of a folder whose names end so, sorted.
std::vector<std::filesystem::path> files_ending(const std::filesystem::path& folder, std::string_view ending);

}  // namespace orthink::test
