#include "native/cli/options.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

using namespace orthink;
using namespace orthink::cli;

namespace {

Result<Typed> typed(std::vector<std::string_view> arguments) {
  return parse(arguments);
}

Typed good(std::vector<std::string_view> arguments) {
  Result<Typed> result = parse(arguments);
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

Error bad(std::vector<std::string_view> arguments) {
  Result<Typed> result = parse(arguments);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().errc == Errc::invalid_argument);
  return result.error();
}

}  // namespace

TEST_CASE("the tables hold together", "[options]") {
  std::set<std::string_view> names;
  for (const VerbRow& verb : verb_rows()) {
    CAPTURE(verb.name);
    CHECK(names.insert(verb.name).second);
    CHECK(&row(verb.verb) == &verb);
    CHECK_FALSE(verb.summary.empty());
    CHECK(verb.words_min <= verb.words_max);
    CHECK((verb.words_max == 0) == verb.arguments.empty());
  }
  for (const FlagRow& flag : flag_rows()) {
    CAPTURE(flag.name);
    CHECK(names.insert(flag.name).second);
    CHECK(&row(flag.flag) == &flag);
    CHECK(flag.name.starts_with("--"));
    CHECK((flag.takes == Takes::nothing) == flag.value.empty());
    CHECK(flag.verbs != 0);
    CHECK(flag.help.find('.') != flag.help.size() - 1);
    if (flag.takes == Takes::choice || flag.takes == Takes::choices) CHECK_FALSE(flag.words.empty());
    if (flag.takes == Takes::count) CHECK(flag.least < flag.most);
  }
}

TEST_CASE("flags stand before, between and after words, with a blank or an equals sign", "[options]") {
  Typed one = good({"ask", "--think", "8k", "Why", "is", "--model=openai/gpt-5-mini", "it?", "--json"});
  CHECK(one.verb() == Verb::ask);
  CHECK(one.text(Flag::think) == "8k");
  CHECK(one.text(Flag::model) == "openai/gpt-5-mini");
  CHECK(one.words() == std::vector<std::string>{"Why", "is", "it?"});
  CHECK(one.json());
  CHECK_FALSE(one.has(Flag::fit));

  CHECK(good({"ask", "--", "--think", "-x"}).words() == std::vector<std::string>{"--think", "-x"});
  CHECK(good({"ask", "-"}).words() == std::vector<std::string>{"-"});
  CHECK(good({"ask", "--system=a=b", "x"}).text(Flag::system) == "a=b");
  CHECK(good({"ask", "--system", "--fit", "x"}).text(Flag::system) == "--fit");
  CHECK(good({"ask", "--image", "a.png", "--image=b.png", "x"}).texts(Flag::image) == std::vector<std::string>{"a.png", "b.png"});
  CHECK(good({"sim", "--seed", "18446744073709551615"}).count(Flag::seed) == UINT64_MAX);
}

TEST_CASE("help and version by every usual name", "[options]") {
  CHECK(good({}).verb() == Verb::help);
  for (const char* help : {"--help", "-h", "help"}) CHECK(good({help}).verb() == Verb::help);
  for (const char* version : {"--version", "-V", "version"}) CHECK(good({version}).verb() == Verb::version);
  for (const VerbRow& verb : verb_rows()) {
    CAPTURE(verb.name);
    Typed help = good({verb.name, "--help"});
    CHECK(help.verb() == Verb::help);
    if (verb.verb != Verb::help) CHECK(help.words() == std::vector<std::string>{std::string(verb.name)});
  }
  CHECK(good({"ask", "-h"}).words().front() == "ask");
  CHECK(good({"help", "plan"}).words().front() == "plan");
}

TEST_CASE("mistyped names get what was meant", "[options]") {
  CHECK(bad({"modles"}).remedy == "Did you mean orthink models?");
  CHECK(bad({"xyzzy"}).remedy == "`orthink help` lists the verbs.");
  CHECK(bad({"ask", "--thnik", "8k"}).remedy == "Did you mean --think?");
  CHECK(bad({"models", "--short", "price"}).remedy == "Did you mean --sort?");
  CHECK(bad({"ask", "--port", "1", "x"}).message == "--port is not a flag of `orthink ask`");
  CHECK(bad({"models", "--sort", "prise"}).remedy == "Did you mean price?");
  CHECK(bad({"models", "--cap", "vision,tols"}).remedy == "Did you mean tools?");
  CHECK(bad({"--json", "models"}).message == "a verb comes first, not \"--json\"");
}

