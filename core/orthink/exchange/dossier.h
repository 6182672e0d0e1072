// Dossier: every decision of a call with what it was made from, and how the call ended: what `orthink why` prints.
//
//   {"v":1,
//    "asked":{"model","fallbacks":[],"think","answer_tokens","max_tokens","max_cost_usd","user","tenant","session","prompt_tokens_bound"},
//    "decisions":[{"at_ms":N,"code":CODE,"text":SENTENCE,"inputs":{NAME:VALUE,...}},...],
//    "complete": the call's last event   or   "error": the call's last event}
//
// at_ms counts from the start of the call. Values are strings and whole numbers; what is not known is left out.
// Codes: planned, reserved, refused, sent, head, cancelled, leg_ended, retry, no_retry, settled, released, unknown.
// Thread rule: plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orthink/chat/ask.h"
#include "orthink/chat/prepare.h"
#include "orthink/ledger/batch.h"
#include "orthink/wire/json.h"

namespace orthink {

// One input of a decision. Views: they live as long as the call that takes them. An empty text counts as not known.
struct Fact {
  std::string_view name;
  std::string_view text;
  std::optional<uint64_t> number;
  Fact(std::string_view of, std::string_view is) : name(of), text(is) {}
  Fact(std::string_view of, std::optional<uint64_t> is) : name(of), number(is) {}
};
using Facts = std::vector<Fact>;

class Dossier {
 public:
  static constexpr Duration kKeptFor = Duration::seconds(int64_t{90} * 24 * 3600);

  Dossier(const Ask& ask, const Prepared& prepared);
  void decide(Duration at, std::string_view code, std::string_view text, const Facts& inputs);
  // The whole document as a write at document_key(call_id). `line`: the last event, an object.
  [[nodiscard]] DocumentWrite write(std::string_view call_id, bool is_complete, std::string_view line, Instant at) const;
  static std::string document_key(std::string_view call_id);  // "call/CALL_ID"

 private:
  json::Writer out_;  // the document so far, its list of decisions still open
};

}  // namespace orthink
