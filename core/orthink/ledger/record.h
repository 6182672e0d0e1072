// HoldRecord: all a row of the ledger knows, and its text in the store.
//
// Version 1 of the text is one JSON object with the members below in their order; absent optionals are left out. A reader takes
// unknown members (written by a newer minor) and refuses another "v".
// Thread rule: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orthink/base/instant.h"
#include "orthink/base/money.h"
#include "orthink/base/result.h"
#include "orthink/cost/usage.h"
#include "orthink/ledger/batch.h"
#include "orthink/ledger/scope.h"

namespace orthink {

// How the amount of a settled row is known.
enum class AmountSource : uint8_t { none, provider, computed, bound };
std::string_view name(AmountSource source);

struct HoldRecord {
  std::string call_id;
  uint32_t row = 0;               // of the call, from 1
  uint32_t attempt = 0;
  std::vector<Scope> scopes;      // every scope that is charged, global first
  int64_t day = 0;                // the windows it was reserved in, where it is settled too
  int64_t month = 0;
  NanoUsd bound;                  // what may still be billed for it at most
  NanoUsd actual;                 // settled: what it did cost
  AmountSource source = AmountSource::none;
  bool is_flagged = false;        // charged at its bound because nothing more is known, or above its bound
  uint64_t tokens_bound = 0;      // what was taken from tokens-per-minute limits
  std::string model;              // asked for; then the one that served
  std::string provider;
  std::string generation_id;
  std::string price_source;       // "catalogue", "snapshot", "max_cost"
  std::string claim;              // where the call's idempotency key lies (Claim::document_key), if it has one
  Usage usage;
  Instant created, deadline;      // when the call must be over
  uint32_t asks = 0;              // of /generation so far

  [[nodiscard]] std::string key() const;      // call_id/row
  [[nodiscard]] std::string account() const;  // "tenant:x" when one is charged, else "global"

  [[nodiscard]] std::string to_json() const;
  static Result<HoldRecord> parse(std::string_view json);
};

}  // namespace orthink
