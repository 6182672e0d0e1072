#include "native/cli/manual.h"

#include "native/cli/help.h"
#include "native/cli/verbs.h"
#include "native/config.h"
#include "orthink/base/version.h"

namespace orthink::cli {
namespace {

struct ExitRow {
  std::string_view code;
  std::string_view meaning;
};

constexpr ExitRow kExits[] = {
    {"0", "answered, tool calls, or truncated at the cap"},
    {"1", "upstream, time-out, authentication, internal error, store away; doctor: a verdict is bad; ledger: something was found or disputed"},
    {"2", "wrong arguments or configuration, input that is no chat body, a thinking setting the model cannot honour"},
    {"3", "over the money allowed, our own rate limit, a blocked account, price stale or unknown"},
    {"4", "no answer: thinking used it all, empty, filtered"},
    {"130", "interrupted (SIGINT)"},
    {"143", "terminated (SIGTERM)"},
};

// Backslashes and hyphens written so that they stay what they are; a line never starts with a control character.
std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
  }
  if (!out.empty() && out[0] == '.') out.insert(0, "\\&");
  return out;
}

void append_about(std::string& out, std::string_view about) {
  bool is_example = false;
  while (!about.empty()) {
    size_t end = std::min(about.find('\n'), about.size());
    std::string_view line = about.substr(0, end);
    about.remove_prefix(std::min(end + 1, about.size()));
    bool starts_example = line.starts_with("  ");
    if (starts_example != is_example) out += starts_example ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n";
    is_example = starts_example;
    if (line.empty())
      out += ".PP\n";
    else
      out += roff(starts_example ? line.substr(2) : line) + "\n";
  }
  if (is_example) out += ".RE\n.fi\n";
}

void append_verb(std::string& out, const VerbRow& verb) {
  out += ".SS \"orthink " + std::string(verb.name) + (verb.arguments.empty() ? "" : " " + roff(verb.arguments)) + "\"\n";
  std::string summary(verb.summary);
  summary[0] = static_cast<char>(summary[0] - 'a' + 'A');
  out += roff(summary) + ".\n";
  if (!verb.about.empty()) {
    out += ".PP\n";
    append_about(out, verb.about);
  }
  for (const FlagRow& flag : flag_rows()) {
    if (!belongs(flag, verb.verb) || flag.is_hidden || flag.flag == Flag::help || flag.flag == Flag::json) continue;
    out += ".TP\n\\fB" + roff(flag.name) + "\\fR" + (flag.value.empty() ? "" : " \\fI" + roff(flag.value) + "\\fR") + "\n" +
           roff(flag.help) + ".";
    if (flag.takes == Takes::choice || flag.takes == Takes::choices) out += "\nOne of: " + roff(flag.words) + ".";
    if (flag.repeats) out += "\nMay be repeated.";
    out += "\n";
  }
}

}  // namespace

std::string manual_page() {
  std::string out =
      ".\\\" Made by `orthink man`; not edited by hand.\n.TH ORTHINK 1 \"\" \"orthink " + std::string(version()) + "\" \"User Commands\"\n";
  out +=
      ".SH NAME\northink \\- reasoning models with their thinking under control\n.SH SYNOPSIS\n.B orthink\n\\fIVERB\\fR [\\fIFLAGS\\fR] "
      "[\\fIWORDS\\fR]\n";
  out +=
      ".SH DESCRIPTION\nAsks reasoning models through OpenRouter, or any endpoint of the same shape, and keeps the thinking under control: "
      "how long a model may\n"
      "think, what a call may cost, and what happens when something fails. A thinking setting is honoured or refused, never silently "
      "ignored.\n"
      ".PP\nResults go to standard output, talk to standard error. Every verb takes\n\\fB\\-\\-help\\fR\nand\n\\fB\\-\\-json\\fR,\nwhich "
      "prints documents for programs.\n.SH VERBS\n";
  for (const VerbRow& verb : verb_rows())
    if (!verb.is_hidden) append_verb(out, verb);
  out += ".SH EXIT STATUS\n";
  for (const ExitRow& row : kExits) out += ".TP\n" + std::string(row.code) + "\n" + roff(row.meaning) + ".\n";
  out +=
      ".SH ENVIRONMENT\nDefaults, the file, the environment and flags: the later wins.\n\\fBorthink config\\fR\nshows each value and where "
      "it came from.\n";
  for (const ConfigRow& row : config_rows()) {
    out += ".TP\n\\fB" + roff(row.environment) + "\\fR\n" + roff(row.what);
    if (!row.initial.empty()) out += "\nDefault: " + roff(row.initial) + ".";
    out += "\n";
  }
  out +=
      ".TP\n\\fBNO_COLOR\\fR\nNo colours.\n.SH FILES\n.TP\n\\fI$XDG_CONFIG_HOME/orthink/config.json\\fR\nSettings: the names above in "
      "lower case, without ORTHINK_.\n"
      ".TP\n\\fI$XDG_STATE_HOME/orthink/ledger.db\\fR\nThe ledger, unless ORTHINK_STORE names another.\n"
      ".TP\n\\fI$XDG_CACHE_HOME/orthink\\fR\nThe catalogue of models.\n";
  return out;
}

int run_man(const Typed&, Printer& printer) {
  printer.out(manual_page());
  return 0;
}

}  // namespace orthink::cli
