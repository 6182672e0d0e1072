#include "native/cli/completions.h"

#include "native/cli/options.h"
#include "native/cli/verbs.h"
#include "orthink/wire/json.h"

namespace orthink::cli {
namespace {

constexpr std::string_view kModels = "$(orthink models --json 2>/dev/null | grep -o '\"id\":\"[^\"]*\"' | cut -d'\"' -f4)";

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string flags_of(Verb verb) {
  std::string out;
  for (const FlagRow& flag : flag_rows())
    if (belongs(flag, verb) && !flag.is_hidden) out += (out.empty() ? "" : " ") + std::string(flag.name);
  return out;
}

std::string verbs() {
  std::string out;
  for (const VerbRow& verb : verb_rows())
    if (!verb.is_hidden) out += (out.empty() ? "" : " ") + std::string(verb.name);
  return out;
}

// What completes the word after a flag, as bash.
std::string bash_value(const FlagRow& flag) {
  switch (flag.takes) {
    case Takes::path:
      return "COMPREPLY=($(compgen -f -- \"$word\"))";
    case Takes::folder:
      return "COMPREPLY=($(compgen -d -- \"$word\"))";
    case Takes::model:
      return "COMPREPLY=($(compgen -W \"" + std::string(kModels) + "\" -- \"$word\"))";
    case Takes::choices:
    case Takes::choice:
    case Takes::setting:
      return "COMPREPLY=($(compgen -W \"" + std::string(flag.words) + "\" -- \"$word\"))";
    case Takes::nothing:
    case Takes::text:
    case Takes::count:
    case Takes::usd:
    case Takes::token:
    case Takes::limit:
    case Takes::when:
      break;
  }
  return "COMPREPLY=()";
}

std::string bash() {
  std::string out =
      "# bash completion of orthink\n_orthink() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
      "verb=${COMP_WORDS[1]}\n";
  out += "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"" + verbs() +
         " --help --version\" -- \"$word\"))\n    return\n  fi\n";
  out += "  case $before in\n";
  for (const FlagRow& flag : flag_rows())
    if (flag.takes != Takes::nothing) out += "    " + std::string(flag.name) + ") " + bash_value(flag) + "; return ;;\n";
  out += "  esac\n  local flags= words=\n  case $verb in\n";
  for (const VerbRow& verb : verb_rows()) {
    if (verb.is_hidden) continue;
    std::string words(verb.words);
    if (verb.verb == Verb::help) words = verbs();
    out += "    " + std::string(verb.name) + ") flags=\"" + flags_of(verb.verb) + "\" words=\"" + words + "\" ;;\n";
  }
  out += "  esac\n  case $verb:$word in\n    *:-*) COMPREPLY=($(compgen -W \"$flags\" -- \"$word\")) ;;\n";
  out += "    models:*) COMPREPLY=($(compgen -W \"" + std::string(kModels) + "\" -- \"$word\")) ;;\n";
  out += "    replay:*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n";
  out += "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n  esac\n}\ncomplete -o bashdefault -F _orthink orthink\n";
  return out;
}

// Text inside [...] of a zsh argument specification.
std::string zsh_help(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == '\\' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_value(const FlagRow& flag) {
  std::string value = ":" + zsh_help(flag.value) + ":";
  switch (flag.takes) {
    case Takes::nothing:
      return "";
    case Takes::path:
      return value + "_files";
    case Takes::folder:
      return value + "_files -/";
    case Takes::model:
      return value + "_orthink_models";
    case Takes::choice:
    case Takes::setting:
      return value + "(" + std::string(flag.words) + ")";
    case Takes::choices:
      return value + "_values -s , " + zsh_help(flag.value) + " " + std::string(flag.words);
    case Takes::text:
    case Takes::count:
    case Takes::usd:
    case Takes::token:
    case Takes::limit:
    case Takes::when:
      break;
  }
  return value + "( )";
}

std::string zsh() {
  std::string out = "#compdef orthink\n# zsh completion of orthink\n_orthink_models() {\n  local -a models\n  models=(" +
                    std::string("${(f)\"") + std::string(kModels) +
                    "\"})\n  compadd -a models\n}\n_orthink() {\n  local -a verbs\n  verbs=(\n";
  for (const VerbRow& verb : verb_rows())
    if (!verb.is_hidden) out += "    " + single_quoted(std::string(verb.name) + ":" + zsh_help(verb.summary)) + "\n";
  out +=
      "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  local verb=$words[2]\n  shift words\n  (( "
      "CURRENT-- ))\n  case $verb in\n";
  for (const VerbRow& verb : verb_rows()) {
    if (verb.is_hidden) continue;
    out += "    " + std::string(verb.name) + ")\n      _arguments";
    for (const FlagRow& flag : flag_rows()) {
      if (!belongs(flag, verb.verb) || flag.is_hidden) continue;
      out += " \\\n        " +
             single_quoted((flag.repeats ? "*" : "") + std::string(flag.name) + "[" + zsh_help(flag.help) + "]" + zsh_value(flag));
    }
    std::string words = verb.verb == Verb::models   ? "_orthink_models"
                        : verb.verb == Verb::help   ? "(" + verbs() + ")"
                        : verb.verb == Verb::replay ? "_files"
                                                    : "(" + std::string(verb.words) + ")";
    if (verb.words_max > 0) out += " \\\n        " + single_quoted("*:" + zsh_help(verb.arguments) + ":" + words);
    out += "\n      ;;\n";
  }
  return out + "  esac\n}\nif [ \"$funcstack[1]\" = _orthink ]; then _orthink \"$@\"; else compdef _orthink orthink; fi\n";
}

std::string fish() {
  std::string out =
      "# fish completion of orthink\nfunction __orthink_models\n  orthink models --json 2>/dev/null | string match -ra '\"id\":\"[^\"]*\"' "
      "| string split -f4 '\"'\nend\ncomplete -c orthink -f\n";
  for (const VerbRow& verb : verb_rows()) {
    if (verb.is_hidden) continue;
    std::string name(verb.name);
    std::string when = " -n '__fish_seen_subcommand_from " + name + "'";
    out += "complete -c orthink -n __fish_use_subcommand -a " + name + " -d " + single_quoted(verb.summary) + "\n";
    if (verb.verb == Verb::models) out += "complete -c orthink" + when + " -a '(__orthink_models)'\n";
    if (verb.verb == Verb::replay) out += "complete -c orthink" + when + " -F\n";
    std::string words = verb.verb == Verb::help ? verbs() : std::string(verb.words);
    if (!words.empty()) out += "complete -c orthink" + when + " -a " + single_quoted(words) + "\n";
    for (const FlagRow& flag : flag_rows()) {
      if (!belongs(flag, verb.verb) || flag.is_hidden) continue;
      out += "complete -c orthink" + when + " -l " + std::string(flag.name.substr(2)) + " -d " + single_quoted(flag.help);
      bool takes_file = flag.takes == Takes::path || flag.takes == Takes::folder;
      if (flag.takes != Takes::nothing) out += takes_file ? " -r -F" : " -x";
      if (flag.takes == Takes::model) out += " -a '(__orthink_models)'";
      if (!flag.words.empty()) out += " -a " + single_quoted(flag.words);
      out += "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "zsh") return zsh();
  return shell == "fish" ? fish() : bash();
}

int run_completions(const Typed& typed, Printer& printer) {
  const std::string& shell = typed.words().front();
  std::string script = completion_script(shell);
  if (typed.json()) {
    json::Writer w;
    w.object().key("schema").number(uint64_t{1}).key("shell").string(shell).key("script").string(script).end();
    printer.line(w.take());
  } else {
    printer.out(script);
  }
  return 0;
}

}  // namespace orthink::cli
