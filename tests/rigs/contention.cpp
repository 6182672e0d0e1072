// Contention: threads over few accounts, in memory and in a file, then real calls from several threads over one client and one store.
// Built with the preset `tsan` it shows that none of it races.
//
//   contention --threads 64 --steps 1563 --accounts 16     64 threads, 10^5 operations on each store
//   contention --rounds 32 --calls 20                      the same on 32 new stores of each kind: 10^5 operations of each thread
//   contention --calls 200                                 calls of each round, spread over eight threads
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/driver.h"
#include "native/http_client.h"
#include "native/sim/sim.h"
#include "native/store/memory_store.h"
#include "native/store/sqlite_store.h"
#include "tests/native/store/wrapped_store.h"
#include "tests/rigs/books.h"
#include "tests/rigs/rig.h"
#include "tests/rigs/traffic.h"
#include "tests/rigs/two_books.h"

namespace orthink::rig {
namespace {

struct Totals {
  uint64_t in_memory = 0, in_file = 0, calls = 0;
};

// Between its batches each thread looks at a budget now and then, while the others write.
class WatchedStore : public test::WrappedStore {
 public:
  using WrappedStore::WrappedStore;
  StoreReply apply(const StoreBatch& batch) override {
    constexpr uint64_t kEvery = 64;
    if (++batches_ % kEvery == 0) {
      const Scope user{ScopeKind::user, "u0"};
      static_cast<void>(store_.counters({ledger::committed_key(user, false, 0), ledger::blocked_key(user)}));
      static_cast<void>(store_.rows({.states = {HoldState::unknown}}, [](const std::string&, const StoredRow&) { return true; }));
    }
    return store_.apply(batch);
  }

 private:
  std::atomic<uint64_t> batches_{0};
};

// Some are refused: what users may spend a day is used up towards the end.
uint64_t trade(const Arguments& arguments, uint64_t seed, Store& store, Verdict& verdict) {
  const uint64_t steps_of_user = arguments.get("threads") * arguments.get("steps") / arguments.get("accounts");
  Traffic traffic({.seed = seed,
                   .threads = arguments.get("threads"),
                   .steps = arguments.get("steps"),
                   .accounts = arguments.get("accounts"),
                   .dollars_a_day = 2 + steps_of_user / 200});
  WatchedStore watched(store);
  traffic.run(watched);
  verdict.add(traffic.violations());
  const Books books = recompute(store);
  verdict.add(books.compare(store, traffic.limits()));
  const Losses losses = compare(traffic.history(), books);
  verdict.add(losses.lost);
  verdict.add(losses.wrong);
  verdict.add(audit(store));
  return traffic.applied();
}

uint64_t call(const Arguments& arguments, uint64_t seed, Store& store, Verdict& verdict) {
  constexpr uint64_t kCallers = 8;
  auto simulator = sim::Simulator::start({.seed = seed});
  if (!simulator) give_up(simulator.error().message);
  auto client = HttpClient::create((*simulator)->url(), Secret("sk-or-rig"));
  if (!client) give_up(client.error().message);
  std::atomic<uint64_t> next{0};
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kCallers; ++i) {
    threads.emplace_back([&] {
      for (uint64_t n = ++next; n <= arguments.get("calls"); n = ++next) {
        const std::string id = "paid-" + std::to_string(n);
        PaidCall paid;
        paid.ask = R"({"prompt":"Why )" + std::to_string(n) + R"(?","think":"off","session":")" + id + "\"}";
        paid.call_id = id;
        const CallEnd end = pay(paid, **client, store);
        verdict.expect(!end.error, id + ": " + (end.error ? end.error->message : ""));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const TwoBooks books = compare_books(store, settled_bill(**simulator));
  verdict.add(books.violations);
  verdict.expect(books.agree(), "our book and the bill differ");
  return books.lines.size();
}

void run_round(const Arguments& arguments, uint64_t seed, Verdict& verdict, Totals& totals) {
  const Folder folder;
  MemoryStore memory;
  auto file = SqliteStore::open({.path = folder.file("store"), .is_normal_sync_only = true});
  if (!file) give_up(file.error().message);
  auto paid = SqliteStore::open({.path = folder.file("paid"), .is_normal_sync_only = true});
  if (!paid) give_up(paid.error().message);
  totals.in_memory += trade(arguments, seed, memory, verdict);
  totals.in_file += trade(arguments, seed, **file, verdict);
  totals.calls += call(arguments, seed, **paid, verdict);
}

int run(const Arguments& arguments) {
  Verdict verdict("contention", arguments.seed());
  Dice dice(arguments.seed());
  Totals totals;
  for (uint64_t i = 0; i < arguments.get("rounds"); ++i) run_round(arguments, dice.next(), verdict, totals);
  return verdict.finish(std::to_string(arguments.get("rounds")) + " times " + std::to_string(arguments.get("threads")) + " threads of " +
                        std::to_string(arguments.get("steps")) + " batches, " + std::to_string(arguments.get("accounts")) +
                        " accounts: " + std::to_string(totals.in_memory) + " applied in memory, " + std::to_string(totals.in_file) +
                        " in a file; " + std::to_string(totals.calls) + " calls agree with the bill");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(
      orthink::rig::Arguments(count, words, {{"threads", 64}, {"steps", 1563}, {"accounts", 16}, {"calls", 40}, {"rounds", 1}}));
}
