// The last cent: processes of many threads race for one user's budget of exactly N calls, in one store.
//
//   last_cent --processes 8 --threads 64 --calls 1000              on SQLite
//   last_cent ... --redis 1                                        on a redis-server of its own
//   last_cent ... --kills 3                                        that many processes are killed (SIGKILL) in the middle
//
// Every call costs its bound, one unit. Some are given back before they are sent, some are refused by their upstream, and some are
// dropped where they stand, as a thread that dies would. Never may more than the budget be used; and after recovery and
// reconciliation whoever comes next must be able to use all of it but 1 %.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "native/money/epoch.h"
#include "native/money/recovery.h"
#include "native/store/store.h"
#include "native/system.h"
#include "orthink/ledger/ledger.h"
#include "orthink/ledger/window.h"
#include "tests/rigs/books.h"
#include "tests/rigs/processes.h"
#include "tests/rigs/rig.h"

namespace orthink::rig {
namespace {

using Reply = StoreReply::Verdict;
constexpr int64_t kUnit = 10'000'000;  // one cent

struct Facts {
  std::atomic<uint64_t> settled{0};  // acknowledged
  std::atomic<uint64_t> in_use{0};   // units of calls between reserved and given back, as acknowledged
  std::atomic<uint64_t> most_used{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> unclear{0};  // the store was unavailable
  std::atomic<uint64_t> wrong{0};    // any other answer
};

void raise(std::atomic<uint64_t>& most, uint64_t value) {
  uint64_t seen = most.load();
  while (seen < value && !most.compare_exchange_weak(seen, value)) {
  }
}

ledger::ScopeList limits_for(uint64_t calls) {
  Limits daily;
  daily.set(LimitKind::usd_per_day, static_cast<int64_t>(calls) * kUnit);
  return {{Scope{}, Limits{}}, {Scope{ScopeKind::user, "alice"}, daily}};
}

class Buyer {
 public:
  Buyer(Store& store, const std::string& epoch, const ledger::ScopeList& limits, Facts& facts, uint64_t seed, std::string name)
      : store_(store), epoch_(epoch), limits_(limits), facts_(facts), dice_(seed), name_(std::move(name)) {}

  // Until the budget is used up. `is_careful`: nothing is given back or dropped.
  void buy(bool is_careful) {
    constexpr int kRefusalsMax = 3;  // what others give back may be had
    for (int refusals = 0; refusals < kRefusalsMax;) {
      HoldRecord record = fresh();
      if (!apply(ledger::reserve(record, limits_, epoch_, at_))) {
        if (last_ != Reply::guard_failed) return;
        ++facts_.refused;
        ++refusals;
        continue;
      }
      raise(facts_.most_used, ++facts_.in_use);
      const uint64_t fate = is_careful ? 99 : dice_.below(100);
      if (fate < 2) continue;  // dropped, reserved
      if (fate < 10) {
        if (!give_back(record, HoldState::reserved)) return;
        continue;
      }
      if (!apply(ledger::mark_sent(record, epoch_, at_))) return;
      if (fate < 12) continue;  // dropped, sent
      if (fate < 18) {
        if (!give_back(record, HoldState::sent)) return;
        continue;
      }
      record.actual = record.bound;
      record.source = AmountSource::provider;
      if (!apply(ledger::settle(record, HoldState::sent, limits_, at_))) return;
      ++facts_.settled;
    }
  }

 private:
  HoldRecord fresh() {
    at_ = now();
    HoldRecord record;
    record.call_id = name_ + "-" + std::to_string(++calls_);
    record.row = 1;
    record.attempt = 1;
    for (const ScopeLimits& each : limits_) record.scopes.push_back(each.scope);
    record.created = at_;
    record.deadline = at_ + Duration::seconds(900);
    record.day = window::day_of(kDay);
    record.month = window::month_of(kDay);
    record.bound = {kUnit};
    record.model = "anthropic/claude-haiku-4.5";
    return record;
  }

  // Counted before the store is asked: who is refused afterwards is counted too high, never too low.
  bool give_back(const HoldRecord& record, HoldState from) {
    --facts_.in_use;
    return apply(ledger::release(record, from, limits_, at_));
  }

  bool apply(const StoreBatch& batch) {
    last_ = store_.apply(batch).verdict;
    if (last_ == Reply::unavailable) ++facts_.unclear;
    if (last_ != Reply::applied && last_ != Reply::unavailable && last_ != Reply::guard_failed) ++facts_.wrong;
    return last_ == Reply::applied;
  }