TEST_CASE("values are checked for their form", "[options]") {
  for (const char* number : {"", "-1", "8k", "1.5", "0x10", "99999999999999999999", "0", "70000001"}) {
    CAPTURE(number);
    CHECK(bad({"ask", "--max-tokens", number, "x"}).message.find("--max-tokens takes a whole number from 1 to 10000000") == 0);
  }
  CHECK(bad({"sim", "--port", "65536"}).errc == Errc::invalid_argument);
  CHECK(good({"sim", "--port", "0"}).count(Flag::port) == 0);
  CHECK(good({"sim", "--pace", "20"}).count(Flag::pace) == 20);
  CHECK(bad({"sim", "--pace", "60001"}).errc == Errc::invalid_argument);
  for (const char* usd : {"", "-1", "free", "1,5", "$1"})
    CHECK(bad({"plan", "--max-cost", usd, "x"}).message.find("takes dollars") != std::string::npos);
  CHECK(bad({"plan", "--max-cost", "bash.05", "x"}).remedy.find("shell replaced $0") != std::string::npos);
  CHECK(good({"plan", "--max-cost", "5e-2", "x"}).text(Flag::max_cost) == "5e-2");
  CHECK(bad({"ask", "--model"}).message == "--model needs a value");
  CHECK(bad({"ask", "--fit=yes", "x"}).message == "--fit takes no value");
  CHECK(bad({"ask", "--model", "a", "--model", "b", "x"}).message == "--model is given twice");
  CHECK(bad({"ask", "--show-thinking", "--hide-thinking", "x"}).message.find("contradict") != std::string::npos);
}

TEST_CASE("words are counted and, where few are known, known", "[options]") {
  CHECK(bad({"replay"}).message == "`orthink replay` needs FILE...");
  CHECK(bad({"key"}).message == "`orthink key` needs set");
  CHECK(bad({"key", "get"}).message == "there is no `orthink key get`");
  CHECK(bad({"models", "a", "b"}).message == "\"b\" is one word too many");
  CHECK(bad({"doctor", "me"}).remedy == "usage: orthink doctor");
  CHECK(bad({"completions", "tcsh"}).remedy == "usage: orthink completions bash|zsh|fish");
  CHECK(bad({"key", "set\x1b[2J"}).message.find('\x1b') == std::string::npos);
}

TEST_CASE("the question's flags as they were typed", "[options]") {
  AskFlags flags = ask_flags(good({"chat", "--think", "high", "--answer", "500", "--max-cost", "0.1", "--fit", "--lenient", "--no-stream",
                                   "--file", "a.pdf", "--continue", "talk.json", "--hide-thinking", "Hello", "there"}));
  CHECK(flags.think == "high");
  CHECK(flags.answer == "500");
  CHECK(flags.max_cost == "0.1");
  CHECK(flags.fits);
  CHECK(flags.is_lenient);
  CHECK_FALSE(flags.streams);
  CHECK(flags.files == std::vector<std::string>{"a.pdf"});
  CHECK(flags.continued == "talk.json");
  CHECK(flags.thinking == ThinkingShown::hidden);
  CHECK(flags.prompt == "Hello there");
  AskFlags none = ask_flags(good({"ask"}));
  CHECK_FALSE(none.prompt);
  CHECK_FALSE(none.model);
  CHECK(none.streams);
  CHECK(none.thinking == ThinkingShown::by_default);
}

TEST_CASE("no arguments of any kind crash", "[options]") {
  std::vector<std::string_view> words{"ask", "--think", "-",      "--",     "=",   "--=", "--think=", "-x",
                                      "",    "plan",    "--json", "--help", "key", "set", "--cap=,",  "models"};
  for (std::string_view a : words)
    for (std::string_view b : words)
      for (std::string_view c : words) {
        Result<Typed> result = typed({a, b, c});
        if (!result) CHECK_FALSE(result.error().message.empty());
      }
}

TEST_CASE("a key of idempotency is printable ASCII, up to 255 of it", "[options]") {
  CHECK(ask_flags(good({"ask", "--idempotency-key", "order-17 a", "x"})).idempotency_key == "order-17 a");
  const std::string longest(255, 'k');
  const std::string longer(256, 'k');
  CHECK(good({"ask", "--idempotency-key", longest, "x"}).text(Flag::idempotency_key) == longest);
  for (std::string_view key : {std::string_view(""), std::string_view(longer), std::string_view("a\nb"), std::string_view("\xc3\xa9")})
    CHECK(bad({"ask", "--idempotency-key", key, "x"}).message == "--idempotency-key takes 1 to 255 printable ASCII characters");
  CHECK(bad({"plan", "--idempotency-key", "k", "x"}).message.find("is not a flag of") != std::string::npos);
}

TEST_CASE("words of budget are its own business, those of ledger are known", "[options]") {
  CHECK(good({"budget", "set", "user:alice", "--usd-per-day", "5"}).words() == std::vector<std::string>{"set", "user:alice"});
  CHECK(good({"budget", "user:alice"}).words().size() == 1);
  CHECK(bad({"ledger", "exprot"}).remedy == "Did you mean orthink ledger export?");
  CHECK(bad({"key", "sett"}).remedy == "Did you mean orthink key set?");
  CHECK(bad({"ledger", "export", "export"}).message == "\"export\" is one word too many");
  CHECK(bad({"report", "--by", "users"}).remedy == "Did you mean user?");
}
