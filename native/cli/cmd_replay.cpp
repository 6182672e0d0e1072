#include "orthink/exchange/replay.h"

#include <algorithm>

#include "native/catalogue_cache.h"
#include "native/cli/answer_text.h"
#include "native/cli/verbs.h"
#include "native/config.h"
#include "native/system.h"
#include "orthink/exchange/render.h"

namespace orthink::cli {
namespace {

// Cuts of one seed: most reads are small, some large, as on a real connection.
class Cutter {
 public:
  explicit Cutter(uint64_t seed) : state_(seed) {}
  size_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    uint64_t random = state_ >> 33;
    return random % 4 == 0 ? 1 + random / 4 % 4096 : 1 + random / 4 % 40;
  }

 private:
  uint64_t state_;
};

struct Run {
  const Typed& typed;
  Printer& printer;
  const Catalog& catalog;
};

void print_events(Printer& printer, Replay& replay) {
  std::string line;
  while (replay.poll(line)) printer.line(line);
}

void drop_events(Replay& replay) {
  std::string line;
  while (replay.poll(line)) {
  }
}

void print_tool_calls(Printer& printer, const Answer& answer) {
  for (const ToolCall& call : answer.tool_calls) {
    printer.out(printer.styled_out(Style::cyan, "tool call ") + harmless(call.name) + " ");
    printer.out_foreign(call.arguments + "\n");
  }
}

void print_answer(Printer& printer, const Replay& replay) {
  const Answer& answer = replay.answer();
  if (!answer.thinking.empty()) printer.line(printer.styled_out(Style::dim, harmless(answer.thinking)) + "\n");
  if (answer.thinking.empty() && answer.saw_encrypted) printer.line(printer.styled_out(Style::dim, "(thinking came encrypted)") + "\n");
  if (!answer.output.empty()) printer.out_foreign(answer.output + (answer.output.back() == '\n' ? "" : "\n"));
  print_tool_calls(printer, answer);
  const Ending& ending = replay.ending();
  if (ending.error)
    static_cast<void>(printer.fail(*ending.error, false));
  else if (ending.outcome != Outcome::answered)
    printer.talk("outcome: " + std::string(name(ending.outcome)));
  print_receipt(printer, replay.receipt());
}

// An error event, as everything else that replay prints for programs.
int refuse(Printer& printer, const Error& error, bool json) {
  int code = printer.fail(error, false);
  if (json) printer.line(render::failed(render::Position::first, error, Receipt{}));
  return code;
}

int replay_file(const Run& run, const std::string& path) {
  Replay replay({.model = std::string(run.typed.text(Flag::model).value_or("")), .when = Instant::zero()}, run.catalog);
  std::optional<uint64_t> seed = run.typed.count(Flag::cut);
  Cutter cutter(seed.value_or(0));
  auto events = [&run, &replay] { run.typed.json() ? print_events(run.printer, replay) : drop_events(replay); };
  Result<> read = read_pieces(path, [&](std::string_view piece) {
    while (!piece.empty()) {
      size_t size = seed ? std::min(cutter.next(), piece.size()) : piece.size();
      replay.feed(piece.substr(0, size));
      piece.remove_prefix(size);
      events();
    }
  });
  if (!read) return refuse(run.printer, read.error(), run.typed.json());
  replay.finish();
  events();
  if (!run.typed.json()) print_answer(run.printer, replay);
  return replay.exit_code();
}

}  // namespace

int run_replay(const Typed& typed, Printer& printer) {
  Result<Config> config = load_config();
  if (!config) return refuse(printer, config.error(), typed.json());
  Catalogue catalogue = offline_catalogue(*config, folders().cache);
  if (std::optional<std::string_view> model = typed.text(Flag::model); model && !catalogue.catalog.find(*model)) {
    std::vector<std::string> close = catalogue.catalog.suggest(*model);
    std::string remedy = close.empty() ? std::string() : "Did you mean " + close.front() + "?";
    return refuse(printer, make_error(Errc::model_unknown, "no model is called " + harmless(*model), remedy), typed.json());
  }
  int worst = 0;
  for (const std::string& path : typed.words()) {
    if (typed.words().size() > 1 && !typed.json()) printer.talk(printer.styled_err(Style::bold, path));
    worst = std::max(worst, replay_file({typed, printer, catalogue.catalog}, path));
    if (printer.gone()) break;
  }
  return worst;
}

}  // namespace orthink::cli
