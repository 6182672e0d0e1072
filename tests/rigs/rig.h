// What every rig shares: arguments, the seed, violations and the line of figures.
//
//   int main(int count, char** words) {
//     rig::Arguments arguments(count, words, {{"cuts", 100}, {"normal", 0}});
//     rig::Verdict verdict("power_loss", arguments.seed());
//     verdict.expect(is_there, "a settled row is gone: " + key);
//     return verdict.finish(std::to_string(cuts) + " cuts");
//   }
//
// A rig is a program that treats a store as the world will, counts what went wrong, prints one line with its seed and figures, and
// exits 0 when nothing did, 1 when something did, 2 when it could not run. A size is an argument: small in a test, full by hand.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace orthink::rig {

// splitmix64. Thread rule: one thread at a time.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t n) { return next() % n; }  // REQUIRES: n > 0
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

// "--name N" for each name, and "--seed N" (else from the system) and "--store URL" (else empty). An unknown one prints what
// there is and exits 2.
class Arguments {
 public:
  Arguments(int count, char** words, std::map<std::string, uint64_t> defaults);
  [[nodiscard]] uint64_t get(const std::string& name) const { return values_.at(name); }
  [[nodiscard]] uint64_t seed() const { return values_.at("seed"); }
  [[nodiscard]] const std::string& store() const { return store_; }

 private:
  std::map<std::string, uint64_t> values_;
  std::string store_;
};

// Thread rule: any thread.
class Verdict {
 public:
  Verdict(std::string name, uint64_t seed);
  // Counts a violation and prints the first few to standard error.
  void expect(bool is_so, const std::string& otherwise);
  void add(const std::vector<std::string>& violations);
  [[nodiscard]] uint64_t violations() const;
  // Prints "NAME: FIGURES, N violations, seed S, T s" and returns the exit code.
  int finish(const std::string& figures) const;

 private:
  static constexpr uint64_t kShown = 20;
  const std::string name_;
  const uint64_t seed_;
  const int64_t began_us_;
  mutable std::mutex mutex_;
  uint64_t violations_ = 0;
};

// Prints the words and exits 2: the rig could not be set up.
[[noreturn]] void give_up(const std::string& words);

// A folder for stores, in memory where the system has such a place, removed with this object by the process that made it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  void clear() const;  // everything in it

 private:
  std::string path_;
  int process_;
};

}  // namespace orthink::rig
