// The verbs mcp and serve as programs: real standard input and HTTP, a simulator upstream, signals, and the ledger afterwards.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "native/key.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "orthink/wire/json.h"
#include "tests/native/cli/child.h"
#include "tests/native/cli/program.h"
#include "tests/native/sim/client.h"

namespace orthink {
namespace {

using test::Child;

// The simulator notices that a client has gone when it writes next; until then its bill is not final.
void wait_for_bill(const sim::Simulator& simulator) {
  const auto is_running = [](const sim::BillLine& line) { return line.state == "running"; };
  for (const Instant until = now() + Duration::seconds(20); now() < until; std::this_thread::yield()) {
    const sim::Bill bill = simulator.bill();
    if (std::none_of(bill.lines.begin(), bill.lines.end(), is_running)) return;
  }
  FAIL("an answer of the simulator does not end");
}

class Room {
 public:
  explicit Room(std::string_view faults = "") {
    sim::SimOptions options;
    options.seed = 7;
    options.now = [] { return now(); };
    if (!faults.empty()) options.faults = *sim::parse_faults(faults);
    Result<std::unique_ptr<sim::Simulator>> started = sim::Simulator::start(options);
    REQUIRE(started);
    simulator = std::move(*started);
    put_key("sk-test-first");
  }
  void put_key(std::string_view key) const { REQUIRE(save_key(home.path() + "/key", Secret(std::string(key)))); }
  [[nodiscard]] std::map<std::string, std::string> variables() const {
    return {{"HOME", home.path()}, {"ORTHINK_BASE_URL", simulator->url()}, {"ORTHINK_KEY_FILE", home.path() + "/key"},
            {"ORTHINK_LISTEN", "127.0.0.1:0"}};
  }
  // Everything unknown is asked about; then the journal, the rows and the balances agree.
  void check_books() const {
    wait_for_bill(*simulator);
    const test::Ran asked = test::run_command(home, {ORTHINK_PROGRAM, "ledger", "reconcile"}, "", variables_of_home());
    INFO(asked.out << asked.err);
    CHECK(asked.code == 0);
    const test::Ran verified = test::run_command(home, {ORTHINK_PROGRAM, "ledger", "verify"}, "", variables_of_home());
    INFO(verified.out << verified.err);
    CHECK(verified.code == 0);
  }

  test::Home home;
  std::unique_ptr<sim::Simulator> simulator;

 private:
  [[nodiscard]] std::map<std::string, std::string> variables_of_home() const {
    std::map<std::string, std::string> all = variables();
    all["XDG_STATE_HOME"] = home.path() + "/.local/state";
    return all;
  }
};

constexpr std::string_view kHello =
    R"({"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
    "\n" R"({"jsonrpc":"2.0","method":"notifications/initialized"})" "\n";

std::string call_text(int id, std::string_view tool, std::string_view arguments, bool wants_progress = false) {
  std::string text = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"tools/call","params":{"name":")" + std::string(tool) +
                     R"(","arguments":)" + std::string(arguments);
  if (wants_progress) text += R"(,"_meta":{"progressToken":"p"})";
  return text + "}}";
}

json::Value document(const std::string& line) {
  Result<json::Value> value = json::parse(line);
  INFO(line);
  REQUIRE(value);
  return *value;
}

std::string text_at(const json::Value& value, std::initializer_list<const char*> path) {
  const json::Value* here = &value;
  for (const char* key : path) {
    here = here->find(key);
    if (here == nullptr) return "(absent)";
  }
  return here->text();
}

// The answer to `id`; other messages are left behind.
json::Value answer_to(Child& child, const std::string& id) {
  for (;;) {
    json::Value message = document(child.line());
    if (text_at(message, {"id"}) == id) return message;
  }
}

// A call is under way as soon as a token of it was told of.
void wait_for_token(Child& child) {
  for (;;) {
    const std::string message = text_at(document(child.line()), {"params", "message"});
    if (message.find("thinking") != std::string::npos || message.find("answer") != std::string::npos) return;
  }
}

constexpr std::string_view kQuestion = R"({"prompt":"Why is the sky blue?","thinking":"2000","max_tokens":4000})";

TEST_CASE("mcp answers on standard output, and ends when its client leaves", "[serve]") {
  Room room;
  Child child({"mcp"}, room.variables());
  child.write(kHello);
  CHECK(text_at(answer_to(child, "hello"), {"result", "serverInfo", "name"}) == "orthink");
  child.write(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})" "\n");
  CHECK(answer_to(child, "1").find("result")->find("tools")->members().size() == 8);
  child.write(call_text(2, "health", "{}") + "\n");
  CHECK(text_at(answer_to(child, "2"), {"result", "structuredContent", "status"}) == "ok");
  child.write(call_text(3, "thinking_completion", kQuestion) + "\n");
  const json::Value answer = answer_to(child, "3");
  CHECK(text_at(answer, {"result", "structuredContent", "state"}) == "done");
  CHECK(text_at(answer, {"result", "structuredContent", "cost_usd"}) == room.simulator->bill().total.to_decimal());
  child.end_input();
  CHECK(child.wait() == 0);
  room.check_books();
}

TEST_CASE("A cancelled call is not answered, and what comes after it is", "[serve]") {
  Room room("drip=50");
  Child child({"mcp"}, room.variables());
  child.write(kHello);
  child.write(call_text(1, "thinking_completion", kQuestion, true) + "\n");
  wait_for_token(child);
  child.write(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})" "\n" + call_text(2, "health", "{}") + "\n");
  for (std::string id; id != "2";) {
    const json::Value message = document(child.line());
    id = text_at(message, {"id"});
    CHECK(id != "1");
  }
  child.end_input();
  CHECK(child.wait() == 0);
  CHECK(room.simulator->bill().lines.size() == 1);
  room.check_books();
}

