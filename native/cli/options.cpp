#include "native/cli/options.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "orthink/base/money.h"
#include "orthink/chat/ask.h"
#include "orthink/chat/plain_text.h"
#include "orthink/ledger/idempotency.h"

namespace orthink::cli {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + plain_text(text, 60) + "\"";
}

Error wrong(std::string message, std::string remedy) {
  return make_error(Errc::invalid_argument, std::move(message), std::move(remedy));
}

std::string meant(std::string_view closest) {
  return "Did you mean " + std::string(closest) + "?";
}

std::optional<uint64_t> whole(std::string_view text) {
  uint64_t value = 0;
  auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// "bash.05" is what a shell makes of an unquoted $0.05.
bool looks_expanded(std::string_view text) {
  size_t dot = text.rfind('.');
  return dot != std::string_view::npos && dot > 0 && whole(text.substr(dot + 1)) && !whole(text.substr(0, dot)) && text[0] != '-' &&
         text[0] != '$';
}

Result<> check_usd(const FlagRow& flag, std::string_view value) {
  if (Money::parse(value)) return {};
  std::string message = std::string(flag.name) + " takes dollars as a decimal number, not " + quoted(value);
  if (looks_expanded(value)) return wrong(message, "The shell replaced $0: write 0.05, without the dollar sign.");
  return wrong(message, "Write for instance " + std::string(flag.name) + " 0.05.");
}

Result<> check_choice(const FlagRow& flag, std::string_view value) {
  std::vector<std::string_view> known = words_of(flag.words);
  if (std::find(known.begin(), known.end(), value) != known.end()) return {};
  std::string_view closest = closest_name(value, known);
  std::string list;
  for (std::string_view word : known) list += (list.empty() ? "" : ", ") + std::string(word);
  return wrong(std::string(flag.name) + " does not know " + quoted(value), closest.empty() ? "It takes " + list + "." : meant(closest));
}

Result<> check_choices(const FlagRow& flag, std::string_view value) {
  for (size_t begin = 0; begin <= value.size();) {
    size_t comma = std::min(value.find(',', begin), value.size());
    if (Result<> checked = check_choice(flag, value.substr(begin, comma - begin)); !checked) return checked;
    begin = comma + 1;
  }
  return {};
}

Result<> check_value(const FlagRow& flag, std::string_view value) {
  switch (flag.takes) {
    case Takes::count: {
      std::optional<uint64_t> number = whole(value);
      if (number && *number >= flag.least && *number <= flag.most) return {};
      std::string range =
          flag.most == UINT64_MAX ? std::string() : " from " + std::to_string(flag.least) + " to " + std::to_string(flag.most);
      return wrong(std::string(flag.name) + " takes a whole number" + range + ", not " + quoted(value), "Write digits only.");
    }
    case Takes::usd:
      return check_usd(flag, value);
    case Takes::choice:
      return check_choice(flag, value);
    case Takes::choices:
      return check_choices(flag, value);
    case Takes::token:
      if (Claim::is_valid_key(value)) return {};
      return wrong(std::string(flag.name) + " takes 1 to 255 printable ASCII characters",
                   "Make one up per question, and give it again to repeat.");
    case Takes::nothing:
    case Takes::text:
    case Takes::model:
    case Takes::setting:
    case Takes::path:
    case Takes::folder:
    case Takes::limit:
    case Takes::when:
      return {};
  }
  return {};
}

std::string help_of(std::string_view verb) {
  return "`orthink " + std::string(verb) + " --help` lists what there is.";
}

}  // namespace

// Not in the anonymous namespace: Typed names it as a friend.
class Parser {
 public:
  explicit Parser(std::span<const std::string_view> arguments) : rest_(arguments) {}

