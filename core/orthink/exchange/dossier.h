// Dossier: every decision of a call with what it was made from, and how the call ended: what `orthink why` prints.
//
//   options.witness = open_dossier;   // of ExchangeOptions: the batch that closes the call carries the document at dossier_key(call_id)
//
//   {"v":1,
//    "asked":{"model","fallbacks":[],"think","answer_tokens","max_tokens","max_cost_usd","user","tenant","session","prompt_tokens_bound"},
//    "decisions":[{"at_ms":N,"code":CODE,"text":SENTENCE,"inputs":{NAME:VALUE,...}},...],
//    "complete": the call's last event   or   "error": the call's last event}
//
// at_ms counts from the start of the call. Values are strings and whole numbers; what is not known is left out. Kept for 90 days.
// Codes: planned, reserved, refused, sent, head, cancelled, leg_ended, retry, no_retry, settled, released, unknown, rebound.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "orthink/exchange/witness.h"

namespace orthink {

inline constexpr Duration kDossierKeptFor = Duration::seconds(int64_t{90} * 24 * 3600);
std::string dossier_key(std::string_view call_id);  // "call/CALL_ID"
std::unique_ptr<Witness> open_dossier(const Ask& ask, const Prepared& prepared);

}  // namespace orthink
