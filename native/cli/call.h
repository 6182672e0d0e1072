// A paid call from the command line: what ask and chat share.
//
//   Result<std::unique_ptr<Caller>> caller = Caller::create(config);
//   CallEnd end = (*caller)->call(ask, {.json = true}, printer);
//
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "native/ask_flags.h"
#include "native/call/purchase.h"
#include "native/cli/print.h"
#include "native/config.h"
#include "native/system.h"
#include "orthink/chat/ask.h"

namespace orthink::cli {

struct CallShow {
  bool json = false;                                   // event lines instead of text
  ThinkingShown thinking = ThinkingShown::by_default;  // by default on a terminal alone; shown but not on a terminal: on standard error
  std::optional<std::string> idempotency_key{};        // of valid form: the question is bought once
};

struct CallEnd {
  int exit_code = 1;
  std::optional<std::string> message;  // the assistant message to send back next turn, when the call was complete
};

class Caller {
 public:
  // Finds the key and sets up the upstream client; sends nothing.
  static Result<std::unique_ptr<Caller>> create(const Config& config);

  // Opens the ledger at the first call: without it nothing goes upstream. Fetches the catalogue first where it is not fresh.
  // Prints events, answer, receipt or error. An ask that fits is asked again with less where a limit of the ledger stood against it.
  // Afterwards calls of unknown outcome that are due are asked about for at most two seconds, and the journal is sealed.
  CallEnd call(const Ask& ask, const CallShow& show, Printer& printer);

  // Ctrl-C, SIGTERM or SIGHUP since the start: what an exit code is made of.
  [[nodiscard]] Signals::Seen signals() const { return signals_.seen(); }
  // Blocks until `fd` is readable (true) or a signal came (false).
  bool wait_for_input(int fd);

 private:
  explicit Caller(const Config& config) : desk_(config) {}
  void warn_once(Printer& printer);
  CallEnd end_of(const Bought& bought, const Signals::Seen& before, const Printer& printer) const;
  void tidy_up(const Bought& bought);

  Desk desk_;
  Signals signals_{Signals::Hangup::terminates};  // a terminal that is closed does not leave a call unsettled
  std::shared_ptr<const Catalogue> warned_of_;
};

// A refusal before a call was open: an error event with `json`, else message and remedy. Returns the exit code.
int refuse_call(const Ask& ask, const Error& error, bool json, Printer& printer);

}  // namespace orthink::cli
