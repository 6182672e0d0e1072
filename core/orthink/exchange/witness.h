// Witness: whoever hears of each decision of a call, and what is kept of it in the end. A seam: hosts that keep nothing do not carry the
// words (exchange/dossier has them).
#pragma once

#include <cstdint>
#include <string_view>

#include "orthink/exchange/exchange.h"
#include "orthink/policy/retry.h"

namespace orthink {

struct Decision {
  enum class Kind : uint8_t { planned, reserved, refused, sent, head, cancelled, leg_ended, retry, no_retry, settled, released, unknown, rebound };
  Kind kind = Kind::planned;
  Bill bill = Bill::unknown;          // leg_ended, no_retry
  Duration delay;                     // retry
  bool is_too_dear = false;           // no_retry: money stands against it
  const StoreReply* reply = nullptr;  // refused
};

class Witness {
 public:
  virtual ~Witness() = default;
  // The call as it stands when the decision has been made.
  virtual void see(const Exchange::State& call, const Decision& decision) = 0;
  // What the call's last batch carries. `line`: the last event, an object.
  [[nodiscard]] virtual DocumentWrite keep(const Exchange::State& call, std::string_view line) const = 0;
};

}  // namespace orthink
