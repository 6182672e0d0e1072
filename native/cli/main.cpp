#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "native/cli/verbs.h"

namespace {

// A stream that was closed by whoever started us would else be the next file that is opened.
void hold_standard_streams() {
  while (true) {
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0 || fd > 2) {
      if (fd > 2) ::close(fd);
      return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace orthink::cli;
  hold_standard_streams();
  ::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is seen by the writer
  std::vector<std::string_view> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  Printer printer(Printer::of_process());
  orthink::Result<Typed> typed = parse(arguments);
  return printer.finish(typed ? run(*typed, printer) : refuse_arguments(arguments, typed.error(), printer));
}