TEST_CASE("A client that leaves takes its calls along", "[serve]") {
  Room room("stall=3");
  Child child({"mcp"}, room.variables());
  child.write(kHello);
  child.write(call_text(1, "thinking_completion", kQuestion, true) + "\n");
  wait_for_token(child);
  child.end_input();
  CHECK(child.wait() == 0);
  room.check_books();
}

TEST_CASE("mcp begins without a key and says what is missing", "[serve]") {
  Room room;
  std::filesystem::remove(room.home.path() + "/key");
  Child child({"mcp"}, room.variables());
  child.write(kHello);
  child.write(call_text(1, "thinking_completion", kQuestion) + "\n");
  CHECK(text_at(answer_to(child, "1"), {"result", "structuredContent", "error", "code"}) == "key_missing");
  child.end_input();
  CHECK(child.wait() == 0);
}

// A server over HTTP, and what it said of itself.
struct Served {
  Served(const Room& room, std::vector<std::string> more = {}) : child(arguments(std::move(more)), room.variables()) {
    const json::Value ready = document(child.line());
    CHECK(text_at(ready, {"type"}) == "ready");
    url = text_at(ready, {"url"});
    port = static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  [[nodiscard]] client::Response call(const std::string& body, client::Headers headers = {}) const {
    headers.push_back({"Accept", "application/json, text/event-stream"});
    headers.push_back({"MCP-Protocol-Version", "2025-11-25"});
    return client::send(port, "POST", "/mcp", body, headers);
  }
  static std::vector<std::string> arguments(std::vector<std::string> more) {
    more.insert(more.begin(), {"serve", "--json"});
    return more;
  }
  Child child;
  std::string url;
  uint16_t port = 0;
};

TEST_CASE("serve answers over HTTP, and SIGTERM lets a running call end", "[serve]") {
  Room room("drip=2");
  Served served(room);
  const client::Response health = served.call(call_text(1, "health", "{}"));
  CHECK(health.status == 200);
  CHECK(text_at(health.document(), {"result", "structuredContent", "status"}) == "ok");

  client::Response streamed;
  std::thread caller([&] { streamed = served.call(call_text(2, "thinking_completion", kQuestion, true)); });
  while (room.simulator->bill().lines.empty()) std::this_thread::yield();
  served.child.signal(SIGTERM);
  caller.join();
  CHECK(streamed.status == 200);
  CHECK(streamed.header("Content-Type").find("text/event-stream") != std::string::npos);
  CHECK(streamed.body.find("\"state\":\"done\"") != std::string::npos);
  CHECK(served.child.wait() == 0);
  const size_t draining = served.child.error_text().find("\"draining\"");
  CHECK(draining != std::string::npos);
  CHECK(served.child.error_text().find("\"stopped\"", draining) != std::string::npos);
  room.check_books();
}

TEST_CASE("A call that is late at the drain's end is ended cleanly and its money settled", "[serve]") {
  Room room("stall=3");
  Served served(room, {"--drain-s", "1"});
  client::Response streamed;
  std::thread caller([&] { streamed = served.call(call_text(2, "thinking_completion", kQuestion, true)); });
  while (room.simulator->bill().lines.empty()) std::this_thread::yield();
  served.child.signal(SIGTERM);
  caller.join();
  CHECK(streamed.status == 200);
  CHECK(streamed.is_whole);
  CHECK(streamed.body.find("\"id\":2") != std::string::npos);
  CHECK(streamed.body.find("structuredContent") != std::string::npos);  // how it ended, not an invitation to buy again
  CHECK(served.child.wait() == 0);
  room.check_books();
}

TEST_CASE("SIGHUP rotates the upstream's key for the calls that follow", "[serve]") {
  Room room;
  Served served(room);
  const auto key_of_last = [&] { return room.simulator->requests().back().authorization; };
  static_cast<void>(served.call(call_text(1, "thinking_completion", kQuestion)));
  CHECK(key_of_last() == "Bearer sk-test-first");
  room.put_key("sk-test-second");
  served.child.signal(SIGHUP);
  static_cast<void>(served.child.error_line("\"reloaded\""));
  const client::Response after = served.call(call_text(2, "thinking_completion", kQuestion));
  CHECK(text_at(after.document(), {"result", "structuredContent", "state"}) == "done");
  CHECK(key_of_last() == "Bearer sk-test-second");
  served.child.signal(SIGINT);
  CHECK(served.child.wait() == 0);
  CHECK(served.child.error_text().find("sk-test") == std::string::npos);
}

TEST_CASE("A table of keys that cannot be read stays as it was, and is not called reloaded", "[serve]") {
  Room room;
  std::map<std::string, std::string> variables = room.variables();
  variables["ORTHINK_AUTH_KEYS_FILE"] = room.home.path() + "/access.json";
  variables["ORTHINK_AUTH"] = "keys";
  REQUIRE(test::run_command(room.home, {ORTHINK_PROGRAM, "access", "add", "ci"}, "", variables).code == 0);
  Child child({"serve"}, variables);
  static_cast<void>(child.error_line("\"listening\""));
  REQUIRE(write_file(room.home.path() + "/access.json", "{broken", 0600));
  child.signal(SIGHUP);
  const std::string said = child.error_line("\"not_reloaded\"");
  CHECK(said.find("keys of callers") != std::string::npos);
  child.signal(SIGTERM);
  CHECK(child.wait() == 0);
  CHECK(child.error_text().find("\"reloaded\"") == std::string::npos);
}

TEST_CASE("An address for metrics that cannot be is told before anything is opened", "[serve]") {
  Room room;
  for (const char* address : {"0.0.0.0:0", "nonsense"}) {
    Child child({"serve", "--metrics", address}, room.variables());
    CHECK(child.wait() == 2);
    CHECK(child.error_text().find("listening") == std::string::npos);
  }
}

TEST_CASE("Flags of install are not passed over where nothing is installed", "[serve]") {
  Room room;
  const std::vector<std::vector<std::string>> rows{
      {"mcp", "--client", "codex"}, {"mcp", "--yes"}, {"mcp", "uninstall", "--client", "codex", "--url", "https://x.example/mcp"}};
  for (const std::vector<std::string>& words : rows) {
    std::vector<std::string> command = words;
    command.insert(command.begin(), ORTHINK_PROGRAM);
    const test::Ran ran = test::run_command(room.home, command, "", room.variables());
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.err.find("orthink mcp install") != std::string::npos);
  }
}