  Result<Typed> parse() {
    if (Result<> verb = read_verb(); !verb) return verb.error();
    bool flags_ended = false;
    while (!rest_.empty()) {
      std::string_view argument = next();
      if (!flags_ended && argument == "--") {
        flags_ended = true;
      } else if (!flags_ended && argument.size() > 1 && argument[0] == '-') {
        if (Result<> read = read_flag(argument); !read) return read.error();
      } else {
        typed_.words_.emplace_back(argument);
      }
    }
    if (typed_.has(Flag::help)) return help_about(typed_.verb());
    if (typed_.has(Flag::show_thinking) && typed_.has(Flag::hide_thinking))
      return wrong("--show-thinking and --hide-thinking contradict each other", "Give one of them.");
    if (Result<> checked = check_words(); !checked) return checked.error();
    return std::move(typed_);
  }

 private:
  std::string_view next() {
    std::string_view argument = rest_.front();
    rest_ = rest_.subspan(1);
    return argument;
  }

  static Typed help_about(Verb verb) {
    Typed typed;
    typed.verb_ = Verb::help;
    if (verb != Verb::help) typed.words_.emplace_back(row(verb).name);
    return typed;
  }

  Result<> read_verb() {
    if (rest_.empty()) return {};
    std::string_view word = next();
    if (word == "-h" || word == "--help") return {};
    if (word == "-V" || word == "--version") {
      typed_.verb_ = Verb::version;
      return {};
    }
    for (const VerbRow& verb : verb_rows()) {
      if (verb.name != word) continue;
      typed_.verb_ = verb.verb;
      return {};
    }
    return unknown_verb(word);
  }

  const FlagRow* find_flag(std::string_view name) const {
    for (const FlagRow& flag : flag_rows())
      if (flag.name == name && belongs(flag, typed_.verb())) return &flag;
    return nullptr;
  }

  Error unknown_flag(std::string_view name) const {
    const VerbRow& verb = row(typed_.verb());
    std::vector<std::string_view> names;
    for (const FlagRow& flag : flag_rows()) {
      if (belongs(flag, typed_.verb()) && !flag.is_hidden) names.push_back(flag.name);
      if (flag.name == name && !belongs(flag, typed_.verb()))
        return wrong(std::string(name) + " is not a flag of `orthink " + std::string(verb.name) + "`", help_of(verb.name));
    }
    std::string_view closest = closest_name(name, names);
    return wrong("`orthink " + std::string(verb.name) + "` has no flag " + quoted(name),
                 closest.empty() ? help_of(verb.name) : meant(closest));
  }

  Result<> read_flag(std::string_view argument) {
    if (argument == "-h") argument = "--help";
    size_t equals = argument.find('=');
    std::string_view name = argument.substr(0, equals);
    const FlagRow* flag = find_flag(name);
    if (flag == nullptr) return unknown_flag(name);
    if (flag->takes == Takes::nothing) {
      if (equals != std::string_view::npos) return wrong(std::string(name) + " takes no value", "Write " + std::string(name) + " alone.");
      typed_.given_.push_back({flag->flag, {}});
      return {};
    }
    if (equals == std::string_view::npos && rest_.empty())
      return wrong(std::string(name) + " needs a value", "Write " + std::string(name) + " " + std::string(flag->value) + ".");
    std::string_view value = equals == std::string_view::npos ? next() : argument.substr(equals + 1);
    if (typed_.has(flag->flag) && !flag->repeats) return wrong(std::string(name) + " is given twice", "Give it once.");
    if (Result<> checked = check_value(*flag, value); !checked) return checked;
    typed_.given_.push_back({flag->flag, std::string(value)});
    return {};
  }

  Result<> check_words() const {
    const VerbRow& verb = row(typed_.verb());
    const std::vector<std::string>& words = typed_.words();
    std::string usage = "usage: orthink " + std::string(verb.name) + (verb.arguments.empty() ? "" : " " + std::string(verb.arguments));
    if (words.size() < verb.words_min) return wrong("`orthink " + std::string(verb.name) + "` needs " + std::string(verb.arguments), usage);
    if (words.size() > verb.words_max) return wrong(quoted(words[verb.words_max]) + " is one word too many", usage);
    std::vector<std::string_view> known = words_of(verb.words);
    for (const std::string& word : words) {
      if (known.empty() || verb.takes_others || std::find(known.begin(), known.end(), word) != known.end()) continue;
      std::string_view closest = closest_name(word, known);
      return wrong("there is no `orthink " + std::string(verb.name) + " " + plain_text(word, 60) + "`",
                   closest.empty() ? usage : meant("orthink " + std::string(verb.name) + " " + std::string(closest)));
    }
    return {};
  }

