#include "native/ask_document.h"
#include "native/cli/call.h"
#include "native/cli/verbs.h"

namespace orthink::cli {

int run_ask(const Typed& typed, Printer& printer) {
  const AskFlags flags = ask_flags(typed);
  Ask ask;
  if (flags.model) ask.model = *flags.model;
  const auto refuse = [&](const Error& error) { return refuse_call(ask, error, typed.json(), printer); };

  const Result<Config> config = load_config();
  if (!config) return refuse(config.error());
  const Result<std::string> document = ask_document(flags, *config, 0);
  if (!document) return refuse(document.error());
  Result<Ask> parsed = parse_ask(*document);
  if (!parsed) return refuse(parsed.error());
  ask = std::move(*parsed);
  const Result<std::unique_ptr<Caller>> caller = Caller::create(*config);
  if (!caller) return refuse(caller.error());
  return (*caller)->call(ask, {typed.json(), flags.thinking, flags.idempotency_key}, printer).exit_code;
}

}  // namespace orthink::cli
