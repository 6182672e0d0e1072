#include <algorithm>

#include "native/cli/verbs.h"
#include "native/config.h"
#include "native/key.h"
#include "native/system.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr size_t kInputMax = 64 << 10;

Result<Secret> read_key() {
  if (is_terminal(0)) {
    Result<std::string> line = read_hidden_line("OpenRouter API key (not shown): ");
    if (!line) return line.error();
    return Secret(std::move(*line));
  }
  Result<std::string> input = read_all(0, "standard input", kInputMax);
  if (!input) return input.error();
  std::string line = input->substr(0, input->find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  std::fill(input->begin(), input->end(), '\0');
  return Secret(std::move(line));
}

}  // namespace

int run_key(const Typed& typed, Printer& printer) {
  Result<Config> config = load_config();
  if (!config) return printer.fail(config.error(), typed.json());
  const std::string& path = config->key_file();
  if (path.empty())
    return printer.fail(
        make_error(Errc::invalid_config, "there is no folder to keep the key in: HOME is not set", "Set HOME or ORTHINK_KEY_FILE."),
        typed.json());
  Result<Secret> secret = read_key();
  if (!secret) return printer.fail(secret.error(), typed.json());
  if (Result<> saved = save_key(path, *secret); !saved) return printer.fail(saved.error(), typed.json());

  if (environment("OPENROUTER_API_KEY"))
    printer.talk(printer.styled_err(Style::yellow, "warning: ") + "OPENROUTER_API_KEY is set and goes before the file");
  if (typed.json()) {
    json::Writer out;
    printer.line(out.object().key("schema").number(uint64_t{1}).key("ok").boolean(true).key("path").string(path).end().take());
  } else {
    printer.line("kept in " + harmless(path) + ", readable by you alone");
  }
  return 0;
}

}  // namespace orthink::cli
