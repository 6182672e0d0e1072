#include "native/sim/sim.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>

#include "native/sim/pieces.h"
#include "tests/native/sim/client.h"
#include "tests/native/sim/stream.h"

using namespace orthink;
using namespace orthink::sim;

namespace {

std::unique_ptr<Simulator> start(SimOptions options = {}) {
  Result<std::unique_ptr<Simulator>> simulator = Simulator::start(options);
  if (!simulator) FAIL(simulator.error().message);
  return std::move(*simulator);
}

std::unique_ptr<Simulator> start_with(std::string_view faults) { return start({.faults = *parse_faults(faults)}); }

std::string ask(std::string_view model, std::string_view more = {}) {
  return R"({"model":")" + std::string(model) + R"(","stream":true,"max_tokens":4000,"messages":[{"role":"user","content":"Why?"}])" +
         std::string(more) + "}";
}

const std::string kHaiku = ask("anthropic/claude-haiku-4.5", R"(,"reasoning":{"max_tokens":1024})");
const std::string kGemini = ask("google/gemini-2.5-flash", R"(,"reasoning":{"max_tokens":1024})");

Money cost_in(const wire::Said& said) { return *Money::parse(said.usages.back().find("cost")->text(), Money::Rounding::half_even); }

// The bill settles when the connection's thread sees that the client has gone: asks until it has.
Bill settled_bill(const Simulator& simulator) {
  for (;;) {
    Bill bill = simulator.bill();
    const bool is_running = std::any_of(bill.lines.begin(), bill.lines.end(), [](const BillLine& line) { return line.state == "running"; });
    if (!is_running) return bill;
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("a streamed answer, its headers, and a bill that agrees to the last digit") {
  const auto simulator = start();
  const client::Response r = client::post(simulator->port(), kHaiku);
  CHECK(r.status == 200);
  CHECK(r.is_whole);
  CHECK(r.header("Content-Type") == "text/event-stream");
  const wire::Said said = wire::read(r.body);
  CHECK(said.is_done);
  CHECK(r.header("X-Generation-Id") == said.chunks.front().find("id")->text());
  CHECK(r.header("X-Provider-Name") == "Anthropic");
  const Bill bill = simulator->bill();
  REQUIRE(bill.lines.size() == 1);
  CHECK(bill.lines[0].state == "complete");
  CHECK(bill.lines[0].id == r.header("X-Generation-Id"));
  CHECK(bill.lines[0].model == "anthropic/claude-haiku-4.5");
  CHECK(bill.total == cost_in(said));
  CHECK(client::get(simulator->port(), "/sim/bill").body == bill_document(bill));
  CHECK(client::get(simulator->port(), "/api/v1/sim/bill").body == bill_document(bill));
}

TEST_CASE("the other paths") {
  const auto simulator = start();
  const uint16_t port = simulator->port();
  CHECK(simulator->url() == "http://127.0.0.1:" + std::to_string(port) + "/api/v1");
  const client::Response models = client::get(port, "/api/v1/models");
  CHECK(models.document().find("data")->members().size() == Catalog::snapshot().size());
  CHECK(client::get(port, "/api/v1/models/anthropic/claude-haiku-4.5/endpoints").status == 200);
  CHECK(client::get(port, "/api/v1/key").document().find("data") != nullptr);
  CHECK(client::get(port, "/api/v1/nothing").status == 404);
  CHECK(client::get(port, "/").status == 404);
  CHECK(client::send(port, "OPTIONS", "/api/v1/chat/completions", "", {}).header("Access-Control-Allow-Origin") == "*");
}

TEST_CASE("a key is asked for, any key is good but a wrong one") {
  const auto simulator = start();
  const auto post_with = [&](const client::Headers& headers) {
    return client::send(simulator->port(), "POST", "/api/v1/chat/completions", kHaiku, headers);
  };
  CHECK(post_with({}).status == 401);
  CHECK(post_with({}).error_message() == "Missing Authentication header");
  CHECK(post_with({{"Authorization", "Bearer "}}).status == 401);
  CHECK(post_with({{"Authorization", "Basic eDp5"}}).status == 401);
  CHECK(post_with({{"Authorization", "Bearer x"}}).status == 200);
  CHECK(client::send(simulator->port(), "GET", "/api/v1/models", "", {}).status == 200);
  CHECK(client::send(simulator->port(), "GET", "/api/v1/key", "", {}).status == 401);
  const std::vector<SeenRequest> seen = simulator->requests();
  REQUIRE(seen.size() == 7);
  CHECK(post_with({{"Authorization", "Bearer sk-wrong-1"}}).status == 401);
  CHECK(seen[4].authorization == "Bearer x");
  CHECK(seen[4].body == kHaiku);
}

TEST_CASE("loopback only") {
  const auto simulator = start();
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(simulator->port());
  address.sin_addr.s_addr = htonl(0x7f000002);  // 127.0.0.2: this machine, but not the address it listens on
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0);
  ::close(fd);
}

TEST_CASE("a taken port is refused with a way out") {
  const auto simulator = start();
  const Result<std::unique_ptr<Simulator>> second = Simulator::start({.port = simulator->port()});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find(std::to_string(simulator->port())) != std::string::npos);
}

TEST_CASE("the same seed gives the same bytes on two simulators") {
  const auto one = start({.seed = 5});
  const auto two = start({.seed = 5});
  const auto other = start({.seed = 6});
  CHECK(client::post(one->port(), kHaiku).body == client::post(two->port(), kHaiku).body);
  CHECK(client::post(one->port(), kHaiku).body != client::post(other->port(), kHaiku).body);
}

TEST_CASE("requests side by side get their own answers") {
  const auto simulator = start();
  constexpr size_t kThreads = 16;
  std::vector<client::Response> responses(kThreads);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { responses[i] = client::post(simulator->port(), ask("openai/gpt-4o-mini", R"(,"seed":)" + std::to_string(i))); });
  }
  for (std::thread& thread : threads) thread.join();
  Money sum;
  std::set<std::string> ids;
  for (const client::Response& r : responses) {
    const wire::Said said = wire::read(r.body);
    CHECK(said.is_done);
    ids.insert(r.header("X-Generation-Id"));
    sum = sum.plus(cost_in(said));
  }
  CHECK(ids.size() == kThreads);
  CHECK(simulator->bill().total == sum);
}

