// Gate: who may come in, from the Authorization header of a request.
//
//   Result<GateOptions> options = GateOptions::from(config);
//   Result<std::unique_ptr<Gate>> gate = Gate::open(std::move(*options));
//   Verdict verdict = (*gate)->admit(authorization, now());
//   if (!verdict.caller) answer(verdict.challenge);
//
// Bearer keys come from a file that only its owner may read; tokens are judged with the keys of one issuer, fetched from one configured
// address when the first token comes and again as access/jwks_cache says. The header's value goes nowhere from here: not into a
// message, nor upstream.
// Thread rule: any thread. admit() blocks only where a token's key is not known and the issuer has to be asked, at most `fetch_deadline`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "native/config.h"
#include "orthink/access/challenge.h"
#include "orthink/access/claims.h"
#include "orthink/access/denial.h"
#include "orthink/access/jwks_cache.h"
#include "orthink/access/principal.h"
#include "orthink/base/result.h"

namespace orthink::access {

enum class GateKind : uint8_t { none, keys, jwt, both };
std::string_view name(GateKind kind);

struct GateOptions {
  GateKind kind = GateKind::none;
  std::string keys_file;
  TokenRules rules;
  std::string jwks_url;
  JwksCacheOptions cache;
  Duration fetch_deadline = Duration::seconds(5);

  // The settings auth and auth_*. Errc::invalid_config for a word that is none, and for what a kind needs and lacks.
  static Result<GateOptions> from(const Config& config);
};

struct Verdict {
  std::optional<Principal> caller;
  std::optional<Denial> denial;  // exactly when there is no caller
  Challenge challenge;           // what to answer then
};

class Gate {
 public:
  // Reads the table of keys and loads what checks signatures; asks no issuer yet. Errc::invalid_config, file_unreadable.
  static Result<std::unique_ptr<Gate>> open(GateOptions options);
  ~Gate();  // REQUIRES: no admit() is under way
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // `authorization` is the header's value, empty where there is none. With kind none everybody is local.
  [[nodiscard]] Verdict admit(std::string_view authorization, Instant now);
  // Reads the table of keys again; on an Error the old one stays.
  Result<void> reload();

  [[nodiscard]] GateKind kind() const;
  // For the document of RFC 9728.
  [[nodiscard]] const ResourceFacts& facts() const;

  struct Status {
    size_t keys = 0;           // in the table
    uint64_t fetches = 0;      // of the issuer's keys
    std::string last_failure;  // of fetching them; empty after a success
  };
  [[nodiscard]] Status status() const;

 private:
  struct State;
  explicit Gate(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orthink::access
