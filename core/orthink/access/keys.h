// The table of bearer keys: who holds which, what each may. A key itself is in no file: the table knows its SHA-256.
//
//   {"keys":[{"name":"ci","sha256":"64 hex digits","user":"alice","tenant":"acme","models":["openai/*"],"tools":["plan_request"],
//             "limits":{"usd_per_day":"5"},"expires":1796000000,"disabled":true}]}
//
//   std::string key = make_key(entropy);                        // shown once
//   table.add({.name = "ci", .sha256 = Sha256::of(key)});
//   Judged<Principal> caller = table.find(now, presented);
//
// A key is 256 random bits, so that one SHA-256 without salt is enough: there is nothing to guess. Finding one compares the sum of what
// was presented with every entry to the last byte, whichever fits: the time tells neither which nor how nearly.
// Thread rule: plain values; a table that does not change may be read by any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/access/denial.h"
#include "orthink/access/principal.h"
#include "orthink/base/instant.h"
#include "orthink/base/result.h"
#include "orthink/base/sha256.h"

namespace orthink::access {

struct AccessKey {
  std::string name;  // 1 to 64 of a-z A-Z 0-9 . _ -
  Sha256::Digest sha256{};
  std::string user;    // empty: whom the call names
  std::string tenant;  // likewise
  std::vector<std::string> models;  // as in Principal
  std::vector<std::string> tools;
  Limits limits;
  std::optional<Instant> expires;  // whole seconds; from then on it is refused
  bool is_disabled = false;
};

// "ork_" and 64 hex digits. `entropy` is 256 random bits.
std::string make_key(const std::array<uint64_t, 4>& entropy);

// Whether two sums are equal, in a time that does not depend on where they differ.
[[nodiscard]] bool same_digest(const Sha256::Digest& a, const Sha256::Digest& b);

class KeyTable {
 public:
  // Errc::invalid_config with the entry's place and what is wrong: a name twice, a sum twice, an unknown member, a limit that is none.
  static Result<KeyTable> parse(std::string_view text);
  [[nodiscard]] std::string to_json() const;  // one entry a line, so that people can read and compare it

  [[nodiscard]] const std::vector<AccessKey>& keys() const { return keys_; }
  // Errc::invalid_argument for a name that is none or taken, too_large over limits::kAccessKeysMax.
  Result<void> add(AccessKey key);
  bool remove(std::string_view name);                  // false: there was none
  bool disable(std::string_view name, bool disabled);  // likewise

  // key_unknown, key_disabled or key_expired. The principal's id is "key:NAME".
  [[nodiscard]] Judged<Principal> find(Instant now, std::string_view presented) const;

 private:
  std::vector<AccessKey> keys_;
};

}  // namespace orthink::access