TEST_CASE("Addresses that others can reach need authentication, and addresses that are none are named", "[serve]") {
  Room room;
  for (const char* address : {"0.0.0.0:0", "[::]:0", "nonsense", "127.0.0.1:70000"}) {
    Child child({"serve", "--listen", address}, room.variables());
    CHECK(child.wait() == 2);
    CHECK(!child.error_text().empty());
  }
  Child open({"serve", "--listen", "0.0.0.0:0"}, room.variables());
  CHECK(open.wait() == 2);
  CHECK(open.error_text().find("--auth") != std::string::npos);
}

TEST_CASE("With keys only their holders are let in", "[serve]") {
  Room room;
  const test::Ran made = test::run_command(room.home, {ORTHINK_PROGRAM, "access", "add", "ci", "--user", "alice", "--json"}, "",
                                           {{"ORTHINK_AUTH_KEYS_FILE", room.home.path() + "/access.json"}});
  INFO(made.out << made.err);
  REQUIRE(made.code == 0);
  const std::string key = text_at(document(made.out.substr(0, made.out.find('\n'))), {"key"});
  std::map<std::string, std::string> variables = room.variables();
  variables["ORTHINK_AUTH_KEYS_FILE"] = room.home.path() + "/access.json";
  Child child({"serve", "--json", "--auth", "keys"}, variables);
  const std::string url = text_at(document(child.line()), {"url"});
  const auto port = static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  const client::Headers common{{"Accept", "application/json, text/event-stream"}, {"MCP-Protocol-Version", "2025-11-25"}};
  CHECK(client::send(port, "POST", "/mcp", call_text(1, "health", "{}"), common).status == 401);
  client::Headers with_key = common;
  with_key.push_back({"Authorization", "Bearer " + key});
  CHECK(client::send(port, "POST", "/mcp", call_text(1, "health", "{}"), with_key).status == 200);
  const client::Response bought = client::send(port, "POST", "/mcp", call_text(2, "thinking_completion", kQuestion), with_key);
  CHECK(text_at(bought.document(), {"result", "structuredContent", "state"}) == "done");
  const client::Response budget = client::send(port, "POST", "/mcp", call_text(3, "budget_status", "{}"), with_key);
  CHECK(budget.body.find("alice") != std::string::npos);
  child.signal(SIGTERM);
  CHECK(child.wait() == 0);
  CHECK(child.error_text().find(key) == std::string::npos);
}