TEST_CASE("one connection carries several requests, and a bad one does not spoil the next") {
  const auto simulator = start();
  client::Socket socket(simulator->port());
  const std::string text = client::request_text("POST", "/api/v1/chat/completions", kHaiku, client::kKey);
  socket.send(text);
  CHECK(client::read_response(socket).is_whole);
  socket.send(text);
  CHECK(wire::read(client::read_response(socket).body).is_done);
  CHECK(client::send(simulator->port(), "POST", "/api/v1/chat/completions", "{", client::kKey).status == 400);
  CHECK(client::post(simulator->port(), kHaiku).status == 200);
}

TEST_CASE("a client that leaves: billed up to there, or in full, by provider") {
  const auto simulator = start_with("stall=20");
  const auto leave = [&](const std::string& body) {
    client::Socket socket(simulator->port());
    socket.send(client::request_text("POST", "/api/v1/chat/completions", body, client::kKey));
    std::string bytes;
    for (size_t seen = 0; seen < 10;) {
      REQUIRE(socket.read(bytes));
      seen = wire::read(bytes).chunks.size();
    }
  };
  leave(kHaiku);
  leave(kGemini);
  const Bill bill = settled_bill(*simulator);
  REQUIRE(bill.lines.size() == 2);
  CHECK(bill.lines[0].state == "cancelled");
  CHECK(bill.lines[1].state == "cancelled_in_full");
  const auto complete = start();
  const Money haiku = cost_in(wire::read(client::post(complete->port(), kHaiku).body));
  const Money gemini = cost_in(wire::read(client::post(complete->port(), kGemini).body));
  CHECK(bill.lines[0].cost > Money::zero());
  CHECK(bill.lines[0].cost < haiku);
  CHECK(bill.lines[1].cost == gemini);
  const client::Response found = client::get(simulator->port(), "/api/v1/generation?id=" + bill.lines[0].id);
  CHECK(found.document().find("data")->find("cancelled")->as_bool());
  CHECK(Money::parse(found.document().find("data")->find("total_cost")->text())->pico == bill.lines[0].cost.pico);
}

