// Latency: what the ledger adds to a paid call when calls begin at a steady rate against the simulator.
//
//   latency --rate 200 --calls 4000               on SQLite; p50 and p99 of the time a call waits for the store
//   latency --rate 200 --calls 4000 --redis 1     on a redis-server of its own, in memory
//
// A call begins when its time has come whether the others are done or not. What is added is all that a call waits for the store.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/sim/sim.h"
#include "native/store/store.h"
#include "native/system.h"
#include "tests/native/temporary_folder.h"
#include "tests/rigs/processes.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/two_books.h"
#include "tests/native/store/wrapped_store.h"

namespace orthink::rig {
namespace {

class TimedStore : public test::WrappedStore {
 public:
  using WrappedStore::WrappedStore;
  StoreReply apply(const StoreBatch& batch) override {
    const Instant before = now_of_machine();
    StoreReply reply = store_.apply(batch);
    waited_ = waited_ + (now_of_machine() - before);
    return reply;
  }
  [[nodiscard]] Duration waited() const { return waited_; }

 private:
  static Instant now_of_machine() { return orthink::now(); }
  Duration waited_;
};

struct Sample {
  int64_t waited_us = 0;
  int64_t late_us = 0;
};

int64_t percentile(std::vector<int64_t> values, size_t percent) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, values.size() * percent / 100)];
}

std::string milliseconds(int64_t us) { return std::to_string(us / 1000) + "." + std::to_string(us % 1000 + 1000).substr(1); }

std::vector<Sample> measure(const Arguments& arguments, HttpClient& client, Store& store, Verdict& verdict) {
  constexpr uint64_t kCallers = 64;
  const uint64_t calls = arguments.get("calls");
  const Duration apart = Duration::micros(static_cast<int64_t>(1'000'000 / arguments.get("rate")));
  const Instant begin = now() + Duration::millis(100);
  std::vector<Sample> samples(calls);
  std::atomic<uint64_t> next{0};
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] {
      for (uint64_t n = next++; n < calls; n = next++) {
        const Instant due = begin + Duration::micros(apart.us * static_cast<int64_t>(n));
        wait_readable({}, due);
        samples[n].late_us = (now() - due).us;
        TimedStore timed(store);
        const std::string id = "paid-" + std::to_string(n);
        PaidCall paid;
        paid.ask = R"({"prompt":"Why?","think":"off","session":")" + id + "\"}";
        paid.call_id = id;
        const CallEnd end = pay(paid, client, timed);
        verdict.expect(!end.error, id + ": " + (end.error ? end.error->message : ""));
        samples[n].waited_us = timed.waited().us;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return samples;
}

int run(const Arguments& arguments) {
  Verdict verdict("latency", arguments.seed());
  const test::TemporaryFolder folder;  // on a disk, where a sync takes its time
  std::unique_ptr<RedisServer> server;
  std::string url = arguments.store().empty() ? "sqlite:" + folder.file("ledger") : arguments.store();
  if (arguments.get("redis") != 0) {
    server = std::make_unique<RedisServer>();
    url = server->url();
  }
  auto store = open_store(url);
  if (!store) give_up(store.error().message);
  auto simulator = sim::Simulator::start({.seed = arguments.seed()});
  if (!simulator) give_up(simulator.error().message);
  auto client = HttpClient::create((*simulator)->url(), Secret("sk-or-rig"));
  if (!client) give_up(client.error().message);

  const std::vector<Sample> samples = measure(arguments, **client, **store, verdict);
  std::vector<int64_t> waited, late;
  for (const Sample& sample : samples) {
    waited.push_back(sample.waited_us);
    late.push_back(sample.late_us);
  }
  return verdict.finish(std::to_string(samples.size()) + " calls at " + std::to_string(arguments.get("rate")) + " a second; the store adds p50 " +
                        milliseconds(percentile(waited, 50)) + " ms, p99 " + milliseconds(percentile(waited, 99)) +
                        " ms; calls began late by p99 " + milliseconds(percentile(late, 99)) + " ms");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(orthink::rig::Arguments(count, words, {{"rate", 200}, {"calls", 4000}, {"redis", 0}}));
}
