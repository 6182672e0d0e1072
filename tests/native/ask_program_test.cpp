// The program against the simulator: exit codes, lines, signals, and books that agree.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <sstream>

#include "native/sim/sim.h"
#include "orthink/wire/json.h"
#include "tests/native/program.h"
#include "tests/native/temporary_folder.h"

namespace orthink {
namespace {

using test::Run;
using test::run_program;

class Room {
 public:
  explicit Room(std::string_view faults = "") {
    sim::SimOptions options;
    options.seed = 7;
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator = std::move(*started);
  }
  Run run(std::vector<std::string> arguments, const test::RunOptions& options = {}) const {
    return run_program(std::move(arguments), variables(), options);
  }
  [[nodiscard]] test::Variables variables() const {
    return {{"HOME", folder.path()},
            {"ORTHINK_BASE_URL", simulator->url()},
            {"OPENROUTER_API_KEY", "sk-test-key"},
            {"ORTHINK_RETRY_BASE_S", "0.001"}};
  }

  test::TemporaryFolder folder;
  std::unique_ptr<sim::Simulator> simulator;
};

std::vector<json::Value> lines_of(const std::string& text) {
  std::vector<json::Value> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    INFO(line);
    Result<json::Value> value = json::parse(line);
    REQUIRE(value);
    lines.push_back(std::move(*value));
  }
  REQUIRE_FALSE(lines.empty());
  return lines;
}

const json::Value& at(const json::Value& value, std::initializer_list<const char*> path) {
  const json::Value* here = &value;
  for (const char* key : path) {
    INFO(key);
    here = here->find(key);
    REQUIRE(here != nullptr);
  }
  return *here;
}

TEST_CASE("an answer goes to standard output, the receipt to standard error, both plain when piped") {
  const Room room;
  const Run run = room.run({"ask", "--think", "2k", "Why?"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("simulated answer") != std::string::npos);
  CHECK(run.out.find("Simulated thinking") == std::string::npos);
  CHECK(run.out.back() == '\n');
  CHECK(run.err.find("anthropic/claude-haiku-4.5") != std::string::npos);
  CHECK((run.out + run.err).find('\x1b') == std::string::npos);
  CHECK((run.out + run.err).find("sk-test-key") == std::string::npos);
  const Run shown = room.run({"ask", "--think", "2k", "--show-thinking", "Why?"});
  CHECK(shown.out == run.out);
  CHECK(shown.err.find("Simulated thinking") != std::string::npos);
}

TEST_CASE("event lines: schema first, complete last, and its cost is the simulator's bill") {
  const Room room;
  struct Case {
    std::vector<std::string> flags;
  };
  const Case cases[] = {{{}},
                        {{"--think", "off"}},
                        {{"--think", "3000"}},
                        {{"--no-stream"}},
                        {{"--model", "openai/gpt-5-mini", "--think", "high"}},
                        {{"--model", "google/gemini-2.5-flash", "--think", "2k"}},
                        {{"--model", "deepseek/deepseek-r1"}}};
  Money total;
  for (const Case& c : cases) {
    std::vector<std::string> arguments{"ask", "--json"};
    arguments.insert(arguments.end(), c.flags.begin(), c.flags.end());
    arguments.push_back("Why is the sky blue?");
    const Run run = room.run(arguments);
    INFO(run.out.substr(0, 2000) << run.err);
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    const std::vector<json::Value> lines = lines_of(run.out);
    CHECK(lines.front().members().front().key == "schema");
    CHECK(at(lines.back(), {"type"}).text() == "complete");
    CHECK(at(lines.back(), {"receipt", "usage", "state"}).text() == "final");
    const sim::Bill bill = room.simulator->bill();
    CHECK(at(lines.back(), {"receipt", "cost", "usd"}).text() == bill.lines.back().cost.to_decimal());
    CHECK(at(lines.back(), {"receipt", "generation_id"}).text() == bill.lines.back().id);
    total = total.plus(*Money::parse(at(lines.back(), {"receipt", "cost", "usd"}).text()));
    std::string output;
    for (const json::Value& line : lines)
      if (at(line, {"type"}).text() == "output") output += at(line, {"text"}).text();
    CHECK(output == at(lines.back(), {"message", "content"}).text());
  }
  CHECK(total == room.simulator->bill().total);
}

TEST_CASE("each kind of ending has its exit code") {
  struct Case {
    const char* faults;
    std::vector<std::string> arguments;
    int exit_code;
    const char* type;
    const char* code;
  };
  const Case cases[] = {
      {"", {"--think", "banana", "x"}, 2, "error", "invalid_argument"},
      {"", {"--model", "openai/gpt-5-mini", "--think", "off", "x"}, 2, "error", "thinking_mandatory"},
      {"", {"--model", "openai/gtp-5-mini", "x"}, 2, "error", "model_unknown"},
      {"", {"--max-cost", "0.0000001", "x"}, 3, "error", "cost_above_max"},
      {"thinks-all", {"--think", "2k", "x"}, 4, "complete", ""},
      {"content-filter", {"x"}, 4, "complete", ""},
      {"500", {"x"}, 1, "error", "upstream_internal"},
      {"504", {"x"}, 1, "error", "upstream_timeout"},
      {"402", {"x"}, 3, "error", "upstream_payment"},
      {"midstream-error", {"x"}, 1, "error", "midstream_error"},
      {"eof-no-done", {"x"}, 1, "error", "stream_truncated"},
      {"reset-midstream", {"x"}, 1, "error", "stream_truncated"},
      {"reset-after-request", {"x"}, 1, "error", "connection_lost"},
      {"redirect", {"x"}, 1, "error", "redirected"},
      {"503=none:2", {"x"}, 0, "complete", ""},
      {"cost-null", {"x"}, 0, "complete", ""},
  };
  for (const Case& c : cases) {
    const Room room(c.faults);
    std::vector<std::string> arguments{"ask", "--json"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    const Run run = room.run(arguments);
    INFO(c.faults << " " << c.arguments[0] << ": " << run.out.substr(0, 1500) << run.err);
    CHECK(run.exit_code == c.exit_code);
    const std::vector<json::Value> lines = lines_of(run.out);
    CHECK(at(lines.back(), {"type"}).text() == c.type);
    if (*c.code != '\0') CHECK(at(lines.back(), {"error", "code"}).text() == c.code);
    CHECK(at(lines.back(), {"receipt", "cost"}).is_object());
    // Without --json the same ending, in words.
    arguments.erase(arguments.begin() + 1);
    const Room again(c.faults);
    CHECK(again.run(arguments).exit_code == c.exit_code);
  }
}

TEST_CASE("a call that was tried again was bought once") {
  const Room room("503=none:2");
  const Run run = room.run({"ask", "--json", "x"});
  const std::vector<json::Value> lines = lines_of(run.out);
  CHECK(at(lines.back(), {"receipt", "attempts"}).text() == "3");
  CHECK(room.simulator->bill().lines.size() == 1);
}

TEST_CASE("no key, no call") {
  const Room room;
  test::Variables variables = room.variables();
  variables.erase("OPENROUTER_API_KEY");
  const Run run = run_program({"ask", "--json", "x"}, variables);
  CHECK(run.exit_code == 1);
  CHECK(at(lines_of(run.out).back(), {"error", "kind"}).text() == "AUTHENTICATION_FAILED");
  CHECK(room.simulator->requests().empty());
}

TEST_CASE("a deadline ends the call, and what may have been bought stays held") {
  const Room room("stall=8");
  const Run run = room.run({"ask", "--json", "--request", "-"}, {.input = R"({"prompt":"Why?","think":"2k","deadline_s":0.2})"});
  CHECK(run.exit_code == 1);
  const std::vector<json::Value> lines = lines_of(run.out);
  CHECK(at(lines.back(), {"error", "code"}).text() == "call_timeout");
  CHECK_FALSE(at(lines.back(), {"receipt", "cost", "held_usd"}).is_null());
}

TEST_CASE("wrong settings are refused before anything is sent") {
  const Room room;
  test::Variables variables = room.variables();
  variables["ORTHINK_BASE_URL"] = "http://openrouter.example/api/v1";
  const Run run = run_program({"ask", "--json", "x"}, variables);
  CHECK(run.exit_code == 2);
  CHECK(at(lines_of(run.out).back(), {"error", "code"}).text() == "insecure_url");
  CHECK(room.simulator->requests().empty());
}

TEST_CASE("a signal cancels: receipt so far, 130 or 143") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
  const bool json = GENERATE(false, true);
  const Room room("stall=8");
  bool is_sent = false;
  test::RunOptions options;
  options.watch = [&](const Run& run, pid_t pid) {
    const bool has_begun = (json ? run.out : run.err).find("thinking") != std::string::npos;
    if (!has_begun || std::exchange(is_sent, true)) return;
    ::kill(pid, signal);
  };
  std::vector<std::string> arguments{"ask", "--think", "2k", "Why?"};
  arguments.insert(arguments.begin() + 1, json ? "--json" : "--show-thinking");
  const Run run = room.run(arguments, options);
  INFO(run.out << run.err);
  CHECK(is_sent);
  CHECK(run.exit_code == (signal == SIGINT ? 130 : 143));
  if (json) {
    const std::vector<json::Value> lines = lines_of(run.out);
    CHECK(at(lines.back(), {"error", "kind"}).text() == "CANCELLED");
    CHECK(at(lines.back(), {"receipt", "cost", "source"}).text() != "provider");
    CHECK_FALSE(at(lines.back(), {"receipt", "cost", "held_usd"}).is_null());
  } else {
    CHECK(run.err.find("held") != std::string::npos);
  }
}

TEST_CASE("a second signal leaves at once where the first one drains") {
  // Two kinds of signal, because two of one kind may become one.
  const Room room("provider=Google AI Studio,stall=8");
  bool is_sent = false;
  test::RunOptions options;
  options.watch = [&](const Run& run, pid_t pid) {
    if (run.out.find("\"thinking\"") == std::string::npos || std::exchange(is_sent, true)) return;
    ::kill(pid, SIGINT);
    ::kill(pid, SIGTERM);
  };
  const Run run = room.run({"ask", "--json", "--think", "2k", "Why?"}, options);
  CHECK(is_sent);
  CHECK(run.exit_code == 143);
  CHECK(at(lines_of(run.out).back(), {"receipt", "total_ms"}).as_u64().value_or(99'999) < 9'000);
}

TEST_CASE("a reader that leaves before the last event is told by the exit code alone; of text it is no error") {
  const Room room;
  test::RunOptions options;
  options.out_bytes = 0;
  const Run run = room.run({"ask", "--json", "--think", "8k", "Why?"}, options);
  CHECK(run.exit_code == 1);
  CHECK(run.err.empty());
  CHECK(room.run({"models"}, options).exit_code == 0);
}

TEST_CASE("what a model says does not steer the terminal") {
  const Room room;
  const Run run = room.run({"ask", "--think", "off", "\x1b]0;title\x07\x1b[31mred\xc2\x9b 1m"});
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("red") != std::string::npos);
  CHECK(run.out.find('\x1b') == std::string::npos);
  CHECK(run.out.find('\x07') == std::string::npos);
  CHECK(run.out.find("\xc2\x9b") == std::string::npos);
}

TEST_CASE("the catalogue is fetched once for many calls") {
  const Room room;
  REQUIRE(room.run({"ask", "--think", "off", "One"}).exit_code == 0);
  REQUIRE(room.run({"ask", "--think", "off", "-"}, {.input = "Two\n"}).exit_code == 0);
  size_t models = 0;
  for (const sim::SeenRequest& request : room.simulator->requests()) models += request.path.ends_with("/models") ? 1 : 0;
  CHECK(models == 1);
}

TEST_CASE("a conversation goes on with its thinking blocks as they came") {
  const Room room;
  const std::string history = room.folder.file("talk.json");
  const Run first = room.run({"chat", "--json", "--think", "2k", "--continue", history, "One?"});
  INFO(first.out << first.err);
  REQUIRE(first.exit_code == 0);
  REQUIRE(room.run({"chat", "--think", "2k", "--continue", history, "Two?"}).exit_code == 0);
  const json::Value message = at(lines_of(first.out).back(), {"message"});
  CHECK_FALSE(at(message, {"reasoning_details"}).members().empty());
  const std::string sent = room.simulator->requests().back().body;
  CHECK(sent.find(json::dump(message)) != std::string::npos);
  CHECK(sent.find("Two?") > sent.find("One?"));
}

}  // namespace
}  // namespace orthink
