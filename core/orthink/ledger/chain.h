// Chain: seals over an account's journal, each over the one before, so that lines cannot be changed afterwards unseen.
//
//   chain::Seal seal = chain::seal(previous, "global", lines);      // document chain::seal_key("global", k), mark chain::mark_key("global")
//   chain::Check check("global", seals, mark);
//   check.line(1, text); ...                                        // every line of the account, in its order
//   Findings findings = check.finish();
//
// A seal is a document "seal/ACCOUNT/NNNNNNNNNN" (its number from 1, in ten digits, so that keys sort):
//   {"v":1,"account":"global","from":1,"to":256,"previous":"<hex>","hash":"<hex>"}
// hash = SHA-256 of: previous (its 64 characters; zeros before the first), account, from, to (8 bytes, big end first), then each line from
// `from` to `to`. Texts are preceded by their length in 8 such bytes. The mark is how many seals were made.
//
// What it proves: a line under a seal that was changed, removed, inserted or moved is found, and the first seal that does not hold names
// the place (its lines; which of them cannot be told). So is a seal that was changed or removed: by its neighbours, the last one by the mark.
// Lines after the last seal are not bound yet; the audit holds them against rows and counters.
// What it cannot prove: somebody who can write the whole store can also make all seals anew. Whoever keeps the hash of a later seal in another
// place finds that too.
// Thread rule: pure functions; Check: one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orthink/base/result.h"
#include "orthink/base/sha256.h"
#include "orthink/ledger/finding.h"

namespace orthink::chain {

struct Seal {
  std::string account;
  uint64_t from = 0;      // the first line under it
  uint64_t to = 0;        // the last
  std::string previous;   // hash of the seal before, in hex
  std::string hash;

  [[nodiscard]] std::string to_json() const;
  static Result<Seal> parse(std::string_view json);
};

inline constexpr std::string_view kSealPrefix = "seal/";
std::string seal_key(std::string_view account, uint64_t number);
std::string mark_key(std::string_view account);
struct SealPlace {
  std::string account;
  uint64_t number = 0;
};
std::optional<SealPlace> read_seal_key(std::string_view key);  // nothing for any other key

// Over the lines that follow `previous` (null: over the first ones). REQUIRES: lines is not empty.
Seal seal(const Seal* previous, std::string_view account, const std::vector<std::string>& lines);

class Check {
 public:
  using Numbered = std::pair<uint64_t, std::string>;  // a seal's number and document
  // `seals` in the order of their numbers. `made`: the mark, read before the seals.
  Check(std::string account, const std::vector<Numbered>& seals, uint64_t made);
  void line(uint64_t number, std::string_view text);
  Findings finish();

  [[nodiscard]] uint64_t sealed_to() const { return seals_.empty() ? 0 : seals_.back().seal.to; }

 private:
  struct Link {
    uint64_t number = 0;
    Seal seal;
    bool is_judged = false;         // something is said of it already
    bool is_hash_changed = false;   // the seal after it and its lines know another
  };
  void link();
  void close();
  void judge(Link& link, const std::string& found, const Link* after);
  void say(std::string_view code, Link& link, std::string text);

  std::string account_;
  std::vector<Link> seals_;  // those that can be read
  size_t at_ = 0;            // whose lines come now
  uint64_t next_ = 0;        // the line that must come next; 0: none of it has come
  Sha256 hash_;
  Findings findings_;
};

}  // namespace orthink::chain
