// The last event of a call, read back from its line: what output::Replay carries and a dossier keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "orthink/base/error.h"
#include "orthink/base/result.h"
#include "orthink/chat/answer.h"

namespace orthink {

struct LastEvent {
  std::optional<Error> error;          // its names, texts and delay; nothing = the call was complete
  Outcome outcome = Outcome::empty;    // complete
  std::string text;                    // complete: the message's content
  std::string message;                 // complete: the message as JSON, to be sent back next turn
};

// Errc::internal when it is no line of ours.
Result<LastEvent> read_last_event(std::string_view line);
// The exit code of the call that ended so; 1 for a line that cannot be read.
int exit_code(const Result<LastEvent>& event);

}  // namespace orthink
