// Paid streams: many paid calls of the running server at once, each told of while it runs, with ledger and metrics on.
//
//   paid_streams --streams 2000 --pace_ms 200 --ramp_ms 4000
//
// Every call must be answered, in a stream that begins with its progress; every row must be settled and agree with the simulator's bill; the
// metrics must have counted them all; pings are answered meanwhile.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/observe/process.h"
#include "native/observe/process.h"
#include "native/serve/host.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "tests/native/serve/raw_client.h"
#include "tests/rigs/books.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

namespace orthink::rig {
namespace {

constexpr std::string_view kMessage =
    R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"thinking_completion","arguments":{"model":"anthropic/claude-haiku-4.5","prompt":"Why?","thinking":"off","max_tokens":400},"_meta":{"progressToken":1}}})";

struct Ports {
  std::atomic<uint32_t> upstream{0}, server{0}, metrics{0};
  std::atomic<int64_t> resident_kb{0};
  std::atomic<uint32_t> stops{0};
};

Config config_of(const Folder& folder, uint32_t upstream, uint64_t streams) {
  if (auto kept = save_key(folder.file("key"), Secret("sk-rig")); !kept) give_up(kept.error().message);
  ConfigSources sources;
  sources.file_path = folder.file("config.json");
  sources.state_folder = folder.file("state");
  const std::string text = R"({"base_url":"http://127.0.0.1:)" + std::to_string(upstream) + R"(/api/v1","key_file":")" + folder.file("key") +
                           R"(","daily_limit_usd":"none","monthly_limit_usd":"none","log_level":"off","listen":"127.0.0.1:0",)" +
                           R"("metrics_listen":"127.0.0.1:0","connections_max":)" + std::to_string(streams + 100) + "}";
  if (auto written = write_file(sources.file_path, text, 0600); !written) give_up(written.error().message);
  Result<Config> config = load_config(sources);
  if (!config) give_up(config.error().message);
  return *config;
}

uint32_t port_of(const std::string& url) {
  return static_cast<uint32_t>(std::stoul(url.substr(url.rfind(':') + 1)));
}

