#include "native/config.h"

#include <algorithm>

#include "native/cli/verbs.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

std::string config_document(const Config& config) {
  json::Writer out;
  out.object().key("schema").number(uint64_t{1}).key("file").string(config_file_path()).key("settings").array();
  for (const ConfigValue& value : config.values()) {
    out.object().key("name").string(value.row->name).key("environment").string(value.row->environment);
    const std::string text = shown(value);
    out.key("value")
        .string_or_null(text.empty() ? std::nullopt : std::optional(text))
        .key("origin")
        .string(name(value.origin))
        .end();
  }
  return out.end().end().take();
}

void print_settings(Printer& printer, const Config& config) {
  size_t name_width = 0;
  size_t text_width = 1;
  for (const ConfigValue& value : config.values()) {
    name_width = std::max(name_width, value.row->name.size());
    text_width = std::max(text_width, shown(value).size());
  }
  for (const ConfigValue& value : config.values()) {
    std::string row(value.row->name);
    row.append(name_width - row.size() + 2, ' ');
    std::string text = value.text.empty() ? "-" : harmless(shown(value));
    text.append(text_width > text.size() ? text_width - text.size() : 0, ' ');
    std::string origin(name(value.origin));
    if (value.origin == ConfigOrigin::environment) origin += " " + std::string(value.row->environment);
    printer.line(row + printer.styled_out(value.origin == ConfigOrigin::builtin ? Style::plain : Style::bold, text) + "  " +
                 printer.styled_out(Style::dim, origin));
  }
  printer.talk("file: " + config_file_path());
}

}  // namespace

int run_config(const Typed& typed, Printer& printer) {
  if (typed.has(Flag::markdown)) {
    printer.out(configuration_page());
    return 0;
  }
  Result<Config> config = load_config();
  if (!config) return printer.fail(config.error(), typed.json());
  if (typed.json())
    printer.line(config_document(*config));
  else
    print_settings(printer, *config);
  return 0;
}

}  // namespace orthink::cli
