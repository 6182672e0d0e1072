#include <signal.h>

#include <string_view>
#include <vector>

#include "native/cli/verbs.h"

int main(int argc, char** argv) {
  using namespace orthink::cli;
  ::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is seen by the writer
  std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  Printer printer(Printer::of_process());
  orthink::Result<Typed> typed = parse(arguments);
  bool wants_json = false;
  for (std::string_view argument : arguments) wants_json |= argument == "--json";
  return typed ? run(*typed, printer) : printer.fail(typed.error(), wants_json);
}
