// Observed: what ledger, metrics and traces cost the server, one after another switched on: calls of `health` and paid calls through it on
// one kept connection, and the same paid calls straight to the simulator.
//
//   observed --health 20000 --paid 300
//
// Processor time is the server's alone. Simulator, collector and server are processes of their own.
#include <stdlib.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/key.h"
#include "native/serve/host.h"
#include "native/serve/http_server.h"
#include "native/sim/sim.h"
#include "native/system.h"
#include "tests/native/observe/exposition.h"
#include "tests/native/serve/raw_client.h"
#include "tests/native/temporary_folder.h"
#include "tests/rigs/processes.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/web.h"

namespace orthink::rig {
namespace {

struct Ports {
  std::atomic<uint32_t> simulator{0}, collector{0}, server{0}, metrics{0};
  std::atomic<uint64_t> exports{0};
};

struct Mode {
  const char* name;
  bool has_file, has_metrics, has_traces;
};
constexpr Mode kModes[] = {{"ledger in memory", false, false, false},
                           {"ledger in a file", true, false, false},
                           {"and metrics", true, true, false},
                           {"and traces", true, true, true}};

constexpr const char* kQuestion =
    R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"thinking_completion","arguments":{"prompt":"Why?","thinking":"off","max_tokens":60}}})";
constexpr const char* kHealth = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"health","arguments":{}}})";
constexpr const char* kDirect =
    R"({"model":"anthropic/claude-haiku-4.5","messages":[{"role":"user","content":"Why?"}],"max_tokens":60,"stream":true,"usage":{"include":true}})";

void wait_for_ever() {
  const Wakeup never;
  const int fd = never.fd();
  wait_readable({&fd, 1}, Instant::never());
}

void await(const std::atomic<uint32_t>& port, Process& process) {
  const Instant patience = now() + Duration::seconds(20);
  while (port == 0 && now() < patience && !process.is_over()) std::this_thread::yield();
  if (port == 0) give_up("a process of the rig did not start");
}

uint32_t port_of(const std::string& url) {
  const size_t begin = url.find("://") + 3;
  return static_cast<uint32_t>(std::stoul(url.substr(url.find(':', begin) + 1)));
}

void simulate(Ports& ports) {
  auto simulator = sim::Simulator::start({.seed = 7});
  if (!simulator) give_up(simulator.error().message);
  ports.simulator = port_of((*simulator)->url());
  wait_for_ever();
}

void collect(Ports& ports) {
  const serve::Handler take = [&](const serve::Request&, serve::Peer&) {
    ++ports.exports;
    return serve::Answer{200, {{"Content-Type", "application/json"}}, "{}", {}};
  };
  auto server = serve::HttpServer::start({}, {{"/v1/traces", take}, {"/v1/metrics", take}});
  if (!server) give_up(server.error().message);
  ports.collector = (*server)->port();
  wait_for_ever();
}

void serve_in(const Mode& mode, const test::TemporaryFolder& folder, Ports& ports) {
  ::setenv("HOME", folder.path().c_str(), 1);
  if (mode.has_traces) ::setenv("OTEL_EXPORTER_OTLP_ENDPOINT", ("http://127.0.0.1:" + std::to_string(ports.collector)).c_str(), 1);
  ::setenv("OTEL_BSP_SCHEDULE_DELAY", "200", 1);
  if (!save_key(folder.file("key"), Secret("sk-or-rig"))) give_up("no key");
  ConfigSources sources;
  sources.variables = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "ORTHINK_BASE_URL") return "http://127.0.0.1:" + std::to_string(ports.simulator) + "/api/v1";
    if (name == "ORTHINK_KEY_FILE") return folder.file("key");
    if (name == "ORTHINK_LISTEN") return "127.0.0.1:0";
    if (name == "ORTHINK_LOG_LEVEL") return "error";
    if (name == "ORTHINK_DAILY_LIMIT_USD") return "100000";
    if (name == "ORTHINK_STORE") return mode.has_file ? "sqlite:" + folder.file(std::string("ledger") + mode.name) : "memory:";
    if (name == "ORTHINK_METRICS_LISTEN" && mode.has_metrics) return "127.0.0.1:0";
    return std::nullopt;
  };
  const Result<Config> config = load_config(sources);
  if (!config) give_up(config.error().message);
  auto host = serve::Host::open(*config, {});
  if (!host) give_up(host.error().message);
  if (mode.has_metrics) ports.metrics = port_of((*host)->metrics_url());
  ports.server = port_of((*host)->url());
  wait_for_ever();
}

// Of all its threads, those that have ended too.
int64_t cpu_us(pid_t process) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) give_up("no clock of a process");
  return static_cast<int64_t>(used.tv_sec) * 1'000'000 + used.tv_nsec / 1'000;
}