  std::span<const std::string_view> rest_;
  Typed typed_;
};

Error unknown_verb(std::string_view word) {
  if (word.starts_with('-'))
    return wrong("a verb comes first, not " + quoted(word), "Write orthink VERB [FLAGS]; `orthink help` lists the verbs.");
  std::vector<std::string_view> names;
  for (const VerbRow& verb : verb_rows())
    if (!verb.is_hidden) names.push_back(verb.name);
  std::string_view closest = closest_name(word, names);
  return wrong("there is no verb " + quoted(word),
               closest.empty() ? "`orthink help` lists the verbs." : meant("orthink " + std::string(closest)));
}

const VerbRow& row(Verb verb) {
  return *std::find_if(verb_rows().begin(), verb_rows().end(), [verb](const VerbRow& row) { return row.verb == verb; });
}

const FlagRow& row(Flag flag) {
  return *std::find_if(flag_rows().begin(), flag_rows().end(), [flag](const FlagRow& row) { return row.flag == flag; });
}

bool belongs(const FlagRow& flag, Verb verb) {
  return (flag.verbs >> static_cast<unsigned>(verb) & 1U) != 0;
}

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (!list.empty()) {
    size_t space = std::min(list.find(' '), list.size());
    words.push_back(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return words;
}

bool Typed::has(Flag flag) const {
  return std::any_of(given_.begin(), given_.end(), [flag](const Given& given) { return given.flag == flag; });
}

std::optional<std::string_view> Typed::text(Flag flag) const {
  for (auto given = given_.rbegin(); given != given_.rend(); ++given)
    if (given->flag == flag) return given->value;
  return std::nullopt;
}

std::optional<uint64_t> Typed::count(Flag flag) const {
  std::optional<std::string_view> value = text(flag);
  return value ? whole(*value) : std::nullopt;
}

std::vector<std::string> Typed::texts(Flag flag) const {
  std::vector<std::string> out;
  for (const Given& given : given_)
    if (given.flag == flag) out.push_back(given.value);
  return out;
}

Result<Typed> parse(std::span<const std::string_view> arguments) {
  return Parser(arguments).parse();
}

AskFlags ask_flags(const Typed& typed) {
  auto text = [&typed](Flag flag) {
    std::optional<std::string_view> value = typed.text(flag);
    return value ? std::optional<std::string>(*value) : std::nullopt;
  };
  AskFlags out;
  out.model = text(Flag::model);
  out.think = text(Flag::think);
  out.answer = text(Flag::answer);
  out.max_tokens = text(Flag::max_tokens);
  out.max_cost = text(Flag::max_cost);
  out.system = text(Flag::system);
  out.user = text(Flag::user);
  out.tenant = text(Flag::tenant);
  out.session = text(Flag::session);
  out.idempotency_key = text(Flag::idempotency_key);
  out.deadline = text(Flag::deadline);
  out.tools = text(Flag::tools);
  out.schema = text(Flag::schema);
  out.request = text(Flag::request);
  out.images = typed.texts(Flag::image);
  out.files = typed.texts(Flag::file);
  out.fits = typed.has(Flag::fit);
  out.is_lenient = typed.has(Flag::lenient);
  out.streams = !typed.has(Flag::no_stream);
  if (typed.has(Flag::show_thinking)) out.thinking = ThinkingShown::shown;
  if (typed.has(Flag::hide_thinking)) out.thinking = ThinkingShown::hidden;
  out.continued = text(Flag::continue_);
  if (!typed.words().empty()) out.prompt.emplace();
  for (const std::string& word : typed.words()) *out.prompt += (out.prompt->empty() ? "" : " ") + word;
  return out;
}

}  // namespace orthink::cli
