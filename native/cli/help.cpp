#include "native/cli/help.h"

#include <algorithm>

#include "native/cli/verbs.h"
#include "orthink/base/version.h"

namespace orthink::cli {
namespace {

constexpr size_t kColumns = 100;

std::string padded(std::string_view text, size_t width) {
  std::string out(text);
  out.append(width > text.size() ? width - text.size() : 0, ' ');
  return out;
}

void append_flags(std::string& out, Verb verb) {
  size_t width = 0;
  for (const FlagRow& flag : flag_rows())
    if (belongs(flag, verb) && !flag.is_hidden) width = std::max(width, usage_of(flag).size());
  for (const FlagRow& flag : flag_rows()) {
    if (!belongs(flag, verb) || flag.is_hidden) continue;
    std::string about(flag.help);
    if (flag.takes == Takes::choice || flag.takes == Takes::choices) about += " (" + std::string(flag.words) + ")";
    if (flag.repeats) about += "; may be repeated";
    out += "  " + padded(usage_of(flag), width) + "  " + wrapped(about, width + 4, kColumns).substr(width + 4) + "\n";
  }
}

}  // namespace

std::string usage_of(const FlagRow& flag) {
  std::string out(flag.name);
  if (!flag.value.empty()) out += " " + std::string(flag.value);
  return out;
}

std::string wrapped(std::string_view text, size_t indent, size_t columns) {
  const std::string margin(indent, ' ');
  std::string out;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view paragraph = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    bool is_verbatim = paragraph.starts_with(' ');
    while (!is_verbatim && indent + paragraph.size() > columns) {
      size_t cut = paragraph.rfind(' ', columns - indent);
      if (cut == std::string_view::npos) break;
      out += margin + std::string(paragraph.substr(0, cut)) + "\n";
      paragraph.remove_prefix(cut + 1);
    }
    if (!paragraph.empty()) out += margin + std::string(paragraph);
    if (!text.empty()) out += "\n";
  }
  return out;
}

std::string overview() {
  std::string out = "orthink " + std::string(version()) +
                    ": reasoning models with their thinking under control\n\nusage: orthink VERB [FLAGS] [WORDS]\n\n";
  size_t width = 0;
  for (const VerbRow& verb : verb_rows()) width = std::max(width, verb.name.size());
  for (const VerbRow& verb : verb_rows())
    if (!verb.is_hidden) out += "  " + padded(verb.name, width) + "  " + std::string(verb.summary) + "\n";
  out +=
      "\n`orthink VERB --help` shows the flags of a verb; every verb takes --json.\n"
      "\n  orthink plan --think 8k \"Is 2^31-1 prime?\"    sends nothing, shows everything\n"
      "  orthink ask --think 8k \"Is 2^31-1 prime?\"     needs a key: orthink key set\n"
      "  orthink sim                                   a stand-in for OpenRouter, free\n";
  return out;
}

std::string help_of(Verb verb) {
  const VerbRow& about = row(verb);
  std::string name(about.name);
  std::string out = "orthink " + name + ": " + std::string(about.summary) + "\n\nusage: orthink " + name + " [FLAGS]";
  if (!about.arguments.empty()) out += " " + std::string(about.arguments);
  out += "\n\n";
  if (!about.about.empty()) out += wrapped(about.about, 0, kColumns) + "\n\n";
  append_flags(out, verb);
  return out;
}

int run_help(const Typed& typed, Printer& printer) {
  if (typed.words().empty()) {
    printer.out(overview());
    return 0;
  }
  std::string_view name = typed.words().front();
  for (const VerbRow& verb : verb_rows()) {
    if (verb.name != name) continue;
    printer.out(help_of(verb.verb));
    return 0;
  }
  return printer.fail(unknown_verb(name), false);
}

}  // namespace orthink::cli
