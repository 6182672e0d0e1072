// The built program as a shell sees it: exit codes, documents, streams. Its upstream is the simulator in this process.
#ifdef ORTHINK_PROGRAM

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "native/cli/options.h"
#include "native/sim/sim.h"
#include "orthink/wire/json.h"
#include "tests/native/cli/program.h"

using namespace orthink;
using namespace orthink::cli;
using test::Home;
using test::orthink_program;
using test::Ran;

namespace {

using Environment = std::map<std::string, std::string>;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

json::Value document(const std::string& line) {
  CAPTURE(line);
  Result<json::Value> parsed = json::parse(line);
  REQUIRE(parsed.ok());
  REQUIRE(!parsed->members().empty());
  CHECK(parsed->members().front().key == "schema");
  CHECK(parsed->members().front().value.as_u64() == 1);
  return std::move(*parsed);
}

std::string keys_of(const json::Value& object) {
  std::string keys;
  for (const json::Member& member : object.members()) keys += (keys.empty() ? "" : " ") + member.key;
  return keys;
}

std::string written(const Home& home, const std::string& name, const std::string& bytes) {
  std::string path = home.path() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

// An answer that used its tokens as it says; `finish` and `content` vary.
std::string stream_of(const std::string& content, const std::string& finish) {
  return ": OPENROUTER PROCESSING\n\n"
         "data: "
         "{\"id\":\"gen-1\",\"model\":\"anthropic/"
         "claude-haiku-4.5\",\"provider\":\"Anthropic\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"reasoning\":\"hmm\"}}"
         "]}\n\n"
         "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" +
         content + "\"},\"finish_reason\":\"" + finish +
         "\"}]}\n\n"
         "data: "
         "{\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"completion_tokens_details\":{"
         "\"reasoning_tokens\":5},\"cost\":0.00011}}\n\n"
         "data: [DONE]\n\n";
}

}  // namespace

TEST_CASE("version and help", "[program]") {
  Home home;
  CHECK(orthink_program(home, {"--version"}).out.starts_with("orthink "));
  document(orthink_program(home, {"--version", "--json"}).out);
  CHECK(contains(orthink_program(home, {}).out, "usage: orthink VERB"));
  for (const VerbRow& verb : verb_rows()) {
    Ran ran = orthink_program(home, {std::string(verb.name), "--help"});
    CAPTURE(verb.name);
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    if (verb.verb != Verb::help) CHECK(contains(ran.out, "usage: orthink " + std::string(verb.name)));
  }
}

TEST_CASE("help about what is no verb", "[program]") {
  Home home;
  CHECK(contains(orthink_program(home, {"help", "plna"}).err, "Did you mean orthink plan?"));
  for (const char* word : {"", "--help", "ask"})
    CHECK(orthink_program(home, {"help", "--", word}).code == (std::string(word) == "ask" ? 0 : 2));
}

TEST_CASE("wrong arguments exit 2 with a remedy, and as a document", "[program]") {
  Home home;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"modles"},
                                                                                         {"ask", "--thnik", "x"},
                                                                                         {"replay"},
                                                                                         {"plan", "--max-cost", "much", "x"},
                                                                                         {"models", "no/such-model"},
                                                                                         {"replay", "--model", "no/such", "x"}}) {
    Ran ran = orthink_program(home, arguments);
    CAPTURE(arguments.front());
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("orthink: "));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 2);
  }
  CHECK(keys_of(document(orthink_program(home, {"plan", "--json", "--fitt", "x"}).out)) == "schema ok error nearest");
  CHECK(keys_of(document(orthink_program(home, {"ask", "--json", "--fitt", "x"}).out)) == "schema type error receipt");
  Ran ran = orthink_program(home, {"models", "--json", "--sort", "x"});
  CHECK(ran.code == 2);
  json::Value refused = document(ran.out);
  CHECK(keys_of(refused) == "schema ok error");
  CHECK(keys_of(*refused.find("error")) == "kind code message remedy blame retry retry_after_ms http_status provider scope resets_at");
}

TEST_CASE("plan: a document in the order of the contract; a refusal names the nearest", "[program]") {
  Home home;
  Ran ran = orthink_program(home, {"plan", "--json", "--think", "8k", "Is 2^31-1 prime?"});
  CHECK(ran.code == 0);
  json::Value plan = document(ran.out);
  CHECK(keys_of(plan) == "schema ok model body think output_cap_tokens answer_floor_tokens prompt_tokens cost reasons warnings");
  CHECK(plan.find("think")->find("promise")->text() == "soft");
  CHECK(plan.find("body")->find("reasoning")->find("max_tokens")->as_u64() == 8000);
  CHECK(plan.find("body")->find("messages")->members()[0].value.find("content")->text() == "Is 2^31-1 prime?");

  Ran refused = orthink_program(home, {"plan", "--json", "--model", "openai/gpt-5-mini", "--think", "off", "x"});
  CHECK(refused.code == 2);
  json::Value why = document(refused.out);
  CHECK(keys_of(why) == "schema ok error nearest");
  CHECK(why.find("error")->find("code")->text() == "thinking_mandatory");
  CHECK(why.find("nearest")->is_object());
  CHECK(contains(refused.err, "closest that would pass: --think"));

  Ran dear = orthink_program(home, {"plan", "--max-cost", "0.000001", "x"});
  CHECK(dear.code == 3);
}

