#include "tests/rigs/rig.h"

#include <stdlib.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "native/system.h"

namespace orthink::rig {
namespace {

bool read_number(const std::string& word, uint64_t& number) {
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, number);
  return error == std::errc() && stop == end;
}

}  // namespace

uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Arguments::Arguments(int count, char** words, std::map<std::string, uint64_t> defaults) : values_(std::move(defaults)) {
  values_["seed"] = entropy64();
  for (int i = 1; i < count; i += 2) {
    const std::string word = words[i];
    const std::string value = i + 1 < count ? words[i + 1] : "";
    const auto found = values_.find(word.substr(word.find_first_not_of('-') == std::string::npos ? 0 : word.find_first_not_of('-')));
    if (word == "--store" && !value.empty()) {
      store_ = value;
    } else if (found == values_.end() || !read_number(value, found->second)) {
      std::string usage = "arguments, with their defaults:";
      for (const auto& [name, number] : values_) usage += " --" + name + " " + std::to_string(number);
      give_up(usage + " --store URL");
    }
  }
}

Verdict::Verdict(std::string name, uint64_t seed) : name_(std::move(name)), seed_(seed), began_us_(now().us) {}

void Verdict::expect(bool is_so, const std::string& otherwise) {
  if (is_so) return;
  const std::lock_guard lock(mutex_);
  if (++violations_ <= kShown) std::fprintf(stderr, "%s: violation: %s\n", name_.c_str(), otherwise.c_str());
}

void Verdict::add(const std::vector<std::string>& violations) {
  for (const std::string& violation : violations) expect(false, violation);
}

uint64_t Verdict::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

int Verdict::finish(const std::string& figures) const {
  const int64_t tenths = (now().us - began_us_) / 100'000;
  std::printf("%s: %s, %llu violations, seed %llu, %lld.%lld s\n", name_.c_str(), figures.c_str(),
              static_cast<unsigned long long>(violations()), static_cast<unsigned long long>(seed_), static_cast<long long>(tenths / 10),
              static_cast<long long>(tenths % 10));
  return violations() == 0 ? 0 : 1;
}

void give_up(const std::string& words) {
  std::fprintf(stderr, "%s\n", words.c_str());
  std::fflush(nullptr);
  ::_exit(2);
}

Folder::Folder() : process_(::getpid()) {
  const bool has_memory = ::access("/dev/shm", W_OK) == 0;
  path_ = (has_memory ? std::string("/dev/shm") : std::filesystem::temp_directory_path().string()) + "/orthink-rig-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) give_up("no folder can be made: " + path_);
}

Folder::~Folder() {
  if (::getpid() != process_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::clear() const {
  for (const auto& entry : std::filesystem::directory_iterator(path_)) std::filesystem::remove_all(entry.path());
}

}  // namespace orthink::rig
