// The command line as data: one table of verbs and one of flags, from which come the parser, every --help, the manual page and
// the shells' completions.
//
//   Result<cli::Typed> typed = cli::parse({"ask", "--think", "8k", "Why?"});
//   typed->verb();                          // Verb::ask
//   typed->text(Flag::think);               // "8k"
//   cli::ask_flags(*typed);                 // for native/ask_document
//
// What was typed is checked for its form here (known names, values present, numbers in range), for its meaning elsewhere.
// Thread rule: values; the tables are constants.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/ask_flags.h"
#include "orthink/base/result.h"

namespace orthink::cli {

enum class Verb : uint8_t {
  ask,
  chat,
  plan,
  models,
  replay,
  budget,
  report,
  ledger,
  why,
  sim,
  doctor,
  key,
  access,
  config,
  mcp,
  serve,
  completions,
  help,
  version,
  man,
};

enum class Flag : uint8_t {
  model,
  think,
  answer,
  max_tokens,
  max_cost,
  fit,
  lenient,
  system,
  image,
  file,
  tools,
  schema,
  request,
  user,
  tenant,
  session,
  idempotency_key,
  deadline,
  no_stream,
  show_thinking,
  hide_thinking,
  continue_,
  provider,
  max_price,
  reasoning,
  cap,
  sort,
  refresh,
  usd_per_day,
  usd_per_month,
  requests_per_minute,
  requests_per_day,
  tokens_per_minute,
  allow_models,
  allow_tools,
  expires,
  by,
  since,
  until,
  csv,
  cut,
  port,
  replay,
  seed,
  pace,
  fault,
  list_faults,
  client,
  name,
  url,
  key_env,
  settings,
  yes,
  dry_run,
  listen,
  path,
  metrics,
  auth,
  stdio,
  drain_s,
  markdown,
  json,
  help,
};

// What a flag takes, for the check of its form and for completions.
enum class Takes : uint8_t {
  nothing,
  text,
  model,    // a model id
  setting,  // off, an effort, tokens, dollars
  count,    // a whole number from `least` to `most`
  usd,      // a decimal amount of dollars
  path,
  folder,
  choice,   // one of `words`
  choices,  // some of `words`, separated by commas
  token,    // 1 to 255 printable ASCII characters
  limit,    // an amount or count as it is typed, or none; read by ledger/scope
  when,     // a day, a moment, or an age; read by cli/open_ledger
};

struct FlagRow {
  Flag flag;
  std::string_view name;   // "--max-cost"
  std::string_view value;  // what stands for its value in help, "USD"; empty for Takes::nothing
  Takes takes = Takes::nothing;
  std::string_view help;     // a sentence without its full stop
  uint32_t verbs = 0;        // bits of Verb
  std::string_view words{};  // of choice and choices and, as proposals, of others: separated by spaces
  uint64_t least = 0;
  uint64_t most = 0;
  bool repeats = false;
  bool is_hidden = false;
};

struct VerbRow {
  Verb verb;
  std::string_view name;
  std::string_view arguments;  // "PROMPT|-", "FILE...", "[ID]"; empty = takes no words
  std::string_view summary;    // one line
  std::string_view about;  // paragraphs of --help and of the manual page, parted by blank lines; lines that start with "  " are examples
  uint32_t words_min = 0;
  uint32_t words_max = 0;
  std::string_view words{};  // the words it knows, separated by spaces; empty = any
  bool is_hidden = false;
  bool takes_others = false;  // `words` are proposals; what else it takes is the verb's business
};

std::span<const VerbRow> verb_rows();
std::span<const FlagRow> flag_rows();
const VerbRow& row(Verb verb);
const FlagRow& row(Flag flag);

class Typed {
 public:
  [[nodiscard]] Verb verb() const { return verb_; }
  [[nodiscard]] bool has(Flag flag) const;
  // The last value given. Dies with this Typed.
  [[nodiscard]] std::optional<std::string_view> text(Flag flag) const;
  // REQUIRES: the flag takes a count; nothing when it was not given.
  [[nodiscard]] std::optional<uint64_t> count(Flag flag) const;
  // Every value given, in their order.
  [[nodiscard]] std::vector<std::string> texts(Flag flag) const;
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  [[nodiscard]] bool json() const { return has(Flag::json); }

 private:
  friend class Parser;
  struct Given {
    Flag flag;
    std::string value;
  };
  Verb verb_ = Verb::help;
  std::vector<Given> given_;
  std::vector<std::string> words_;
};

// `arguments` without the program's name. Flags may stand before and after words; "--" ends them; "--name=value" and "--name value".
// `VERB --help` is Verb::help with the word VERB. Errc::invalid_argument names what was meant.
Result<Typed> parse(std::span<const std::string_view> arguments);

// The question's flags of ask, chat and plan; the words are the prompt, joined by blanks.
AskFlags ask_flags(const Typed& typed);

// The refusal of a verb that does not exist, with the one that was meant.
Error unknown_verb(std::string_view word);

// The words of a space separated list of the tables. Views into it.
std::vector<std::string_view> words_of(std::string_view list);
// Whether the flag belongs to the verb.
bool belongs(const FlagRow& flag, Verb verb);

}  // namespace orthink::cli