  static constexpr Instant kDay{1'795'521'600'000'000};  // midnight shall not part the budget
  Store& store_;
  const std::string& epoch_;
  const ledger::ScopeList& limits_;
  Facts& facts_;
  Dice dice_;
  const std::string name_;
  uint64_t calls_ = 0;
  Instant at_;
  Reply last_ = Reply::applied;
};

std::unique_ptr<Store> opened(const std::string& url) {
  Result<std::unique_ptr<Store>> store = open_store(url);
  if (!store) give_up(store.error().message);
  return std::move(*store);
}

void race(const std::string& url, uint64_t process, const Arguments& arguments, Facts& facts) {
  const std::unique_ptr<Store> store = opened(url);
  const Result<std::string> epoch = epoch::begin(*store);
  if (!epoch) give_up(epoch.error().message);
  const ledger::ScopeList limits = limits_for(arguments.get("calls"));
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < arguments.get("threads"); ++i) {
    threads.emplace_back([&, i] {
      const std::string name = "p" + std::to_string(process) + "-t" + std::to_string(i);
      Buyer(*store, *epoch, limits, facts, arguments.seed() + process * 1'000 + i, name).buy(false);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// What may have been billed is: the simulated upstream says so.
uint64_t charge_unknown(Store& store, const ledger::ScopeList& limits, Verdict& verdict) {
  uint64_t charged = 0;
  for (auto& [key, row] : recompute(store).rows) {
    if (row.state != HoldState::unknown) continue;
    HoldRecord record = row.record;
    record.actual = record.bound;
    record.source = AmountSource::bound;
    verdict.expect(store.apply(ledger::settle(record, HoldState::unknown, limits, now())).verdict == Reply::applied, "not settled: " + key);
    ++charged;
  }
  return charged;
}

int run(const Arguments& arguments) {
  const uint64_t calls = arguments.get("calls");
  const bool is_redis = arguments.get("redis") != 0;
  Verdict verdict(is_redis ? "last_cent, redis" : "last_cent, sqlite", arguments.seed());
  const Folder folder;
  const auto server = is_redis ? std::make_unique<RedisServer>() : nullptr;
  const std::string url = is_redis ? server->url() : arguments.store().empty() ? "sqlite:" + folder.file("store") : arguments.store();
  const Shared<Facts> facts;
  Gate gate;
  std::vector<std::unique_ptr<Process>> processes;
  for (uint64_t i = 0; i < arguments.get("processes"); ++i)
    processes.push_back(std::make_unique<Process>([&, i] {
      gate.wait();
      race(url, i, arguments, *facts);
    }));
  gate.open();
  Dice dice(arguments.seed());
  for (uint64_t i = 0; i < arguments.get("kills") && i < processes.size(); ++i) {
    const uint64_t moment = 1 + dice.below(calls * 3 / 4);
    while (facts->settled < moment && !processes[i]->is_over()) std::this_thread::yield();
    processes[i]->kill();
  }
  for (uint64_t i = arguments.get("kills"); i < processes.size(); ++i) verdict.expect(processes[i]->join(), "a process failed");

  const std::unique_ptr<Store> store = opened(url);
  const ledger::ScopeList limits = limits_for(calls);
  const Books raced = recompute(*store);
  verdict.add(raced.compare(*store, limits));
  const uint64_t admitted = raced.rows.size() - raced.count(HoldState::released);
  verdict.expect(admitted <= calls, "more calls than the budget: " + std::to_string(admitted));
  verdict.expect(raced.count(HoldState::settled) >= facts->settled, "settled calls are gone");
  verdict.expect(arguments.get("kills") != 0 || facts->most_used <= calls, "more was in use than the budget");
  verdict.expect(facts->wrong == 0, "the store answered what it should not");

  verdict.add(audit(*store));
  const Result<Recovered> recovered = recover(*store, epoch::Epoch::own());
  verdict.expect(recovered.ok(), "the recovery failed");
  const uint64_t charged = charge_unknown(*store, limits, verdict);
  const Result<std::string> epoch = epoch::begin(*store);
  Buyer(*store, *epoch, limits, *facts, arguments.seed(), "rest").buy(true);
  const Books books = recompute(*store);
  verdict.add(books.compare(*store, limits));
  verdict.add(audit(*store));
  const uint64_t used = books.count(HoldState::settled);
  verdict.expect(used <= calls, "more calls than the budget: " + std::to_string(used));
  verdict.expect(used * 100 >= calls * 99, "part of the budget cannot be used: " + std::to_string(calls - used));
  return verdict.finish(std::to_string(arguments.get("processes")) + " processes of " + std::to_string(arguments.get("threads")) +
                        " threads, budget of " + std::to_string(calls) + " calls: " + std::to_string(admitted) + " admitted, " +
                        std::to_string(raced.count(HoldState::released)) + " given back, " + std::to_string(facts->refused) + " refused, " +
                        std::to_string(facts->unclear) + " unclear, " + std::to_string(arguments.get("kills")) +
                        " processes killed; recovery released " + std::to_string(recovered ? recovered->released : 0) + " and charged " +
                        std::to_string(charged) + "; " + std::to_string(used) + " used in the end, " + std::to_string(calls - used) +
                        " unusable");
}

}  // namespace
}  // namespace orthink::rig

int main(int count, char** words) {
  return orthink::rig::run(
      orthink::rig::Arguments(count, words, {{"processes", 8}, {"threads", 64}, {"calls", 1000}, {"kills", 0}, {"redis", 0}}));
}