// In the server's process.
void serve_until_told(const Folder& folder, Ports& ports, uint64_t streams) {
  while (ports.upstream == 0) std::this_thread::yield();
  Result<std::unique_ptr<serve::Host>> host = serve::Host::open(config_of(folder, ports.upstream, streams), {});
  if (!host) give_up(host.error().message);
  ports.metrics = port_of((*host)->metrics_url());
  ports.server = port_of((*host)->url());
  Wakeup never;
  const int fds[] = {never.fd()};
  while (ports.stops == 0) {
    static_cast<void>(wait_readable(fds, now() + Duration::millis(20)));
    if (const auto resident = observe::process_facts().resident_bytes) ports.resident_kb = std::max(ports.resident_kb.load(), *resident / 1'024);
  }
  (*host)->stop(Duration::seconds(10));
}

struct Seen {
  uint64_t progress = 0, done = 0;
  std::string first_failure{};  // what one that was not answered was told
};

void take(Swarm::Client& client, std::string_view bytes, Seen& seen) {
  client.unseen += bytes;
  size_t end = 0;
  while ((end = client.unseen.find("\n\n")) != std::string::npos) {
    const std::string_view event = std::string_view(client.unseen).substr(0, end);
    if (event.find("notifications/progress") != std::string_view::npos) ++client.events, ++seen.progress;
    if (event.find("\"state\":\"done\"") != std::string_view::npos) ++seen.done;
    else if (event.find("\"result\"") != std::string_view::npos && seen.first_failure.empty()) seen.first_failure = event.substr(0, 600);
    client.unseen.erase(0, end + 2);
  }
}

std::string page_of(uint32_t port) {
  test::RawClient client(static_cast<uint16_t>(port));
  client.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  return client.read_answer().body;
}

void check_books(const Config& config, const sim::Simulator& simulator, uint64_t streams, Verdict& verdict) {
  Desk desk(config);
  const Result<Till> till = desk.open();
  if (!till) give_up(till.error().message);
  Store& store = till->book->store();
  const Books books = recompute(store);
  verdict.add(books.violations);
  verdict.add(books.compare(store));
  verdict.expect(books.count(HoldState::settled) == streams, std::to_string(books.count(HoldState::settled)) + " rows are settled");
  NanoUsd spent;
  for (const auto& [key, row] : books.rows)
    if (row.state == HoldState::settled) spent.nano += row.record.actual.nano;
  const std::string billed = simulator.bill().total.to_decimal();
  verdict.expect(spent.to_money().to_decimal() == billed, "spent $" + spent.to_money().to_decimal() + ", billed $" + billed);
}

int run(const Arguments& arguments) {
  Verdict verdict("paid_streams", arguments.seed());
  const uint64_t streams = arguments.get("streams");
  const Folder folder;
  const Shared<Ports> ports;
  Process server([&] { serve_until_told(folder, *ports, streams); });
  sim::SimOptions options;
  options.seed = arguments.seed();
  options.now = [] { return now(); };
  options.pace = Duration::millis(static_cast<int64_t>(arguments.get("pace_ms")));
  auto simulator = sim::Simulator::start(options);
  if (!simulator) give_up(simulator.error().message);
  ports->upstream = (*simulator)->port();
  while (ports->server == 0 && !server.is_over()) std::this_thread::yield();
  if (server.is_over()) give_up("the server did not start");

  const std::string request =
      "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
      "MCP-Protocol-Version: 2025-11-25\r\nConnection: close\r\nContent-Length: " + std::to_string(kMessage.size()) + "\r\n\r\n" + std::string(kMessage);
  Swarm swarm(static_cast<uint16_t>(ports->server));
  Pinger pinger(static_cast<uint16_t>(ports->server));
  Seen seen;
  const auto on_bytes = [&](Swarm::Client& client, std::string_view bytes) { take(client, bytes, seen); };
  const Instant began = now();
  const int64_t ramp_us = static_cast<int64_t>(arguments.get("ramp_ms")) * 1'000;
  uint64_t refused = 0;
  size_t most = 0;
  for (uint64_t i = 0; i < streams; ++i) {
    if (swarm.add(request) == nullptr) ++refused;
    swarm.run(began + Duration::micros(ramp_us * static_cast<int64_t>(i + 1) / static_cast<int64_t>(streams)), on_bytes);
    most = std::max(most, swarm.open());
  }
  const Instant patience = now() + Duration::seconds(120);
  while (swarm.open() > 0 && now() < patience) swarm.run(now() + Duration::millis(250), on_bytes);
  const int64_t took_ms = (now() - began).ms();
  const Pinger::Times pings = pinger.stop();
  verdict.expect(refused == 0 && swarm.open() == 0, std::to_string(refused) + " were not taken, " + std::to_string(swarm.open()) + " did not end");
  verdict.expect(seen.done == streams, std::to_string(seen.done) + " answers of " + std::to_string(streams) + "; " + seen.first_failure);
  const auto untold = std::count_if(swarm.clients().begin(), swarm.clients().end(), [](const auto& client) { return client->events == 0; });
  verdict.expect(untold == 0, std::to_string(untold) + " were told of no progress");
  verdict.expect(page_of(ports->metrics).find("orthink_calls_total{outcome=\"answered\"} " + std::to_string(streams) + "\n") != std::string::npos,
                 "the metrics have counted another number");
  ports->stops = 1;
  verdict.expect(server.join(), "the server did not end well");
  check_books(config_of(folder, ports->upstream, streams), **simulator, streams, verdict);
  return verdict.finish(std::to_string(seen.done) + "/" + std::to_string(streams) + " paid streams, " + std::to_string(most) + " at once, " +
                        std::to_string(seen.progress) + " told of, in " + milliseconds(took_ms) + " s; ping p99 " +
                        milliseconds(percentile(pings.kept_us, 99)) + " ms; " + std::to_string(ports->resident_kb / 1'024) + " MB");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {{"streams", 60}, {"pace_ms", 20}, {"ramp_ms", 200}}));
}