// The port of the first address after `mark`.
uint16_t port_after(const std::string& told, std::string_view mark) {
  const size_t begin = told.find(':', told.find(mark) + mark.size() + 8) + 1;
  return static_cast<uint16_t>(std::stoi(told.substr(begin)));
}

const client::Headers kLegacyHeaders{{"Accept", "application/json, text/event-stream"}, {"MCP-Protocol-Version", "2025-11-25"}};

TEST_CASE("A client on standard input that leaves does not cut those over HTTP short", "[serve]") {
  Room room("drip=2");
  Child child({"serve", "--stdio"}, room.variables());
  const uint16_t port = port_after(child.error_line("orthink serves its tools at "), "tools at ");
  client::Response streamed;
  std::thread caller([&] { streamed = client::send(port, "POST", "/mcp", call_text(2, "thinking_completion", kQuestion, true), kLegacyHeaders); });
  while (room.simulator->bill().lines.empty()) std::this_thread::yield();
  child.end_input();
  caller.join();
  CHECK(streamed.body.find("\"state\":\"done\"") != std::string::npos);
  CHECK(child.wait() == 0);
  room.check_books();
}

TEST_CASE("SIGTERM closes HTTP at once, even while a call on standard input goes on", "[serve]") {
  Room room("stall=3");
  Child child({"serve", "--stdio", "--drain-s", "600"}, room.variables());
  const uint16_t port = port_after(child.error_line("orthink serves its tools at "), "tools at ");
  child.write(kHello);
  child.write(call_text(1, "thinking_completion", kQuestion, true) + "\n");
  while (room.simulator->bill().lines.empty()) std::this_thread::yield();
  child.signal(SIGTERM);
  const auto is_refused = [&] {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return !is_connected;
  };
  const Instant patience = now() + Duration::seconds(20);
  while (!is_refused() && now() < patience) std::this_thread::yield();
  CHECK(is_refused());
  child.signal(SIGTERM);  // waits for nobody: the call on standard input is cancelled, and says so
  CHECK(text_at(answer_to(child, "1"), {"error", "data", "retry"}) == "(absent)");
  CHECK(child.wait() == 0);
  room.check_books();
}

TEST_CASE("One process serves standard input and HTTP, with metrics beside them", "[serve]") {
  Room room;
  Child child({"serve", "--stdio", "--metrics", "127.0.0.1:0"}, room.variables());
  const std::string told = child.error_line("orthink serves its tools at ");
  child.write(kHello);
  child.write(call_text(1, "thinking_completion", R"({"prompt":"Why?","stream_id":"shared"})") + "\n");
  CHECK(text_at(answer_to(child, "1"), {"result", "structuredContent", "state"}) == "done");
  const client::Response same =
      client::send(port_after(told, "tools at "), "POST", "/mcp", call_text(2, "get_result", R"({"stream_id":"shared"})"), kLegacyHeaders);
  CHECK(text_at(same.document(), {"result", "structuredContent", "state"}) == "done");  // both are the local user
  const client::Response metrics = client::send(port_after(told, "metrics at "), "GET", "/metrics", "", {});
  CHECK(metrics.status == 200);
  CHECK(metrics.body.find("orthink_") != std::string::npos);
  CHECK(client::send(port_after(told, "metrics at "), "GET", "/readyz", "", {}).status == 200);
  child.end_input();
  CHECK(child.wait() == 0);
}

}  // namespace
}  // namespace orthink
