#include "orthink/ledger/batch.h"

#include <array>

namespace orthink {
namespace {

constexpr std::array<std::string_view, 6> kStates{"none", "reserved", "sent", "settled", "released", "unknown"};
constexpr std::array<std::string_view, 7> kVerdicts{"applied",      "clock_behind", "document_conflict", "row_conflict",
                                                    "guard_failed", "rate_limited", "unavailable"};

}  // namespace

std::string_view name(HoldState state) { return kStates[static_cast<size_t>(state)]; }

std::optional<HoldState> hold_state(std::string_view name) {
  for (size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == name) return static_cast<HoldState>(i);
  return std::nullopt;
}

std::string_view name(StoreReply::Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }

Error not_taken(const StoreReply& reply, std::string_view what) {
  const bool has_words = reply.verdict == StoreReply::Verdict::unavailable && !reply.found_text.empty();
  return make_error(Errc::store_unavailable, has_words ? reply.found_text : "the store did not take " + std::string(what));
}

}  // namespace orthink
