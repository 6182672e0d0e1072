// The raw listener's side of a request: what no correct server sends, written to the socket by hand.
#pragma once

#include "native/sim/room.h"
#include "native/sim/wire.h"

namespace orthink::sim {

// Plays the violation to its end; the connection is over afterwards.
void answer_raw(Wire& wire, Violation& violation);

}  // namespace orthink::sim
