#include "tests/support/slicer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace orthink::test {

uint64_t Seeded::next() {
  state_ += 0x9E3779B97F4A7C15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

Slices slices_whole(std::string_view text) {
  return {text};
}

Slices slices_bytes(std::string_view text) {
  Slices out;
  for (size_t i = 0; i < text.size(); ++i) out.push_back(text.substr(i, 1));
  return out;
}

Slices slices_seeded(std::string_view text, uint64_t seed, size_t longest) {
  Seeded random(seed);
  Slices out;
  for (size_t at = 0; at < text.size();) {
    const uint64_t most = random.below(2) == 0 ? 16 : longest;
    const size_t size = std::min<size_t>(text.size() - at, 1 + random.below(most));
    out.push_back(text.substr(at, size));
    at += size;
  }
  return out;
}

uint64_t seeded_rounds() {
  return std::getenv("ORTHINK_LONG") != nullptr ? 1'000 : 50;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<std::filesystem::path> folder_of(const char* variable) {
  const char* value = std::getenv(variable);
  if (value != nullptr && std::filesystem::is_directory(value)) return value;
  std::printf("skipped: %s names no folder\n", variable);
  return std::nullopt;
}

std::vector<std::filesystem::path> files_ending(const std::filesystem::path& folder, std::string_view ending) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.size() >= ending.size() && name.substr(name.size() - ending.size()) == ending) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace orthink::test
