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
#include "native/catalogue_cache.h"
#include "native/cli/print.h"
#include "native/config.h"
#include "native/http_client.h"
#include "native/money/book.h"
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

  // Ctrl-C or SIGTERM since the start: what an exit code is made of.
  [[nodiscard]] Signals::Seen signals() const { return signals_.seen(); }
  // Blocks until `fd` is readable (true) or a signal came (false).
  bool wait_for_input(int fd);

 private:
  Caller(const Config& config, std::unique_ptr<HttpClient> client, std::string key_id)
      : config_(config), client_(std::move(client)), key_id_(std::move(key_id)) {}
  Result<void> need_book();
  Result<std::unique_ptr<Book>> book_by_upstream_clock(const Error& refusal);
  Result<void> need_catalogue(Printer& printer);
  struct Turn;
  Turn turn(const Ask& ask, const CallShow& show, const std::string& asked, Printer& printer);
  CallEnd end_of(const Exchange& exchange, const Signals::Seen& before, const Printer& printer) const;
  void tidy_up();

  Config config_;
  std::unique_ptr<HttpClient> client_;
  std::string key_id_;
  std::unique_ptr<Book> book_;
  Signals signals_;
  std::optional<Catalogue> catalogue_;
};

// A refusal before a call was open: an error event with `json`, else message and remedy. Returns the exit code.
int refuse_call(const Ask& ask, const Error& error, bool json, Printer& printer);

}  // namespace orthink::cli