std::string post(const std::string& path, const std::string& body, const std::string& headers) {
  return "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Figures {
  int64_t median_us = 0;
  int64_t p99_us = 0;
  int64_t cpu_us = 0;  // a call, of `process`
};

Figures measure(uint32_t port, const std::string& request, std::string_view wanted, uint64_t calls, pid_t process, Verdict& verdict) {
  test::RawClient client(static_cast<uint16_t>(port));
  std::vector<int64_t> times_us;
  int64_t cpu_before = 0;
  const uint64_t warm = calls / 10 + 1;
  for (uint64_t i = 0; i < calls + warm; ++i) {
    if (i == warm) cpu_before = process > 0 ? cpu_us(process) : 0;
    const Instant before = now();
    client.send(request);
    const test::RawAnswer answer = client.read_answer();
    if (i >= warm) times_us.push_back((now() - before).us);
    verdict.expect(answer.status == 200 && answer.body.find(wanted) != std::string::npos, "an answer is not what was asked for: " + answer.body.substr(0, 300));
    if (answer.status == 0) give_up("the connection was lost");
  }
  const int64_t cpu = process > 0 ? (cpu_us(process) - cpu_before) / static_cast<int64_t>(calls) : 0;
  return {percentile(times_us, 50), percentile(times_us, 99), cpu};
}

std::string difference(int64_t ours_us, int64_t theirs_us) {
  return (ours_us < theirs_us ? "-" : "+") + milliseconds(std::abs(ours_us - theirs_us)) + " ms";
}

std::string page_of(uint32_t port) {
  test::RawClient client(static_cast<uint16_t>(port));
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_answer().body;
}

int run(const Arguments& arguments) {
  Verdict verdict("observed", arguments.seed());
  const test::TemporaryFolder folder;  // on a disk, where a sync takes its time
  Shared<Ports> ports;
  Process simulator([&] { simulate(*ports); });
  Process collector([&] { collect(*ports); });
  await(ports->simulator, simulator);
  await(ports->collector, collector);
  const std::string direct = post("/api/v1/chat/completions", kDirect, "Authorization: Bearer sk-or-rig\r\n");
  const Figures base = measure(ports->simulator, direct, "[DONE]", arguments.get("paid"), 0, verdict);
  std::printf("straight to the simulator: paid call p50 %s ms, p99 %s ms\n", milliseconds(base.median_us).c_str(), milliseconds(base.p99_us).c_str());
  const std::string revision = "MCP-Protocol-Version: 2025-11-25\r\n";
  for (const Mode& mode : kModes) {
    ports->server = ports->metrics = 0;
    Process server([&] { serve_in(mode, folder, *ports); });
    await(ports->server, server);
    const Figures health = measure(ports->server, post("/mcp", kHealth, revision), "\"status\"", arguments.get("health"), server.id(), verdict);
    const Figures paid = measure(ports->server, post("/mcp", kQuestion, revision), "\"state\":\"done\"", arguments.get("paid"), server.id(), verdict);
    std::printf("%-17s health p50 %s ms, %lld us of processor; paid p50 %s ms (%s), p99 %s ms, %lld us of processor\n", mode.name,
                milliseconds(health.median_us).c_str(), static_cast<long long>(health.cpu_us), milliseconds(paid.median_us).c_str(),
                difference(paid.median_us, base.median_us).c_str(), milliseconds(paid.p99_us).c_str(), static_cast<long long>(paid.cpu_us));
    if (!mode.has_metrics) continue;
    const test::Exposition page = test::read_exposition(page_of(ports->metrics));
    verdict.expect(page.faults.empty(), "the metrics' page is not well-formed");
    const uint64_t paid_calls = arguments.get("paid") + arguments.get("paid") / 10 + 1;
    uint64_t counted = 0;
    for (const test::Sample& sample : page.samples)
      if (sample.name == "orthink_calls_total") counted += std::stoull(sample.value);
    verdict.expect(counted == paid_calls, "metrics know " + std::to_string(counted) + " of " + std::to_string(paid_calls) + " paid calls");
    const auto dropped = page.value("orthink_telemetry_dropped_total", {{"signal", "traces"}, {"reason", "queue_full"}});
    if (mode.has_traces) std::printf("                  %llu exports, %s spans found the queue full\n", static_cast<unsigned long long>(ports->exports.load()), dropped.value_or("0").c_str());
  }
  verdict.expect(ports->exports > 0, "the collector was sent nothing");
  return verdict.finish(std::to_string(arguments.get("health")) + " calls of health, " + std::to_string(arguments.get("paid")) + " paid ones, four ways");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {{"health", 2'000}, {"paid", 50}}));
}
