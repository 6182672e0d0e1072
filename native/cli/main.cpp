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
  return typed ? run(*typed, printer) : refuse_arguments(arguments, typed.error(), printer);
}