TEST_CASE("plan for people: promise, money, reasons and the body", "[program]") {
  Home home;
  Ran ran = orthink_program(home, {"plan", "--think", "8k", "-"}, "Is 2^31-1 prime?");
  CHECK(ran.code == 0);
  for (const char* part : {"anthropic/claude-haiku-4.5", "soft: a vendor budget", "8,000 for thinking", "expected $", "at most $",
                           "\"max_tokens\": 8000", "nothing was sent", "Is 2^31-1 prime?"})
    CHECK(contains(ran.out, part));
  CHECK_FALSE(contains(ran.out, "\x1b"));
}

TEST_CASE("models: filters, order, one in full, and the document", "[program]") {
  Home home;
  json::Value all = document(orthink_program(home, {"models", "--json"}).out);
  CHECK(all.find("models")->members().size() > 300);
  const json::Value& first = all.find("models")->members().front().value;
  CHECK(keys_of(first) == "id name context_tokens output_max_tokens input_usd_per_m output_usd_per_m capabilities thinking");
  CHECK(keys_of(*first.find("thinking")) == "control efforts mandatory default");

  json::Value some = document(orthink_program(home, {"models", "--json", "--provider", "anthropic", "--reasoning", "--cap", "vision,tools",
                                                     "--max-price", "15", "--sort", "price"})
                                  .out);
  Money before = Money::zero();
  CHECK(some.find("models")->members().size() > 2);
  for (const json::Member& model : some.find("models")->members()) {
    Money price = Money::parse(model.value.find("output_usd_per_m")->text()).value();
    CHECK(price >= before);
    CHECK(price <= Money::parse("15").value());
    CHECK(model.value.find("id")->text().find("anthropic/") != std::string::npos);
    CHECK(model.value.find("thinking")->find("control")->text() != "none");
    before = price;
  }
  CHECK(contains(orthink_program(home, {"models", "anthropic/claude-haiku-4.5"}).out, "budget"));
  CHECK(document(orthink_program(home, {"models", "--json", "anthropic/claude-haiku-4.5"}).out).find("models")->members().size() == 1);
  CHECK(contains(orthink_program(home, {"models", "--provider", "antropic"}).err, "Did you mean anthropic?"));
}

TEST_CASE("replay: events, receipt and the exit code ask would have had", "[program]") {
  Home home;
  std::string answered = written(home, "answered.sse", stream_of("yes\\u001b[2J", "stop"));
  std::string cut_short = written(home, "cut.sse", stream_of("yes", "stop").substr(0, 250));
  std::string empty = written(home, "empty.sse", stream_of("", "length"));
  std::string foreign = written(
      home, "foreign.json",
      R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}})");

  Ran ran = orthink_program(home, {"replay", "--json", answered});
  CHECK(ran.code == 0);
  CHECK(ran.out.starts_with(R"({"schema":1,"type":"thinking","text":"hmm","tokens":)"));
  CHECK(contains(ran.out, R"({"type":"output","text":"yes\u001b[2J")"));
  CHECK(contains(ran.out, R"("type":"complete","outcome":"answered")"));
  CHECK(contains(ran.out, R"("cost":{"usd":"0.00011","source":"provider")"));
  for (const char* seed : {"0", "1", "7", "12345"})
    CHECK(orthink_program(home, {"replay", "--json", "--cut", seed, answered}).out == ran.out);
  CHECK(orthink_program(home, {"replay", "--json", "-"}, stream_of("yes\\u001b[2J", "stop")).out == ran.out);

  Ran plain = orthink_program(home, {"replay", answered});
  CHECK(contains(plain.out, "yes\xe2\x90\x9b[2J"));
  CHECK(contains(plain.err, "anthropic/claude-haiku-4.5 at Anthropic; 10 prompt + 5 thinking + 15 answer tokens; $0.00011 (provider)"));

  CHECK(orthink_program(home, {"replay", "--json", cut_short}).code == 1);
  CHECK(orthink_program(home, {"replay", "--json", empty}).code == 4);
  CHECK(orthink_program(home, {"replay", "--json", foreign}).code == 2);
  CHECK(orthink_program(home, {"replay", "--json", answered, empty}).code == 4);
  Ran missing = orthink_program(home, {"replay", "--json", home.path() + "/none.sse"});
  CHECK(missing.code == 2);
  CHECK(document(missing.out).find("error")->find("code")->text() == "file_unreadable");
}

