// Idempotency at our edge: the same key buys once.
//
//   Claim claim{tenant, key, fingerprint, call_id};
//   reserve.documents.push_back(claim.begin(at));          // in the reservation's own batch
//   ... document_conflict: Found found = read_claim(reply.found_text, claim)
//   settle.documents.push_back(claim.finish(result, at));  // in the settlement's own batch
//
// A key is good for kKeptFor. A call that certainly was not sent gives its key back; if its process dies before, recovery does, which finds
// the key in the row (HoldRecord::claim). One whose outcome is not known keeps it: whoever asks again with it is told so and buys nothing.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/error.h"
#include "orthink/ledger/batch.h"

namespace orthink {

struct Claim {
  static constexpr Duration kKeptFor = Duration::seconds(24 * 3600);
  static constexpr size_t kKeyBytesMax = 255;

  std::string tenant;       // keys of tenants are apart
  std::string key;          // as the caller gave it, 1 to 255 printable ASCII characters (is_valid_key)
  std::string fingerprint;  // hex SHA-256 of what was asked
  std::string call_id;

  static bool is_valid_key(std::string_view key);
  [[nodiscard]] std::string document_key() const;
  [[nodiscard]] DocumentWrite begin(Instant at) const;                             // expects absence
  [[nodiscard]] DocumentWrite finish(std::string_view result, Instant at) const;  // the last line of the call, kept to be replayed
  [[nodiscard]] DocumentWrite give_back() const;

 private:
  [[nodiscard]] std::string text(std::string_view state, const std::optional<std::string>& result) const;
};

// What stands under a key that is taken.
struct Found {
  enum class Kind : uint8_t { done, in_flight, mismatch } kind = Kind::in_flight;
  std::string call_id;
  std::string result;       // done
};
// A text that cannot be read counts as in flight: nothing is bought on a doubt.
Found read_claim(std::string_view text, const Claim& claim);
// Gives back the key at `document_key` for a call that certainly was not sent; nothing if what stands there is not that call's, or not in
// flight.
std::optional<DocumentWrite> give_back_claim(std::string document_key, std::string text, std::string_view call_id);
// REQUIRES: found.kind != done.
Error refusal(const Found& found, const Claim& claim);

}  // namespace orthink