TEST_CASE("a client that leaves in mid-answer pays for exactly what it was sent") {
  const auto simulator = start_with("stall=6");
  std::string bytes;
  {
    client::Socket socket(simulator->port());
    socket.send(client::request_text("POST", "/api/v1/chat/completions", ask("openai/gpt-4o-mini"), client::kKey));
    while (wire::read(bytes).chunks.size() < 6) REQUIRE(socket.read(bytes));
  }
  const Bill bill = settled_bill(*simulator);
  REQUIRE(bill.lines.size() == 1);
  const Money output_price = Money{600'000};
  const Money prompt_price = Money{150'000};
  const uint64_t seen = count_pieces(wire::read(bytes).output);
  const client::Response found = client::get(simulator->port(), "/api/v1/generation?id=" + bill.lines[0].id);
  const json::Value document = found.document();
  CHECK(seen > 0);
  CHECK(wire::count(*document.find("data"), "native_tokens_completion") == seen);
  const uint64_t prompt = wire::count(*document.find("data"), "native_tokens_prompt");
  CHECK(bill.total == prompt_price.times(prompt).plus(output_price.times(seen)));
}

TEST_CASE("stopping ends what hangs") {
  auto simulator = start_with("hang");
  client::Socket socket(simulator->port());
  socket.send(client::request_text("POST", "/api/v1/chat/completions", kHaiku, client::kKey));
  while (simulator->requests().empty()) std::this_thread::yield();
  simulator->stop();
  std::string bytes;
  CHECK_FALSE(socket.read(bytes));
  CHECK(bytes.empty());
  simulator->stop();
}

TEST_CASE("/generation: at once, after some lookups, or never") {
  const auto ask_for = [](std::string_view faults, std::string_view header) {
    const auto simulator = start_with(faults);
    const std::string id = client::post(simulator->port(), kHaiku).header("X-Generation-Id");
    std::string statuses;
    for (int i = 0; i < 4; ++i) {
      client::Headers headers;
      if (!header.empty()) headers.emplace_back("X-Sim-Fault", header);
      statuses += std::to_string(client::get(simulator->port(), "/api/v1/generation?id=" + id, headers).status) + " ";
    }
    return statuses;
  };
  CHECK(ask_for("", "") == "200 200 200 200 ");
  CHECK(ask_for("generation-404=2", "") == "404 404 200 200 ");
  CHECK(ask_for("generation-never", "") == "404 404 404 404 ");
  CHECK(ask_for("", "generation-404=3") == "404 404 404 200 ");
  const auto simulator = start();
  CHECK(client::get(simulator->port(), "/api/v1/generation?id=gen-1").error_message() == "Generation gen-1 not found");
}

TEST_CASE("run_sim speaks JSON first and last, and says SIMULATION to people") {
  int pipe_fds[2];
  REQUIRE(::pipe2(pipe_fds, O_CLOEXEC) == 0);
  REQUIRE(::write(pipe_fds[1], "x", 1) == 1);
  std::ostringstream out, err;
  CHECK(run_sim({.seed = 9, .json = true}, pipe_fds[0], out, err) == 0);
  const std::string text = out.str();
  CHECK(text.starts_with(R"({"schema":1,"type":"ready","url":"http://127.0.0.1:)"));
  CHECK(text.find(R"("seed":9})") != std::string::npos);
  CHECK(text.ends_with(R"({"schema":1,"type":"bill","calls":0,"total_usd":"0","lines":[]})" "\n"));
  std::ostringstream human;
  CHECK(run_sim({}, pipe_fds[0], human, err) == 0);
  CHECK(human.str().starts_with("SIMULATION"));
  CHECK(human.str().find("export ORTHINK_BASE_URL=http://127.0.0.1:") != std::string::npos);
  CHECK(run_sim({.replay_dir = "/nonexistent"}, pipe_fds[0], out, err) == 2);
  CHECK(err.str().find("/nonexistent") != std::string::npos);
  ::close(pipe_fds[0]);
  ::close(pipe_fds[1]);
}