TEST_CASE("config: value and origin; wrong values exit 2", "[program]") {
  Home home;
  std::filesystem::create_directories(home.path() + "/config/orthink");
  written(home, "config/orthink/config.json", R"({"attempts":2})");
  Ran ran = orthink_program(home, {"config", "--json"}, "",
                            {{"ORTHINK_DEFAULT_MODEL", "openai/gpt-5-mini"}, {"OPENROUTER_API_KEY", "sk-or-v1-secretsecretsecret"}});
  CHECK(ran.code == 0);
  json::Value config = document(ran.out);
  for (const json::Member& setting : config.find("settings")->members()) {
    CHECK(keys_of(setting.value) == "name environment value origin");
    std::string name = setting.value.find("name")->text();
    std::string origin = setting.value.find("origin")->text();
    bool is_from_environment = name == "default_model" || name == "openrouter_api_key";
    CHECK(origin == (name == "attempts" ? "file" : is_from_environment ? "environment" : "default"));
  }
  CHECK_FALSE(contains(ran.out + ran.err, "secretsecret"));
  CHECK(contains(orthink_program(home, {"config"}).out, "attempts"));
  CHECK(orthink_program(home, {"config"}, "", {{"ORTHINK_ATTEMPTS", "many"}}).code == 2);
  CHECK(orthink_program(home, {"plan", "x"}, "", {{"ORTHINK_BASE_URL", "http://example.com/v1"}}).code == 2);
}

TEST_CASE("key set: a file for its owner alone, the key shown nowhere", "[program]") {
  Home home;
  const std::string key = "sk-or-v1-0123456789abcdef";
  Ran ran = orthink_program(home, {"key", "set"}, key + "\n");
  CHECK(ran.code == 0);
  std::string path = home.path() + "/config/orthink/key";
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  std::string kept;
  std::ifstream(path) >> kept;
  CHECK(kept == key);
  CHECK_FALSE(contains(ran.out + ran.err, key));
  CHECK(document(orthink_program(home, {"key", "set", "--json"}, key).out).find("path")->text() == path);
  CHECK(orthink_program(home, {"key", "set"}, "\n").code == 2);
  CHECK(orthink_program(home, {"key", "set"}, "two words\n").code == 2);
  CHECK(contains(orthink_program(home, {"key", "set"}, key, {{"OPENROUTER_API_KEY", "other"}}).err, "goes before the file"));
}

TEST_CASE("doctor and models --refresh against the simulator", "[program]") {
  Home home;
  Result<std::unique_ptr<sim::Simulator>> simulator = sim::Simulator::start({});
  REQUIRE(simulator);
  Environment upstream{{"ORTHINK_BASE_URL", (*simulator)->url()}, {"OPENROUTER_API_KEY", "simulated"}};

  Ran fetched = orthink_program(home, {"models", "--refresh"}, "", upstream);
  CAPTURE(fetched.err);
  CHECK(fetched.code == 0);
  CHECK(contains(fetched.err, "fetched just now"));

  Ran ran = orthink_program(home, {"doctor", "--json"}, "", upstream);
  CAPTURE(ran.out);
  json::Value doctor = document(ran.out);
  CHECK(keys_of(doctor) == "schema ok checks");
  for (const json::Member& check : doctor.find("checks")->members()) {
    CHECK(keys_of(check.value) == "what verdict text remedy");
    if (check.value.find("what")->text() == "connection") CHECK(check.value.find("verdict")->text() == "good");
  }

  (*simulator)->stop();
  Ran down = orthink_program(home, {"doctor"}, "", upstream);
  CHECK(down.code == 1);
  CHECK(contains(down.out, "bad"));
  CHECK(orthink_program(home, {"models", "--refresh"}, "", upstream).code == 1);
}

TEST_CASE("a reader that has gone ends the program quietly", "[program]") {
  Home home;
  Ran ran = test::run_command(home, {"bash", "-c", std::string("set -o pipefail; ") + ORTHINK_PROGRAM + " models | head -1 >/dev/null"});
  CHECK(ran.code == 0);
  CHECK_FALSE(contains(ran.err, "ipe"));
}

TEST_CASE("plan and --version load no TLS", "[program]") {
  Home home;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"--version"}, {"plan", "x"}, {"models"}}) {
    Ran ran = orthink_program(home, arguments, "", {{"LD_DEBUG", "libs"}});
    CHECK(ran.code == 0);
    CHECK_FALSE(contains(ran.err, "libcurl"));
    CHECK_FALSE(contains(ran.err, "libssl"));
  }
}

#endif
