// Reconciling: what became of calls whose outcome is not known, asked of GET /generation?id= (OpenRouter's documentation).
//
//   if (reconcile::can_ask(record)) send(reconcile::request(record));
//   reconcile::Verdict verdict = reconcile::judge(record, status, body, now);
//   store.apply(reconcile::batch(verdict, HoldState::unknown, now));
//
// The upstream answers 404 until it has stored the generation, so it is asked after 1, 2, 4 ... 60 s for ten minutes, then hourly for a
// day. When that is over, or when no generation was ever named and the call must be dead, the bound is charged and flagged.
// Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orthink/ledger/batch.h"
#include "orthink/ledger/record.h"
#include "orthink/wire/http.h"

namespace orthink::reconcile {

[[nodiscard]] bool can_ask(const HoldRecord& record);        // a generation is named
http::Request request(const HoldRecord& record);             // REQUIRES: can_ask(record)

// What the upstream's document says of a generation; absent where it says nothing.
struct Generation {
  std::optional<Money> cost;       // what the account was charged, the vendor's own bill included (BYOK)
  Usage usage;
  std::string model, provider;
  bool is_cancelled = false;
};
Result<Generation> read_generation(std::string_view body);

struct Verdict {
  enum class Kind : uint8_t { settled, ask_again, charged_bound } kind = Kind::ask_again;
  HoldRecord record;               // with what is known now; asks counted
  Instant due = Instant::never();  // ask_again: when
  std::string why;                 // in a sentence
};

// The answer to request(); status 0 = none came.
Verdict judge(HoldRecord record, int status, std::string_view body, Instant now);
// Without a generation to ask for: the bound, once the call must be dead.
Verdict judge_nameless(HoldRecord record, Instant now);
StoreBatch batch(const Verdict& verdict, HoldState found, Instant now);

// A settled row against the upstream's number.
enum class Agreement : uint8_t { agreed, disputed, unknown };
std::string_view name(Agreement agreement);
Agreement compare(const HoldRecord& settled, const std::optional<Generation>& generation);

}  // namespace orthink::reconcile
